/**
 * Room that one log directory keeps for the day when its disk is full: a file of our own, which Kafka passes over. Given up,
 * it lets a node start, read and delete; it is made again when there is room. Off the hot path.
 */
import {
  type Clock,
  type Disk,
  DiskError,
  type DiskFile,
  type Logger,
  type RandomStream,
  type Timer,
} from '../base/index.ts'

const reserveName = 'odradek-reserve'

const chunkSize = 1024 * 1024
/** Between looks for room. */
const lookMs = 1000

export interface DiskReserveOptions {
  readonly directory: string
  readonly sizeInBytes: number
  readonly disk: Disk
  readonly clock: Clock
  readonly random: RandomStream
  readonly logger: Logger
}

export const isDiskFull = (error: unknown): boolean =>
  error instanceof DiskError && (error.code === 'ENOSPC' || error.code === 'EDQUOT')

export class DiskReserve {
  readonly #options: DiskReserveOptions
  readonly #path: string
  #file: DiskFile | undefined
  #volume = -1
  #isGivenUp = false
  #givings = 0
  #timer: Timer | undefined
  #making: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(options: DiskReserveOptions) {
    this.#options = options
    this.#path = `${options.directory}/${reserveName}`
  }

  get directory(): string {
    return this.#options.directory
  }

  /** Which volume the directory is on. */
  get volume(): number {
    return this.#volume
  }

  /** How often it was given up. */
  get givings(): number {
    return this.#givings
  }

  /** The disk was full, and there has not been room for another reserve since: what is left is not for records. */
  get isGivenUp(): boolean {
    return this.#isGivenUp
  }

  /** Finds what a former process has left. Makes nothing. */
  async open(): Promise<void> {
    const { disk, directory, sizeInBytes } = this.#options
    await this.#unlessBroken(async () => {
      const found = await disk.stat(this.#path)
      this.#volume = (await disk.space(directory)).volume
      if (found === undefined) return
      if (sizeInBytes === 0) return disk.unlink(this.#path)
      const file = await disk.open(this.#path, { mode: 'write' })
      this.#file = file
      if (file.size() > sizeInBytes) file.truncateSync(sizeInBytes)
      this.#isGivenUp = file.size() === 0
    })
  }

  /** From now on it is made where it is not whole, as soon as there is room. */
  keep(): void {
    if (this.#options.sizeInBytes > 0) this.#make()
  }

  /** Frees its bytes at once; false where there are none. */
  giveUp(): boolean {
    const file = this.#file
    if (file === undefined || file.size() === 0) return false
    const { directory, logger } = this.#options
    file.truncateSync(0)
    this.#givings++
    this.#isGivenUp = true
    logger.log('error', 'the disk is full: its reserve is given up, and no records are taken until there is room', {
      directory,
    })
    this.#makeLater()
    return true
  }

  /** The file stays as it is. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#making
    await this.#unlessBroken(async () => this.#file?.close())
  }

  #makeLater(): void {
    if (this.#isStopped) return
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(lookMs, () => this.#make())
  }

  #make(): void {
    this.#making = this.#making.then(() => this.#unlessBroken(() => this.#makeIfRoom()))
  }

  async #makeIfRoom(): Promise<void> {
    const { disk, directory, sizeInBytes, logger } = this.#options
    if (this.#isStopped || this.#file?.size() === sizeInBytes) return
    const { usableBytes } = await disk.space(directory)
    // As much again stays free, or it would be given up by the next record.
    const isRoom = usableBytes + (this.#file?.size() ?? 0) >= 2 * sizeInBytes
    if (!isRoom || !(await this.#fill())) return this.#makeLater()
    if (this.#isGivenUp) logger.log('info', 'the disk has room again: its reserve is made anew', { directory })
    this.#isGivenUp = false
  }

  /** Whether it is whole. Its bytes are by chance, or some file systems would keep no room for them. */
  async #fill(): Promise<boolean> {
    const { disk, sizeInBytes, random } = this.#options
    const file = this.#file ?? (await disk.open(this.#path, { mode: 'create' }))
    this.#file = file
    const givings = this.#givings
    const isOurs = (): boolean => this.#givings === givings && !this.#isStopped
    const chunk = Buffer.alloc(Math.min(chunkSize, sizeInBytes))
    for (let at = 0; at + 4 <= chunk.length; at += 4) chunk.writeUInt32LE(random.u32(), at)
    try {
      for (let at = 0; at < sizeInBytes && isOurs(); ) {
        at += await file.write([chunk.subarray(0, Math.min(chunk.length, sizeInBytes - at))], at)
      }
      if (isOurs()) await file.sync()
    } catch (error) {
      if (!isDiskFull(error)) throw error
      file.truncateSync(0)
      return false
    }
    // A write that was under way has put bytes back.
    if (this.#givings !== givings) file.truncateSync(0)
    return isOurs()
  }

  /** Without it the node runs as well as Kafka does: what the disk refuses is told, and no more. */
  async #unlessBroken(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#file = undefined
      this.#isGivenUp = false
      const { directory, logger } = this.#options
      logger.log('warn', 'a log directory has no reserve for a full disk', { directory, reason: error.message })
    }
  }
}
