/**
 * What outlives the processes of a simulated node: its volume, with the faults of the disk and the counters that end a
 * process at a chosen operation.
 */
import type { DiskSpace } from '../base/index.ts'
import type { SeededStream } from './random.ts'
import type { Life, Scheduler } from './scheduler.ts'
import type { BitPlace, Fate, SimFileContent } from './sim-file.ts'
import { SimTree } from './sim-tree.ts'

export interface DiskFaults {
  /** Mean time of an operation off the loop, exponentially distributed. */
  readonly delayMsMean: number
  /** The part of operations off the loop, of [0, 1], that take `slowMs` more. */
  readonly slowRate: number
  readonly slowMs: number
  /** The part of reads, of [0, 1], that fail with EIO. */
  readonly readErrorRate: number
  /** The part of reads, of [0, 1], that give what stands elsewhere in the file. */
  readonly misdirectedReadRate: number
  /** The part of syncs of files, of [0, 1], that fail with EIO: what they were to sync is then lost in a crash. */
  readonly syncErrorRate: number
  /** Writes beyond it are cut short, then fail with ENOSPC. */
  readonly capacityBytes: number
}

export const noDiskFaults: DiskFaults = {
  delayMsMean: 0.1,
  slowRate: 0,
  slowMs: 100,
  readErrorRate: 0,
  misdirectedReadRate: 0,
  syncErrorRate: 0,
  capacityBytes: Number.MAX_SAFE_INTEGER,
}

/** What is counted, and may be the last thing that a process does. */
export type DiskOperation =
  | 'open'
  | 'create'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'close'
  | 'make directory'
  | 'rename'
  | 'unlink'
  | 'sync directory'
  | 'lock'
  | 'unlock'

interface Death {
  readonly isCounted: (operation: DiskOperation) => boolean
  left: number
  readonly die: () => void
}

export class SimVolume {
  readonly tree = new SimTree()
  readonly locks = new Map<string, Life>()
  readonly #scheduler: Scheduler
  readonly #random: SeededStream
  readonly #traceName: string
  readonly #epochMs: number
  readonly #counts = new Map<DiskOperation, number>()
  #reads = 0
  #faults: DiskFaults
  #stalledUntilMs = 0
  #death: Death | undefined

  constructor(options: {
    scheduler: Scheduler
    random: SeededStream
    node: string
    epochMs: number
    faults: DiskFaults
  }) {
    this.#scheduler = options.scheduler
    this.#random = options.random
    this.#traceName = `disk ${options.node}`
    this.#epochMs = options.epochMs
    this.#faults = options.faults
  }

  setFaults(faults: Partial<DiskFaults>): void {
    this.#faults = { ...this.#faults, ...faults }
  }

  /** No operation off the loop ends for `forMs`. */
  stall(forMs: number): void {
    this.#stalledUntilMs = this.#scheduler.nowMs + forMs
  }

  /** Power is lost. */
  crash(fate: Fate = 'torn'): void {
    this.tree.crash(this.#random, fate)
    this.kill()
  }

  /** The process is gone, what it wrote is not. */
  kill(): void {
    this.locks.clear()
    this.#death = undefined
  }

  /** Calls `die`, which must end the process, when some first part of its `nth` write from now on is done. */
  endInWrite(nth: number, die: () => void): void {
    this.#death = { isCounted: (operation) => operation === 'write', left: nth, die }
  }

  /** The same at the `nth` operation of any kind but reads; nothing is done of one that is no write. */
  endInOperation(nth: number, die: () => void): void {
    this.#death = { isCounted: () => true, left: nth, die }
  }

  /** Operations so far, by kind; reads are apart. */
  get counts(): ReadonlyMap<DiskOperation, number> {
    return this.#counts
  }

  get operations(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Reads so far: of bytes, of names, of sizes. */
  get reads(): number {
    return this.#reads
  }

  countRead(): void {
    this.#reads++
  }

  /** Counts an operation that begins; gives the end of the process where this is its last one. */
  begin(operation: DiskOperation): (() => void) | undefined {
    this.#counts.set(operation, (this.#counts.get(operation) ?? 0) + 1)
    const death = this.#death
    if (death?.isCounted(operation) !== true || --death.left > 0) return undefined
    this.#death = undefined
    return death.die
  }

  /** How much of the last write of a process is done. */
  lastBytes(size: number): number {
    return this.#random.below(size + 1)
  }

  /** A stored bit turns over, at the drawn place of a file that is not empty unless one is given. */
  flipBit(path: string, place?: BitPlace): BitPlace {
    const content = this.tree.file(path)
    const chosen = place ?? { position: this.#random.below(content.size), bit: this.#random.below(8) }
    content.flip(chosen)
    return chosen
  }

  /** A directory is gone at once, with all that is in it, as if it never had been; open files go on. */
  loseDirectory(path: string): void {
    this.tree.lose(path)
  }

  nowMs(): number {
    return Math.floor(this.#epochMs + this.#scheduler.nowMs)
  }

  /** Does `work` when the disk comes to it; never, if the process is dead by then. A process that ends in it hears nothing. */
  later<T>(life: Life, work: () => T): Promise<T> {
    const faults = this.#faults
    let delayMs = this.#random.exponential(faults.delayMsMean)
    if (faults.slowRate > 0 && this.#random.float() < faults.slowRate) delayMs += faults.slowMs
    delayMs += Math.max(0, this.#stalledUntilMs - this.#scheduler.nowMs)
    return new Promise((resolve, reject) => {
      const call = (): void => {
        try {
          resolve(work())
        } catch (error) {
          if (life.alive) reject(error)
        }
      }
      this.#scheduler.call({ name: this.#traceName, delayMs, life, call })
    })
  }

  failsRead(): boolean {
    return this.#faults.readErrorRate > 0 && this.#random.float() < this.#faults.readErrorRate
  }

  failsSync(): boolean {
    return this.#faults.syncErrorRate > 0 && this.#random.float() < this.#faults.syncErrorRate
  }

  /** From where a read at `position` gets its bytes. */
  readPosition(content: SimFileContent, position: number): number {
    const rate = this.#faults.misdirectedReadRate
    if (rate === 0 || this.#random.float() >= rate) return position
    return this.#random.below(Math.max(1, content.size))
  }

  space(): DiskSpace {
    const totalBytes = this.#faults.capacityBytes
    return { totalBytes, usableBytes: Math.max(0, totalBytes - this.tree.usedBytes()), volume: 0 }
  }

  /** How many of `size` bytes at `position` of a file there is room for. */
  room(content: SimFileContent, size: number, position: number): number {
    if (this.#faults.capacityBytes === Number.MAX_SAFE_INTEGER) return size
    const grown = position + size - content.size
    return grown <= 0 ? size : Math.max(0, size - Math.max(0, grown - this.space().usableBytes))
  }
}
