/**
 * A disk that gives up the reserve of a log directory where it is full, and tries once more: for all that a node must write
 * to start, to delete and to keep its metadata. Records of topics never spend it, and are refused until it is made again,
 * or they would take the room that was freed. On the produce path: one more call for each write.
 */
import { type Disk, DiskError, type DiskFile, type JobFile, type OpenOptions } from '../base/index.ts'
import { type DiskReserve, isDiskFull } from './disk-reserve.ts'
import { cleanedSuffix, logSuffix } from './file-names.ts'

const metadataPartition = '/__cluster_metadata-0/'

/** Records of topics, appended or compacted: there is no end to them. */
const isOfRecords = (path: string): boolean =>
  path.endsWith(cleanedSuffix) || (path.endsWith(logSuffix) && !path.includes(metadataPartition))

/** Of one directory, and what the others of its volume say. */
interface Room {
  readonly isRefused: () => boolean
  /** How often it was made. */
  readonly count: () => number
  /**
   * Returns where the operation may be tried once more; throws `error` elsewhere. Room that was made since `count` is enough: of two
   * operations that find the disk full at once, the second one finds no reserve any more.
   */
  readonly makeFor: (error: unknown, count: number) => void
}

class ReservedFile implements DiskFile {
  readonly #file: DiskFile
  readonly #room: Room
  readonly #isOfRecords: boolean

  constructor(file: DiskFile, room: Room) {
    this.#file = file
    this.#room = room
    this.#isOfRecords = isOfRecords(file.path)
  }

  get path(): string {
    return this.#file.path
  }

  get forJobs(): JobFile | undefined {
    return this.#file.forJobs
  }

  /** For what spends no reserve: a job cannot give it up. */
  forWritingJobs(): JobFile | undefined {
    this.#check()
    return this.#isOfRecords ? this.#file.forWritingJobs() : undefined
  }

  writtenByJob(end: number): void {
    this.#file.writtenByJob(end)
  }

  size(): number {
    return this.#file.size()
  }

  #check(): void {
    if (!this.#isOfRecords || !this.#room.isRefused()) return
    throw new DiskError(
      'ENOSPC',
      this.path,
      `no space left on device, the reserve of the disk is given up: ${this.path}`,
    )
  }

  #makeRoom(error: unknown, count: number): void {
    if (this.#isOfRecords) throw error
    this.#room.makeFor(error, count)
  }

  writeSync(bytes: Uint8Array, position: number): number {
    this.#check()
    try {
      return this.#file.writeSync(bytes, position)
    } catch (error) {
      this.#makeRoom(error, this.#room.count())
      return this.#file.writeSync(bytes, position)
    }
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<number> {
    this.#check()
    const count = this.#room.count()
    try {
      return await this.#file.write(chunks, position)
    } catch (error) {
      this.#makeRoom(error, count)
      return this.#file.write(chunks, position)
    }
  }

  readSync(into: Uint8Array, start: number, end: number, position: number): number {
    return this.#file.readSync(into, start, end, position)
  }

  read(into: Uint8Array, start: number, end: number, position: number): Promise<number> {
    return this.#file.read(into, start, end, position)
  }

  truncateSync(size: number): void {
    this.#file.truncateSync(size)
  }

  sync(): Promise<void> {
    return this.#file.sync()
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

export class ReservedDisk implements Disk {
  readonly urgent: Disk
  readonly #disk: Disk
  readonly #reserves: readonly DiskReserve[]

  constructor(disk: Disk, reserves: readonly DiskReserve[]) {
    this.#disk = disk
    this.#reserves = reserves
    this.urgent = disk.urgent === disk ? this : new ReservedDisk(disk.urgent, reserves)
  }

  /** Undefined outside all directories. */
  #roomOf(path: string): Room | undefined {
    const reserve = this.#reserves.find(({ directory }) => path.startsWith(`${directory}/`))
    if (reserve === undefined) return undefined
    const { volume } = reserve
    return {
      isRefused: () => this.#reserves.some((other) => other.isGivenUp && other.volume === volume),
      count: () => reserve.givings,
      makeFor: (error, count) => {
        if (!isDiskFull(error) || (reserve.givings === count && !reserve.giveUp())) throw error
      },
    }
  }

  async #orMakeRoom<T>(path: string, work: () => Promise<T>): Promise<T> {
    const room = this.#roomOf(path)
    const count = room?.count() ?? 0
    try {
      return await work()
    } catch (error) {
      if (room === undefined) throw error
      room.makeFor(error, count)
      return work()
    }
  }

  async open(path: string, options: OpenOptions): Promise<DiskFile> {
    const file = await this.#orMakeRoom(path, () => this.#disk.open(path, options))
    const room = options.mode === 'read' ? undefined : this.#roomOf(path)
    return room === undefined ? file : new ReservedFile(file, room)
  }

  makeDirectory(path: string): Promise<void> {
    return this.#orMakeRoom(path, () => this.#disk.makeDirectory(path))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#orMakeRoom(to, () => this.#disk.rename(from, to))
  }

  list(path: string): ReturnType<Disk['list']> {
    return this.#disk.list(path)
  }

  stat(path: string): ReturnType<Disk['stat']> {
    return this.#disk.stat(path)
  }

  unlink(path: string): Promise<void> {
    return this.#disk.unlink(path)
  }

  removeTree(path: string): Promise<void> {
    return this.#disk.removeTree(path)
  }

  syncDirectory(path: string): Promise<void> {
    return this.#disk.syncDirectory(path)
  }

  lock(path: string): ReturnType<Disk['lock']> {
    return this.#orMakeRoom(path, () => this.#disk.lock(path))
  }

  space(path: string): ReturnType<Disk['space']> {
    return this.#disk.space(path)
  }
}
