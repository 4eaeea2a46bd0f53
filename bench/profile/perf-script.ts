/**
 * The text of `perf script`: a line for each sample, below it its frames, the innermost first, then an empty line. V8's functions have
 * names from the map that Node writes with `--perf-basic-prof`.
 */
import { basename } from 'node:path'
import { scriptFrame } from './frame.ts'
import type { Frame, Profile, Stack } from './stacks.ts'

/** Address, symbol and offset, and in parentheses the file it is from. */
const line = /^\s+[0-9a-f]+ (.*?)(?:\+0x[0-9a-f]+)? \((.*)\)$/
/** Marks of how it was compiled, the name, and the place. */
const script = /^JS:[*~^+']*(.*?) ?((?:file|node|evalmachine)\S*?)?(?::(\d+)(?::\d+)?)?$/
const unknown = '[unknown]'
/** Neither a file nor a function: a stack that could not be followed. */
const nowhere = /^\[|perf-\d+\.map$/
const collector =
  /v8::internal::(?:Heap::(?:CollectGarbage|PerformGarbageCollection)|Scavenger|MarkCompactCollector|\w*Marking|Sweeper|\w*Sweep\w*::|Minor\w*Collector)/

export interface PerfOptions {
  /** Folder of the repository. */
  readonly folder: string
  /** Samples a second. */
  readonly frequency: number
}

export function parsePerfScript(text: string, { folder, frequency }: PerfOptions): Profile {
  const byKey = new Map<string, { frames: readonly Frame[]; count: number }>()
  // Over the lines of a text of many megabytes, one sample at a time.
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n\n', start)
    const sample = text.slice(start, end < 0 ? text.length : end)
    start = end < 0 ? text.length : end + 2
    const known = byKey.get(stackKey(sample))
    if (known === undefined) byKey.set(stackKey(sample), { frames: framesOf(sample, folder), count: 1 })
    else known.count++
  }
  const stacks: Stack[] = []
  for (const { frames, count } of byKey.values()) {
    if (frames.length > 0) stacks.push({ frames, weight: count / frequency })
  }
  return { unit: 'seconds', stacks, idle: 0 }
}

/** Without the addresses, which differ by instruction. */
const stackKey = (sample: string): string => sample.replace(/^\s+[0-9a-f]+ |\+0x[0-9a-f]+ \(/gm, '')

function framesOf(sample: string, folder: string): readonly Frame[] {
  const lines = sample.split('\n').filter((it) => it !== '')
  const frames: Frame[] = []
  let isCollecting = false
  for (const text of lines.slice(1).reverse()) {
    const [, symbol = '', file = ''] = line.exec(text) ?? []
    if (symbol === '' || (symbol === unknown && nowhere.test(file))) continue
    isCollecting ||= collector.test(symbol)
    const frame = frameOf(symbol, file, folder)
    frames.push(isCollecting && frame.kind === 'native' ? { ...frame, kind: 'gc' } : frame)
  }
  const [head = ''] = lines
  const thread = head.trim().replace(/\s+\d+\S*\s*$/, '')
  return frames.length === 0 ? [] : [{ kind: 'native', name: `thread ${thread}`, place: '' }, ...frames]
}

function frameOf(symbol: string, file: string, folder: string): Frame {
  const [, name, url, number] = script.exec(symbol) ?? []
  if (name !== undefined)
    return scriptFrame({ name, url: url ?? '', isScript: true, line: Number(number ?? 0) }, folder)
  const isKernel =
    file.includes('kernel') || (file.startsWith('[') && file !== '[vdso]' && !file.startsWith('[unknown'))
  // Native packages come without symbols.
  if (symbol === unknown) return { kind: 'native', name: `in ${basename(file)}`, place: '' }
  return { kind: isKernel ? 'kernel' : 'native', name: symbol.replace(/\(.*\)( const)?$/, ''), place: '' }
}
