/** What V8's sampling heap profiler gives: a tree of functions with the bytes that each has allocated. */
import { scriptFrame } from './frame.ts'
import { arrayOf, numberOf, objectOf, textOf } from './json.ts'
import type { Frame, Profile, Stack } from './stacks.ts'

/** V8 names so what was not allocated by JavaScript, in parentheses. */
const native = /^\((.+)\)$/

interface Open {
  readonly node: unknown
  readonly above: readonly Frame[]
}

/** Throws ProfileError where `json` is no profile. */
export function parseHeapProfile(json: unknown, folder: string): Profile {
  const stacks: Stack[] = []
  const open: Open[] = [{ node: objectOf(json, 'the profile')['head'], above: [] }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const node = objectOf(next.node, 'a node')
    const frame = frameOf(objectOf(node['callFrame'], 'callFrame'), folder)
    const frames = frame === undefined ? next.above : [...next.above, frame]
    const weight = numberOf(node['selfSize'], 'selfSize')
    if (weight > 0 && frames.length > 0) stacks.push({ frames, weight })
    for (const child of arrayOf(node['children'], 'children')) open.push({ node: child, above: frames })
  }
  return { unit: 'bytes', stacks, idle: 0 }
}

function frameOf(call: Readonly<Record<string, unknown>>, folder: string): Frame | undefined {
  const name = textOf(call['functionName'], 'functionName')
  const url = textOf(call['url'], 'url')
  if (url === '' && name === '(root)') return undefined
  const [, special] = native.exec(url === '' ? name : '') ?? []
  if (special !== undefined)
    return { kind: 'native', name: `${special.toLowerCase()}: outside of JavaScript`, place: '' }
  const line = numberOf(call['lineNumber'], 'lineNumber') + 1
  return scriptFrame({ name, url, isScript: call['scriptId'] !== '0', line }, folder)
}
