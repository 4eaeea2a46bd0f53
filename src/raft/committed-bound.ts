/**
 * How far the metadata was committed at least: a file of our own in the directory of the metadata log, which Kafka passes
 * over, and which still holds after its turn. A log that ends before it has lost what somebody was told; without the file
 * a damaged batch of old metadata would be taken for a torn tail and cut.
 */
import { type Disk, DiskError, type Logger } from '../base/index.ts'
import { directoryOf, readWholeFile, replaceFile } from '../log/index.ts'
import { FailedSyncError } from './snapshot-files.ts'

export const committedBoundName = 'odradek-committed-offset'
const sizeMaxInBytes = 1024
const form = /^0\n(\d{1,16})\n$/

export interface CommittedBoundOptions {
  readonly disk: Disk
  readonly directory: string
  readonly logger: Logger
}

export class CommittedBound {
  readonly #disk: Disk
  readonly #path: string
  /** As the file says: behind what was committed. Undefined without one, as where Kafka alone has written. */
  #offset: number | undefined
  /** A sync that failed is never tried again. */
  #hasFailed = false

  private constructor(disk: Disk, path: string, offset: number | undefined) {
    this.#disk = disk
    this.#path = path
    this.#offset = offset
  }

  static async open({ disk, directory, logger }: CommittedBoundOptions): Promise<CommittedBound> {
    const path = `${directory}/${committedBoundName}`
    const bytes = await readWholeFile(disk, path, sizeMaxInBytes)
    const [, offset] = form.exec(bytes?.toString('latin1') ?? '') ?? []
    if (bytes !== undefined && offset === undefined) {
      logger.log('warn', 'how far the metadata was committed cannot be read', { path })
    }
    return new CommittedBound(disk, path, offset === undefined ? undefined : Number(offset))
  }

  get offset(): number | undefined {
    return this.#offset
  }

  /** What it stands for is lost, and somebody has said to go on without it. Durable on return. */
  async forget(): Promise<void> {
    if (this.#offset === undefined) return
    await this.#disk.unlink(this.#path)
    await this.#disk.syncDirectory(directoryOf(this.#path))
    this.#offset = undefined
  }

  /** Durable on return; nothing is written where it says as much already. Throws FailedSyncError, DiskError if it is full. */
  async raise(offset: number): Promise<void> {
    if (this.#hasFailed || offset <= (this.#offset ?? 0)) return
    try {
      await replaceFile(this.#disk, this.#path, Buffer.from(`0\n${offset}\n`))
    } catch (error) {
      // A full disk loses nothing: the bound stays where it was.
      if (!(error instanceof DiskError) || error.code === 'ENOSPC') throw error
      this.#hasFailed = true
      throw new FailedSyncError('how far the metadata is committed could not be made durable', { cause: error })
    }
    this.#offset = offset
  }
}
