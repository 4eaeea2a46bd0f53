/** XML in lines: each element in one of its own, but for those among text, where white space might mean something. */

const indentation = '  '
/** What nests deeper is not laid out: each level is indented. */
const depthMax = 200
/** Comments, instructions, CDATA, tags, and the text between these. */
const token = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[[\s\S]*?\]\]>|<[^"'>]*(?:(?:"[^"]*"|'[^']*')[^"'>]*)*>|[^<]+/g

interface Element {
  readonly open: string
  readonly children: (Element | string)[]
  close: string
}

/** What is no XML, or nests too deep, comes back as it is. */
export function prettyXml(text: string): string {
  const root = treeOf(text.match(token) ?? [], text.length)
  return root === undefined ? text : linesOf(root.children, 0).join('\n')
}

/** Undefined where it cannot be laid out: tags that do not meet, or characters that are no token. */
function treeOf(tokens: readonly string[], length: number): Element | undefined {
  const root: Element = { open: '', children: [], close: '' }
  const path = [root]
  let seen = 0
  for (const it of tokens) {
    seen += it.length
    const last = path.at(-1)
    if (last === undefined || path.length > depthMax) return undefined
    if (it.startsWith('</')) {
      last.close = it
      path.pop()
    } else if (/^<[^!?]/.test(it) && !it.endsWith('/>')) {
      const element: Element = { open: it, children: [], close: '' }
      last.children.push(element)
      path.push(element)
    } else last.children.push(it)
  }
  return path.length === 1 && root.close === '' && seen === length ? root : undefined
}

const isBlank = (child: Element | string): boolean => typeof child === 'string' && child.trim() === ''
const isText = (child: Element | string): boolean =>
  typeof child === 'string' && !isBlank(child) && !/^<(?!!\[CDATA)/.test(child)

const inline = (child: Element | string): string =>
  typeof child === 'string' ? child : child.open + child.children.map(inline).join('') + child.close

function linesOf(children: readonly (Element | string)[], depth: number): string[] {
  const indent = indentation.repeat(depth)
  return children.flatMap((child) => {
    if (isBlank(child)) return []
    if (typeof child === 'string' || child.children.some(isText) || child.children.every(isBlank))
      return [indent + inline(child).trim()]
    return [indent + child.open, ...linesOf(child.children, depth + 1), indent + child.close]
  })
}
