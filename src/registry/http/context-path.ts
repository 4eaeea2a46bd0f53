/** `/contexts/.name/subjects/...`: the same paths within a context. They become paths whose subjects have it in their names. */
import { defaultContext } from '../subject-name.ts'

/** Of a URL without host; one that has no context stays. */
export function withoutContext(url: string): string {
  const match = /^\/contexts\/([^/?]+)(\/[^?]*)?(?:\?(.*))?$/.exec(url)
  if (match === null) return url
  const [, name = '', path = '', query = ''] = match
  const context = decoded(name)
  const prefix = prefixOf(context)
  if (path === '' || path === '/') return url
  return place(path, prefix, new URLSearchParams(query))
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** With or without the colons, with or without the dot. */
export function contextNamed(given: string): string {
  const bare = given.replace(/^:/, '').replace(/:$/, '')
  return bare.startsWith('.') ? bare : `.${bare}`
}

function prefixOf(given: string): string {
  const name = contextNamed(given)
  return name === defaultContext ? '' : `:${name}:`
}

function place(path: string, prefix: string, query: URLSearchParams): string {
  const [, root = '', ...rest] = path.split('/')
  const qualified = (name: string): string =>
    decoded(name).startsWith(':.') ? name : encodeURIComponent(prefix) + name
  const inQuery = (name: string): void => {
    const given = query.get(name) ?? ''
    if (!given.startsWith(':.')) query.set(name, prefix + given)
  }
  let parts = rest
  if (root === 'schemas' && rest[0] === 'ids') inQuery('subject')
  else if (root === 'schemas' || (root === 'subjects' && (rest[0] ?? '') === '')) inQuery('subjectPrefix')
  else if (root === 'config' || root === 'mode') parts = [qualified(rest[0] ?? ''), ...rest.slice(1)]
  else if (root === 'subjects') parts = [qualified(rest[0] ?? ''), ...rest.slice(1)]
  else if (root === 'compatibility' && rest[0] === 'subjects') {
    parts = ['subjects', qualified(rest[1] ?? ''), ...rest.slice(2)]
  }
  const text = query.toString()
  return `/${[root, ...parts].filter((part, i) => part !== '' || i > 0).join('/')}${text === '' ? '' : `?${text}`}`.replace(
    /\/(?=\?|$)/,
    '',
  )
}
