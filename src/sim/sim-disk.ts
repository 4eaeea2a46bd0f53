/**
 * The disk of a simulated node: `SimVolume` outlives the node's processes and carries the faults; `SimDisk` is one
 * process's view of it. Operations off the loop take virtual time; those of the loop take none.
 */
import {
  type DirectoryEntry,
  type Disk,
  DiskError,
  type DiskFile,
  type FileLock,
  type OpenOptions,
} from '../base/index.ts'
import type { SeededStream } from './random.ts'
import type { Life, Scheduler } from './scheduler.ts'
import type { SimFileContent } from './sim-file.ts'
import { SimTree } from './sim-tree.ts'

export interface DiskFaults {
  /** Mean time of an operation off the loop, exponentially distributed. */
  readonly delayMsMean: number
  /** The part of operations off the loop, of [0, 1], that take `slowMs` more. */
  readonly slowRate: number
  readonly slowMs: number
  /** The part of reads, of [0, 1], that fail with EIO. */
  readonly readErrorRate: number
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
  syncErrorRate: 0,
  capacityBytes: Number.MAX_SAFE_INTEGER,
}

export class SimVolume {
  readonly tree = new SimTree()
  readonly locks = new Map<string, Life>()
  readonly #scheduler: Scheduler
  readonly #random: SeededStream
  readonly #traceName: string
  readonly #epochMs: number
  #faults: DiskFaults
  #stalledUntilMs = 0
  #death: { writesLeft: number; readonly die: () => void } | undefined

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
  crash(): void {
    this.tree.crash(this.#random)
    this.kill()
  }

  /** The process is gone, what it wrote is not. */
  kill(): void {
    this.locks.clear()
    this.#death = undefined
  }

  /** Calls `die`, which must kill the process, when some first part of its `nth` write from now on is done. */
  killInWrite(nth: number, die: () => void): void {
    this.#death = { writesLeft: nth, die }
  }

  /** How many bytes of a write of `size` are done before the process dies; undefined where it lives on. */
  lastBytes(size: number): { readonly size: number; readonly die: () => void } | undefined {
    const death = this.#death
    if (death === undefined || --death.writesLeft > 0) return undefined
    return { size: this.#random.below(size + 1), die: death.die }
  }

  nowMs(): number {
    return Math.floor(this.#epochMs + this.#scheduler.nowMs)
  }

  /** Does `work` when the disk comes to it; never, if the process is dead by then. */
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
          reject(error)
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

  space(): { totalBytes: number; usableBytes: number } {
    const totalBytes = this.#faults.capacityBytes
    return { totalBytes, usableBytes: Math.max(0, totalBytes - this.tree.usedBytes()) }
  }

  /** How many of `size` bytes at `position` of a file there is room for. */
  room(content: SimFileContent, size: number, position: number): number {
    if (this.#faults.capacityBytes === Number.MAX_SAFE_INTEGER) return size
    const grown = position + size - content.size
    return grown <= 0 ? size : Math.max(0, size - Math.max(0, grown - this.space().usableBytes))
  }
}

class SimFile implements DiskFile {
  readonly path: string
  readonly #volume: SimVolume
  readonly #life: Life
  readonly #content: SimFileContent
  readonly #writable: boolean
  #open = true

  constructor(options: { path: string; volume: SimVolume; life: Life; content: SimFileContent; writable: boolean }) {
    this.path = options.path
    this.#volume = options.volume
    this.#life = options.life
    this.#content = options.content
    this.#writable = options.writable
  }

  #check(write: boolean): SimFileContent {
    if (!this.#open || !this.#life.alive || (write && !this.#writable)) throw this.#error('EBADF')
    return this.#content
  }

  #error(code: string): DiskError {
    return new DiskError(code, this.path, `${code}: ${this.path}`)
  }

  size(): number {
    return this.#content.size
  }

  writeSync(bytes: Uint8Array, position: number): number {
    const content = this.#check(true)
    if (bytes.length === 0) return 0
    const last = this.#volume.lastBytes(bytes.length)
    if (last !== undefined) {
      content.write(bytes.subarray(0, last.size), position)
      last.die()
      throw this.#error('EBADF')
    }
    const room = this.#volume.room(content, bytes.length, position)
    if (room === 0) throw this.#error('ENOSPC')
    content.write(room === bytes.length ? bytes : bytes.subarray(0, room), position)
    content.modifiedMs = this.#volume.nowMs()
    return room
  }

  readSync(into: Uint8Array, start: number, end: number, position: number): number {
    const content = this.#check(false)
    if (this.#volume.failsRead()) throw this.#error('EIO')
    return content.read(into, start, end, position)
  }

  truncateSync(size: number): void {
    const content = this.#check(true)
    content.resize(size)
    content.modifiedMs = this.#volume.nowMs()
  }

  write(chunks: readonly Uint8Array[], position: number): Promise<number> {
    return this.#volume.later(this.#life, () => {
      let end = position
      for (const chunk of chunks) {
        // Room that ran out after the first bytes shows as a short write.
        if (end > position && this.#volume.room(this.#content, chunk.length, end) < chunk.length) break
        end += this.writeSync(chunk, end)
      }
      return end - position
    })
  }

  read(into: Uint8Array, start: number, end: number, position: number): Promise<number> {
    return this.#volume.later(this.#life, () => this.readSync(into, start, end, position))
  }

  sync(): Promise<void> {
    const mark = this.#content.mark()
    return this.#volume.later(this.#life, () => {
      const content = this.#check(false)
      if (this.#volume.failsSync()) {
        content.failSync(mark)
        throw this.#error('EIO')
      }
      content.sync(mark)
    })
  }

  close(): Promise<void> {
    return this.#volume.later(this.#life, () => {
      this.#check(false)
      this.#open = false
    })
  }
}

