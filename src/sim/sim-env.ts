/** A world from a seed: nodes with their disks, clocks and processes, and the network between them. */
import {
  assert,
  type Env,
  type Job,
  type JobHost,
  type LogFields,
  type Logger,
  type LogLevel,
  type Workers,
} from '../base/index.ts'
import { SeededRandom } from './random.ts'
import { Life, Scheduler, type Turn } from './scheduler.ts'
import { SimClock, type Skew } from './sim-clock.ts'
import { SimDisk } from './sim-disk.ts'
import type { Fate } from './sim-file.ts'
import { type NetworkFaults, noNetworkFaults } from './sim-link.ts'
import { SimFabric, SimNetwork } from './sim-network.ts'
import { type DiskFaults, noDiskFaults, SimVolume } from './sim-volume.ts'

export interface LogLine {
  readonly atMs: number
  readonly node: string
  readonly part: string
  readonly level: LogLevel
  readonly message: string
  readonly fields: LogFields
}

export interface WorldOptions {
  readonly seed: string | number
  /** `setImmediate` of the real loop. */
  readonly turn: Turn
  /** The wall clock at the beginning; 2026-01-01 unless told. */
  readonly epochMs?: number
  readonly network?: Partial<NetworkFaults>
  readonly disk?: Partial<DiskFaults>
  /** Jobs of `Workers` by name; they run inline. */
  readonly jobs?: ReadonlyMap<string, Job>
  readonly log?: (line: LogLine) => void
}

/** Jobs run in the thread that has the files. */
export const inlineHost: JobHost = {
  readSync: (file, into, position) => ('fd' in file ? 0 : file.readSync(into, 0, into.length, position)),
  writeSync: (file, bytes, position) => ('fd' in file ? 0 : file.writeSync(bytes, position)),
}

interface SimNodeState {
  readonly skew: Skew
  readonly volume: SimVolume
  life: Life
  env: Env | undefined
}

class SimLogger implements Logger {
  readonly #write: (line: Pick<LogLine, 'part' | 'level' | 'message' | 'fields'>) => void
  readonly #part: string

  constructor(write: (line: Pick<LogLine, 'part' | 'level' | 'message' | 'fields'>) => void, part = 'odradek') {
    this.#write = write
    this.#part = part
  }

  child(part: string): Logger {
    return new SimLogger(this.#write, part)
  }

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.#write({ part: this.#part, level, message, fields })
  }
}

export class World {
  readonly network: SimFabric
  /** Chance for those who plan faults and workloads, apart from the nodes'. */
  readonly random: SeededRandom
  readonly #options: WorldOptions
  readonly #epochMs: number
  readonly #scheduler: Scheduler
  readonly #nodes = new Map<string, SimNodeState>()
  readonly #workers: Workers

  constructor(options: WorldOptions) {
    this.#options = options
    this.#epochMs = options.epochMs ?? 1_767_225_600_000
    this.#scheduler = new Scheduler(options.turn)
    this.random = new SeededRandom(`${options.seed}`)
    this.network = new SimFabric({
      scheduler: this.#scheduler,
      random: this.random.fork('network'),
      faults: { ...noNetworkFaults, ...options.network },
    })
    const run = async (name: string, input: unknown): Promise<unknown> => {
      const job = options.jobs?.get(name)
      assert(job !== undefined, `there is no job '${name}'`)
      return job(input, inlineHost)
    }
    this.#workers = { run, background: { run } }
  }

  /** Virtual milliseconds since the beginning. */
  get nowMs(): number {
    return this.#scheduler.nowMs
  }

  /** Events so far. */
  get events(): number {
    return this.#scheduler.trace.events
  }

  /** What the node's present process sees: the same until a crash, then that of its next process. */
  env(name: string): Env {
    const node = this.#node(name)
    node.env ??= this.#makeEnv(name, node)
    return node.env
  }

  disk(name: string): SimVolume {
    return this.#node(name).volume
  }

