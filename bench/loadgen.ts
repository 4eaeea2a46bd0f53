/** The load generator: compiled on first use, and one run of it as numbers. */
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Ping } from './broker.ts'
import { runOrThrow } from './child.ts'
import { cache, root } from './paths.ts'

export type LoadMode = 'topic' | 'ping' | 'produce' | 'requests' | 'fetch' | 'e2e' | 'frames'
export type LoadOptions = Readonly<Record<string, string | number>>
/** The figures of one run by name, as `loadgen.c` prints them. */
export type LoadResult = ReadonlyMap<string, number>

const sources = ['loadgen.c', 'frames.h', 'wire.h'].map((name) => join(root, 'bench', 'loadgen', name))
const binary = join(cache, 'loadgen')
let built: Promise<string> | undefined

async function build(): Promise<string> {
  mkdirSync(cache, { recursive: true })
  const made = statSync(binary, { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (sources.some((path) => statSync(path).mtimeMs > made)) {
    const args = ['-O2', '-Wall', '-pthread', '-o', binary, sources[0] ?? '']
    await runOrThrow({ command: 'cc', args, timeoutMs: 60_000 })
  }
  return binary
}

export async function load(mode: LoadMode, options: LoadOptions): Promise<LoadResult> {
  built ??= build()
  const command = await built
  const args = [mode, ...Object.entries(options).map(([key, value]) => `${key}=${value}`)]
  const printed: unknown = JSON.parse(await runOrThrow({ command, args, timeoutMs: 300_000 }))
  const result = new Map<string, number>()
  if (printed !== null && typeof printed === 'object') {
    for (const [key, value] of Object.entries(printed)) if (typeof value === 'number') result.set(key, value)
  }
  return result
}

/** One figure of a run, which must be there. */
export function figure(result: LoadResult, name: string): number {
  const value = result.get(name)
  if (value === undefined) throw new Error(`the load generator did not report ${name}`)
  return value
}

/** Compiles before the clock runs, so that a start is measured and not the compiler. */
export async function prepareLoad(): Promise<void> {
  built ??= build()
  await built
}

export const ping: Ping = async ({ port, sinceNs }) =>
  figure(await load('ping', { port, since: `${sinceNs}`, timeout: 60 }), 'ms')
