/**
 * The load generator: the one in C, compiled on first use, or that of `loadgen-node.ts` where there is no compiler, or where it is
 * wanted; and one run of it as numbers.
 */
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Ping } from './broker.ts'
import { runOrThrow } from './child.ts'
import { pingFromHere } from './loadgen-node/topics.ts'
import { cache, root } from './paths.ts'

export type LoadMode = 'topic' | 'ping' | 'produce' | 'requests' | 'fetch' | 'e2e' | 'tail' | 'session' | 'frames'
export type LoadOptions = Readonly<Record<string, string | number>>
/** The figures of one run by name, as `loadgen.c` prints them. */
export type LoadResult = ReadonlyMap<string, number>

const folder = join(root, 'bench', 'loadgen')
const pingTimeoutSeconds = 60
const binary = join(cache, 'loadgen')
/** Of the generator in Node, which is started for each run anew. */
const compileCache = { NODE_COMPILE_CACHE: join(cache, 'compile') }
const nodeProgram = fileURLToPath(new URL('./loadgen-node.ts', import.meta.url))

interface Generator {
  readonly name: 'c' | 'node'
  readonly command: string
  readonly args: readonly string[]
}

let chosen: Promise<Generator> | undefined

async function build(): Promise<string> {
  mkdirSync(cache, { recursive: true })
  const made = statSync(binary, { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (readdirSync(folder).some((name) => statSync(join(folder, name)).mtimeMs > made)) {
    const args = ['-O2', '-Wall', '-pthread', '-o', binary, join(folder, 'loadgen.c')]
    await runOrThrow({ command: 'cc', args, timeoutMs: 60_000 })
  }
  return binary
}

async function choose(wanted?: string): Promise<Generator> {
  if (wanted !== undefined && wanted !== 'c' && wanted !== 'node') {
    throw new Error(`the generator is c or node, not ${wanted}`)
  }
  // That in C needs epoll.
  const mayBeC = wanted === 'c' || (wanted === undefined && process.platform === 'linux')
  try {
    if (mayBeC) return { name: 'c', command: await build(), args: [] }
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (wanted === 'c' || !isMissing) throw error
  }
  return { name: 'node', command: process.execPath, args: [nodeProgram] }
}

export async function load(mode: LoadMode, options: LoadOptions): Promise<LoadResult> {
  chosen ??= choose()
  const { command, args: first } = await chosen
  const args = [...first, mode, ...Object.entries(options).map(([key, value]) => `${key}=${value}`)]
  const printed: unknown = JSON.parse(await runOrThrow({ command, args, env: compileCache, timeoutMs: 300_000 }))
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

/** Compiles before the clock runs, so that a start is measured and not the compiler. Returns which one it is: `wanted`, where it is told. */
export async function prepareLoad(wanted?: string): Promise<'c' | 'node'> {
  chosen = choose(wanted)
  return (await chosen).name
}

export const ping: Ping = async ({ port, sinceNs }) => {
  chosen ??= choose()
  const { name } = await chosen
  // A process of Node comes up later than some of the brokers that it would ask.
  if (name === 'node') return pingFromHere({ port, sinceNs, timeoutSeconds: pingTimeoutSeconds })
  return figure(await load('ping', { port, since: `${sinceNs}`, timeout: pingTimeoutSeconds }), 'ms')
}
