/** A `.cpuprofile`, as V8's profiler gives it: a tree of functions, and for each sample the node that ran. */
import { scriptFrame } from './frame.ts'
import { arrayOf, numberOf, objectOf, ProfileError, textOf } from './json.ts'
import type { Frame, Profile, Stack } from './stacks.ts'

/** V8's names for what is no function. */
const idle = '(idle)'
const root = '(root)'
const special: ReadonlyMap<string, Frame> = new Map([
  ['(garbage collector)', { kind: 'gc', name: 'garbage collection', place: '' }],
  ['(program)', { kind: 'native', name: 'outside of JavaScript: event loop, libuv, system', place: '' }],
])

interface Node {
  /** Undefined of the root and of idle time. */
  readonly frame: Frame | undefined
  readonly isIdle: boolean
  readonly children: readonly number[]
  /** Line and samples; the line is undefined where it cannot be the function's. */
  readonly ticks: readonly (readonly [line: number | undefined, samples: number])[]
  seconds: number
}

/** Throws ProfileError where `json` is no profile. */
export function parseCpuProfile(json: unknown, folder: string): Profile {
  const profile = objectOf(json, 'the profile')
  const nodes = new Map<number, Node>()
  for (const value of arrayOf(profile['nodes'], 'nodes')) {
    const node = objectOf(value, 'a node')
    nodes.set(numberOf(node['id'], 'the id of a node'), nodeOf(node, folder))
  }
  addSamples(profile, nodes)
  return { unit: 'seconds', ...stacksOf(nodes) }
}

function nodeOf(node: Readonly<Record<string, unknown>>, folder: string): Node {
  const call = objectOf(node['callFrame'], 'callFrame')
  const name = textOf(call['functionName'], 'functionName')
  const url = textOf(call['url'], 'url')
  const isScript = call['scriptId'] !== '0'
  const line = numberOf(call['lineNumber'], 'lineNumber') + 1
  const isSpecial = url === '' && (name === idle || name === root)
  return {
    frame: isSpecial ? undefined : (special.get(name) ?? scriptFrame({ name, url, isScript, line }, folder)),
    isIdle: isSpecial && name === idle,
    children: arrayOf(node['children'] ?? [], 'children').map((id) => numberOf(id, 'a child')),
    ticks: ticksOf(node['positionTicks'] ?? [], line),
    seconds: 0,
  }
}

/** V8 counts lines of what it has put into a function from elsewhere, too; ours are no longer than this. */
const functionLinesMax = 70

function ticksOf(value: unknown, firstLine: number): Node['ticks'] {
  return arrayOf(value, 'positionTicks')
    .map((it) => objectOf(it, 'a tick'))
    .map((tick) => {
      const line = numberOf(tick['line'], 'line')
      const isOwn = line >= firstLine && line < firstLine + functionLinesMax
      return [isOwn ? line : undefined, numberOf(tick['ticks'], 'ticks')]
    })
}

/** A delta is the time before its sample; what passed after the sample is taken for its node's. */
function addSamples(profile: Readonly<Record<string, unknown>>, nodes: ReadonlyMap<number, Node>): void {
  const samples = arrayOf(profile['samples'], 'samples')
  const deltas = arrayOf(profile['timeDeltas'], 'timeDeltas')
  for (const [i, id] of samples.entries()) {
    const node = nodes.get(numberOf(id, 'a sample'))
    if (node === undefined) throw new ProfileError(`sample ${i} is of a node that is not there: ${id}`)
    // The last one has none after it, and clocks that are read on another thread may go back a little.
    if (i + 1 < deltas.length) node.seconds += Math.max(0, numberOf(deltas[i + 1], 'a delta')) / 1e6
  }
}

function stacksOf(nodes: ReadonlyMap<number, Node>): Pick<Profile, 'stacks' | 'idle'> {
  const inner = new Set([...nodes.values()].flatMap(({ children }) => children))
  const stacks: Stack[] = []
  let idleSeconds = 0
  const open = [...nodes.keys()].filter((id) => !inner.has(id)).map((id) => ({ id, above: [] as readonly Frame[] }))
  let visited = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    // In a tree each node is seen once.
    if (++visited > nodes.size) throw new ProfileError('a node has two parents')
    const node = nodes.get(next.id)
    if (node === undefined) throw new ProfileError(`a child is not there: ${next.id}`)
    const frames = node.frame === undefined ? next.above : [...next.above, node.frame]
    if (node.isIdle) idleSeconds += node.seconds
    else if (node.seconds > 0 && frames.length > 0) stacks.push({ frames, weight: node.seconds, lines: linesOf(node) })
    for (const id of node.children) open.push({ id, above: frames })
  }
  return { stacks, idle: idleSeconds }
}

/** Of the time each line has its part of the samples. */
function linesOf({ ticks, seconds }: Node): ReadonlyMap<number, number> {
  const all = ticks.reduce((sum, [, count]) => sum + count, 0)
  const lines = new Map<number, number>()
  for (const [line, count] of ticks) if (line !== undefined) lines.set(line, (seconds * count) / all)
  return lines
}