export class SimDisk implements Disk {
  readonly #volume: SimVolume
  readonly #life: Life
  readonly urgent = this

  constructor(volume: SimVolume, life: Life) {
    this.#volume = volume
    this.#life = life
  }

  #later<T>(work: (tree: SimTree) => T): Promise<T> {
    return this.#volume.later(this.#life, () => work(this.#volume.tree))
  }

  open(path: string, { mode }: OpenOptions): Promise<DiskFile> {
    return this.#later((tree) => {
      if (mode === 'create') {
        if (tree.find(path) === undefined) tree.create(path)
        else tree.file(path).resize(0)
      }
      const content = tree.file(path)
      return new SimFile({ path, volume: this.#volume, life: this.#life, content, writable: mode !== 'read' })
    })
  }

  list(path: string): Promise<readonly DirectoryEntry[]> {
    return this.#later((tree) =>
      Array.from(tree.directory(path).entries, ([name, { kind }]): DirectoryEntry => ({ name, kind })).sort((a, b) =>
        a.name < b.name ? -1 : 1,
      ),
    )
  }

  stat(path: string): Promise<{ kind: 'file' | 'directory'; size: number; modifiedMs: number } | undefined> {
    return this.#later((tree) => {
      const node = tree.find(path)
      if (node === undefined) return undefined
      if (node.kind === 'directory') return { kind: node.kind, size: 0, modifiedMs: 0 }
      return { kind: node.kind, size: node.size, modifiedMs: node.modifiedMs }
    })
  }

  makeDirectory(path: string): Promise<void> {
    return this.#later((tree) => tree.makeDirectory(path))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#later((tree) => tree.rename(from, to))
  }

  unlink(path: string): Promise<void> {
    return this.#later((tree) => tree.unlink(path))
  }

  removeTree(path: string): Promise<void> {
    return this.#later((tree) => tree.removeTree(path))
  }

  syncDirectory(path: string): Promise<void> {
    return this.#later((tree) => tree.sync(tree.directory(path)))
  }

  lock(path: string): Promise<FileLock | undefined> {
    return this.#later((tree) => {
      const { locks } = this.#volume
      if (locks.get(path)?.alive === true) return undefined
      if (tree.find(path) === undefined) tree.create(path)
      locks.set(path, this.#life)
      return { release: () => this.#later(() => void locks.delete(path)) }
    })
  }

  space(): Promise<{ readonly totalBytes: number; readonly usableBytes: number }> {
    return this.#later(() => this.#volume.space())
  }
}
