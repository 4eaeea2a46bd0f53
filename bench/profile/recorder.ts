/** Who takes a profile of a broker's process: V8's profilers by the agent inside, or `perf` from outside. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { run, runOrThrow, ServerProcess } from '../child.ts'
import { root } from '../paths.ts'
import { parseCpuProfile } from './cpu-profile.ts'
import { parseHeapProfile } from './heap-profile.ts'
import { ProfileError } from './json.ts'
import { onOneCpu } from './one-cpu.ts'
import { newestPieces } from './perf-map.ts'
import { parsePerfScript } from './perf-script.ts'
import type { Profile } from './stacks.ts'

export interface Recorder {
  /** What the broker's Node is to be started with, in its environment. */
  readonly environment: Readonly<Record<string, string>>
  start(pid: number): Promise<void>
  /** Since the start. Throws ProfileError where it cannot be read. */
  stop(): Promise<Profile>
  /** Takes away what lies about outside of the folder. */
  close(): void
}

export type RecorderKind = 'cpu' | 'heap' | 'kernel'

/** 2,500 samples a second cost some per cent. */
const intervalUs = 400
/** Of allocations: one sample for so many bytes. */
const intervalBytes = 32 * 1024
const perfFrequency = 1999
const perfReadyMs = 200
const timeoutMs = 120_000

/** `folder` is there, and the recorder writes into it. */
export function recorderOf(kind: RecorderKind, folder: string): Recorder {
  return kind === 'kernel' ? new PerfRecorder(folder) : new AgentRecorder(kind, folder)
}

class AgentRecorder implements Recorder {
  readonly environment: Readonly<Record<string, string>>
  readonly #kind: 'cpu' | 'heap'
  readonly #socket: string
  readonly #file: string

  constructor(kind: 'cpu' | 'heap', folder: string) {
    this.#kind = kind
    // Where the repository lies deep its paths are too long for a socket's.
    this.#socket = join(tmpdir(), `odradek-profile-${process.pid}.sock`)
    this.#file = join(folder, 'recorded.json')
    this.environment = {
      NODE_OPTIONS: `--import=${import.meta.resolve('./agent.ts')}`,
      ODRADEK_PROFILE_SOCKET: this.#socket,
    }
  }

  close(): void {
    rmSync(this.#socket, { force: true })
  }

  async start(pid: number): Promise<void> {
    if (this.#kind === 'heap') return this.#tell(`start-heap ${intervalBytes}`)
    await this.#tell(`start-cpu ${intervalUs}`)
    if (!(await onOneCpu(pid))) {
      process.stderr.write(
        'profiler and broker are not on one processor: system calls may get time that is not theirs\n',
      )
    }
  }

  async stop(): Promise<Profile> {
    await this.#tell(`stop-${this.#kind} ${this.#file}`)
    const json: unknown = JSON.parse(readFileSync(this.#file, 'utf8'))
    return this.#kind === 'cpu' ? parseCpuProfile(json, root) : parseHeapProfile(json, root)
  }

  async #tell(order: string): Promise<void> {
    const socket = connect(this.#socket)
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    socket.write(`${order}\n`)
    let answer = ''
    try {
      answer = (await text(socket)).trim()
    } catch (error) {
      throw new ProfileError(
        `the broker's profiler cannot be reached (${error instanceof Error ? error.message : error})`,
      )
    }
    if (answer !== 'done') throw new ProfileError(`the broker's profiler: ${answer}`)
  }
}

class PerfRecorder implements Recorder {
  readonly environment = { NODE_OPTIONS: '--perf-basic-prof --interpreted-frames-native-stack' }
  readonly #folder: string
  readonly #data: string
  /** Node writes one for each process, and `perf` looks for them there: see `perf-map.ts`. */
  readonly #maps = new Set<string>()
  #recording: { readonly perf: ServerProcess; readonly map: string } | undefined

  constructor(folder: string) {
    this.#folder = folder
    this.#data = join(folder, 'perf.data')
  }

  async start(pid: number): Promise<void> {
    rmSync(this.#data, { force: true })
    const args = ['record', '-q', '-F', `${perfFrequency}`, '-g', '-o', this.#data, '-p', `${pid}`]
    const perf = new ServerProcess({ command: 'perf', args, logFile: join(this.#folder, 'perf.log') })
    // It says nowhere that it has begun; where it may not, or there is none, it ends at once.
    await delay(perfReadyMs)
    if (!perf.isRunning) {
      throw new ProfileError(
        `perf did not start: is it installed, and allowed (kernel.perf_event_paranoid)?\n${perf.logTail()}`,
      )
    }
    const map = `/tmp/perf-${pid}.map`
    this.#maps.add(map)
    this.#recording = { perf, map }
  }

  async stop(): Promise<Profile> {
    const recording = this.#recording
    if (recording === undefined) throw new ProfileError('perf was not started')
    this.#recording = undefined
    await recording.perf.stop()
    clean(recording.map)
    const args = ['script', '-i', this.#data, '-F', 'comm,tid,ip,sym,symoff,dso']
    const script = await runOrThrow({ command: 'perf', args, timeoutMs })
    return parsePerfScript(script, { folder: root, frequency: perfFrequency })
  }

  close(): void {
    for (const map of this.#maps) for (const path of [map, written(map)]) rmSync(path, { force: true })
  }
}

const written = (map: string): string => `${map}.written`

/** The broker goes on writing into its file, which is kept under another name. */
function clean(map: string): void {
  if (!existsSync(written(map))) renameSync(map, written(map))
  writeFileSync(map, newestPieces(readFileSync(written(map), 'utf8')))
}

/** Whether `--kernel` can be had on this machine. */
export const hasPerf = async (): Promise<boolean> =>
  (await run({ command: 'perf', args: ['--version'], timeoutMs: 10_000 }).catch(() => ({ code: undefined }))).code === 0
