/** What V8 says of a function, as a frame of ours. */
import type { Frame, FrameKind } from './stacks.ts'

export interface CodePlace {
  readonly name: string
  /** `file:` and `node:` URLs; empty of what has none. */
  readonly url: string
  /** JavaScript without a URL was made at run time: the codecs. Else it is V8's own. */
  readonly isScript: boolean
  /** From 1. */
  readonly line: number
}

/** `root` is the folder of the repository, by which places are shortened. */
export function scriptFrame({ name, url, isScript, line }: CodePlace, root: string): Frame {
  const shown = name === '' ? '(anonymous)' : name
  if (url === '') return { kind: isScript ? 'own' : 'native', name: shown, place: isScript ? `generated:${line}` : '' }
  const path = pathOf(url)
  const near = path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path
  return { kind: kindOf(near), name: shown, place: `${near}:${line}` }
}

function kindOf(path: string): FrameKind {
  if (path.startsWith('node:')) return 'node'
  return path.includes('node_modules/') ? 'package' : 'own'
}

function pathOf(url: string): string {
  if (!url.startsWith('file://')) return url
  try {
    return decodeURIComponent(url.slice('file://'.length))
  } catch {
    return url
  }
}