  /** Sets how far the node's wall clock is off, from now on. */
  skew(name: string, ms: number): void {
    this.#node(name).skew.ms = ms
  }

  /** Stops the node's process for `forMs`, as SIGSTOP does: what would happen in it happens thereafter. */
  pause(name: string, forMs: number): void {
    this.#node(name).life.pausedUntilMs = this.nowMs + forMs
  }

  /** Power is lost: the process and what was not durable are gone; `env` gives the next process. */
  crash(name: string, fate: Fate = 'torn'): void {
    this.#end(name)
    this.#node(name).volume.crash(fate)
  }

  /** The process is killed: what it wrote stays, durable or not; `env` gives the next process. */
  kill(name: string): void {
    this.#end(name)
    this.#node(name).volume.kill()
  }

  /** The same in the middle of the process's `nth` write from now on: a first part of that is done. Then calls `then`. */
  killInWrite(name: string, nth: number, then: () => void): void {
    this.#node(name).volume.endInWrite(nth, () => {
      this.kill(name)
      then()
    })
  }

  /**
   * The world of the node's process stops at its `nth` disk operation from now on: power is lost with that fate of what was
   * not synced, or the process is killed. Then calls `then`.
   */
  endInOperation(name: string, nth: number, end: { readonly how: Fate | 'killed'; readonly ended: () => void }): void {
    this.#node(name).volume.endInOperation(nth, () => {
      if (end.how === 'killed') this.kill(name)
      else this.crash(name, end.how)
      end.ended()
    })
  }

  #end(name: string): void {
    const node = this.#node(name)
    node.life.alive = false
    this.network.crash(name)
    node.life = new Life()
    node.env = undefined
  }

  /** Calls `call` after `delayMs`, outside every node: for faults and workloads. */
  after(delayMs: number, call: () => void): void {
    this.#scheduler.call({ name: 'world', delayMs, call })
  }

  /** Runs up to that moment of virtual time, or until `done` says so. Rejects with what an event throws. */
  run(untilMs: number, done?: () => boolean): Promise<void> {
    return this.#scheduler.run(untilMs, done)
  }

  /** Runs until `work` settles and gives what it gave; throws if it does not within `limitMs`. */
  async settle<T>(work: Promise<T>, limitMs = 600_000): Promise<T> {
    let settled = false
    const settle = (): void => {
      settled = true
    }
    work.then(settle, settle)
    await this.run(this.nowMs + limitMs, () => settled)
    if (!settled) throw new Error(`not settled within ${limitMs} virtual ms`)
    return work
  }

  /** SHA-256 of all that happened, in hexadecimal. */
  traceHash(): string {
    return this.#scheduler.trace.digest()
  }

  #node(name: string): SimNodeState {
    let node = this.#nodes.get(name)
    if (node === undefined) {
      this.network.host(name)
      const volume = new SimVolume({
        scheduler: this.#scheduler,
        random: this.random.fork('disk').stream(name),
        node: name,
        epochMs: this.#epochMs,
        faults: { ...noDiskFaults, ...this.#options.disk },
      })
      node = { skew: { ms: 0 }, volume, life: new Life(), env: undefined }
      this.#nodes.set(name, node)
    }
    return node
  }

  #makeEnv(name: string, { life, skew, volume }: SimNodeState): Env {
    return {
      clock: new SimClock({ scheduler: this.#scheduler, node: name, life, skew, epochMs: this.#epochMs }),
      random: { stream: (stream) => this.random.stream(`node ${name} ${stream}`) },
      disk: new SimDisk(volume, life),
      network: new SimNetwork({ fabric: this.network, node: name, life }),
      workers: this.#workers,
      logger: new SimLogger((line) => {
        // What a dead process would still do in this moment is not told.
        if (life.alive) this.#options.log?.({ atMs: this.nowMs, node: name, ...line })
      }),
    }
  }
}
