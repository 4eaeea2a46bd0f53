/**
 * The snapshot files of the metadata log on the disk: found at start, read whole, written so that a crash leaves all of a
 * snapshot or nothing, removed. Off the hot path, in slices that leave the loop free; batches are made and understood by
 * `snapshot-format.ts`.
 */
import { type Clock, type Disk, DiskError, type DiskFile, type Logger, MalformedError } from '../base/index.ts'
import { writeFully } from '../log/index.ts'
import { batchHeader, CompressionError, type ControlRecord } from '../records/index.ts'
import {
  compareSnapshots,
  type DecodedSnapshot,
  isSnapshotLeftover,
  parseSnapshotName,
  partSuffix,
  SnapshotDecoder,
  SnapshotEncoder,
  SnapshotFormatError,
  type SnapshotId,
  sizeOfBatch,
  snapshotBytesMax,
  snapshotName,
} from './snapshot-format.ts'

const sliceMs = 2
/** Records between two looks at the clock. */
const sliceRecords = 32

/** The node stops, or was sent a newer snapshot: the file that was being written is left out. */
export class SnapshotAbandonedError extends Error {
  override readonly name = 'SnapshotAbandonedError'
}

/** Nothing may be assumed of the directory any more (design: the disk). */
export class FailedSyncError extends Error {
  override readonly name = 'FailedSyncError'
}

export interface SnapshotToWrite extends SnapshotId {
  readonly timestampMs: number
  readonly records: Iterable<Uint8Array>
  readonly control: readonly ControlRecord[]
  /** Asked between slices. */
  readonly isAbandoned: () => boolean
}

export interface SnapshotFile extends SnapshotId {
  readonly sizeInBytes: number
  /** From the header; undefined until it was read. */
  readonly timestampMs: number | undefined
}

interface Piece {
  readonly position: number
  readonly bytesMax: number
}

export interface SnapshotFilesOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly logger: Logger
  /** `__cluster_metadata-0`. */
  readonly directory: string
}

export class SnapshotFiles {
  readonly #options: SnapshotFilesOptions
  /** Oldest first. */
  #files: readonly SnapshotFile[]
  /** Names of files that are no whole snapshots. They stay where they are until the log has passed them. */
  readonly #damaged = new Set<string>()
  /** Pieces that are being read. */
  readonly #readings = new Set<Promise<Uint8Array>>()
  #tellDamage: () => void = () => undefined

  private constructor(options: SnapshotFilesOptions, files: readonly SnapshotFile[]) {
    this.#options = options
    this.#files = files
  }

  /** Removes what was left half written or half removed; reads nothing yet. */
  static async open(options: SnapshotFilesOptions): Promise<SnapshotFiles> {
    const { disk, directory, logger } = options
    const files: SnapshotFile[] = []
    for (const { name, kind } of await disk.list(directory)) {
      if (kind !== 'file') continue
      const path = `${directory}/${name}`
      if (isSnapshotLeftover(name)) {
        await disk.unlink(path)
        logger.log('info', 'the rest of an unfinished snapshot was removed', { path })
        continue
      }
      const id = parseSnapshotName(name)
      const stat = id === undefined ? undefined : await disk.stat(path)
      if (id !== undefined && stat !== undefined) files.push({ ...id, sizeInBytes: stat.size, timestampMs: undefined })
    }
    return new SnapshotFiles(options, files.sort(compareSnapshots))
  }

  /** Oldest first, the damaged ones among them. */
  get all(): readonly SnapshotFile[] {
    return this.#files
  }

  /** Those that were not found to be damaged, oldest first. */
  get usable(): readonly SnapshotFile[] {
    return this.#files.filter((file) => !this.#damaged.has(snapshotName(file)))
  }

  /** Who sends others to these files hears when one of them has turned out to be of no use. */
  whenDamaged(tell: () => void): void {
    this.#tellDamage = tell
  }

  #path(id: SnapshotId): string {
    return `${this.#options.directory}/${snapshotName(id)}`
  }

  /** Undefined, and a warning, where the file is gone or no whole snapshot. Throws DiskError where it cannot be read. */
  async read(id: SnapshotId): Promise<DecodedSnapshot | undefined> {
    return this.#decode(id, (decoder, file) => decodeAll(decoder, file))
  }

  /** Reads the header of a file that was not read yet: its age. */
  async readTimestamp(id: SnapshotId): Promise<number | undefined> {
    const known = this.#files.find((file) => compareSnapshots(file, id) === 0)?.timestampMs
    return (
      known ??
      this.#decode(id, async (decoder, file) => {
        await addBatch(decoder, file, 0)
        return decoder.timestampMs
      })
    )
  }

  async #decode<T>(
    id: SnapshotId,
    decode: (decoder: SnapshotDecoder, file: DiskFile) => Promise<T>,
  ): Promise<T | undefined> {
    const decoder = new SnapshotDecoder()
    try {
      return await this.#openedFor(id, (file) => decode(decoder, file))
    } catch (error) {
      if (!isOfNoUse(error)) throw error
      this.#isDamaged(id, error.message)
      return undefined
    } finally {
      this.#remember(id, { timestampMs: decoder.timestampMs })
    }
  }

  #remember(id: SnapshotId, change: Partial<SnapshotFile>): void {
    this.#files = this.#files.map((file) => (compareSnapshots(file, id) === 0 ? { ...file, ...change } : file))
  }

  /** Durable on return. Throws DiskError, FailedSyncError, SnapshotAbandonedError, and what `records` throws. */
  async write(snapshot: SnapshotToWrite): Promise<void> {
    const { disk, directory } = this.#options
    const { offset, epoch, timestampMs } = snapshot
    const path = this.#path(snapshot)
    const sizeInBytes = await this.#writePart(path + partSuffix, snapshot)
    try {
      await disk.rename(path + partSuffix, path)
    } catch (error) {
      await this.#removeLeftover(path + partSuffix)
      throw error
    }
    await orFailedSync(disk.syncDirectory(directory))
    this.#add({ offset, epoch, sizeInBytes, timestampMs })
  }

  #add(snapshot: SnapshotFile): void {
    this.#damaged.delete(snapshotName(snapshot))
    const others = this.#files.filter((file) => compareSnapshots(file, snapshot) !== 0)
    this.#files = [...others, snapshot].sort(compareSnapshots)
  }

  /** A part file that is whole and durable becomes a snapshot; durable on return. Throws DiskError, FailedSyncError. */
  async adopt({ offset, epoch, sizeInBytes, timestampMs }: SnapshotFile): Promise<void> {
    const { disk, directory } = this.#options
    const path = this.#path({ offset, epoch })
    await disk.rename(path + partSuffix, path)
    await orFailedSync(disk.syncDirectory(directory))
    this.#add({ offset, epoch, sizeInBytes, timestampMs })
  }

  /**
   * At most `bytesMax` from `position` on; undefined where there is no such snapshot, or not any more. The file stays as
   * long as it is read. Throws DiskError.
   */
  async readPiece(id: SnapshotId, { position, bytesMax }: Piece): Promise<Uint8Array | undefined> {
    const found = this.usable.find((file) => compareSnapshots(file, id) === 0)
    if (found === undefined) return undefined
    const reading = this.#readPiece(id, { position, bytesMax: Math.min(bytesMax, found.sizeInBytes - position) })
    this.#readings.add(reading)
    try {
      return await reading
    } catch (error) {
      if (!isOfNoUse(error)) throw error
      this.#isDamaged(id, error.message)
      return undefined
    } finally {
      this.#readings.delete(reading)
    }
  }

  #isDamaged(id: SnapshotId, reason: string): void {
    this.#damaged.add(snapshotName(id))
    const fields = { path: this.#path(id), reason }
    this.#options.logger.log('warn', 'a snapshot of the metadata is damaged and is not used', fields)
    this.#tellDamage()
  }

  #readPiece(id: SnapshotId, { position, bytesMax }: Piece): Promise<Uint8Array> {
    return this.#openedFor(id, async (file) => {
      const bytes = new Uint8Array(bytesMax)
      await readFully(file, bytes, position)
      return bytes
    })
  }

  async #openedFor<T>(id: SnapshotId, read: (file: DiskFile) => Promise<T>): Promise<T> {
    const file = await this.#options.disk.open(this.#path(id), { mode: 'read' })
    try {
      return await read(file)
    } finally {
      await file.close()
    }
  }

  async #writePart(path: string, snapshot: SnapshotToWrite): Promise<number> {
    const { disk } = this.#options
    // On the pool of ordinary syncs: a large snapshot must not keep a vote waiting.
    const file = await disk.open(path, { mode: 'create' })
    let isWhole = false
    try {
      const sizeInBytes = await this.#writeBatches(file, snapshot)
      await orFailedSync(file.sync())
      isWhole = true
      return sizeInBytes
    } finally {
      await file.close()
      if (!isWhole) await this.#removeLeftover(path)
    }
  }

  async #writeBatches(file: DiskFile, snapshot: SnapshotToWrite): Promise<number> {
    const { clock } = this.#options
    const { epoch, timestampMs, records, control, isAbandoned } = snapshot
    const encoder = new SnapshotEncoder(epoch)
    let position = 0
    const write = async (...batches: readonly Uint8Array[]): Promise<void> => {
      await writeFully({ file, chunks: batches, position })
      for (const batch of batches) position += batch.length
      if (isAbandoned())
        throw new SnapshotAbandonedError('the node stops, or has a newer snapshot: this one is not finished')
    }
    await write(encoder.header({ lastContainedLogTimestampMs: timestampMs, control, nowMs: clock.now() }))
    let startMs = clock.monotonic()
    let count = 0
    for (const record of records) {
      const full = encoder.add(record, clock.now())
      if (full !== undefined) await write(full)
      if (++count % sliceRecords !== 0 || clock.monotonic() - startMs < sliceMs) continue
      await new Promise<void>((resolve) => clock.afterDrain(resolve))
      if (isAbandoned())
        throw new SnapshotAbandonedError('the node stops, or has a newer snapshot: this one is not finished')
      startMs = clock.monotonic()
    }
    await write(...encoder.end(clock.now()))
    return position
  }

  /** A file that stays is removed by the next start; what failed before is the news. */
  async #removeLeftover(path: string): Promise<void> {
    try {
      await this.#options.disk.unlink(path)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#options.logger.log('warn', 'an unfinished snapshot could not be removed', { path, error: message })
    }
  }

  /** Removes all snapshots that are older than `id`, oldest first. */
  async removeBefore(id: SnapshotId): Promise<void> {
    for (const file of this.#files) {
      if (compareSnapshots(file, id) >= 0) break
      // From now on nobody begins to read it; who does already is waited for.
      this.#files = this.#files.filter((other) => other !== file)
      this.#damaged.delete(snapshotName(file))
      await Promise.allSettled(this.#readings)
      await this.#unlink(this.#path(file))
    }
  }

  /** Somebody may have been faster. */
  async #unlink(path: string): Promise<void> {
    try {
      await this.#options.disk.unlink(path)
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }
}

const isGone = (error: unknown): error is DiskError => error instanceof DiskError && error.code === 'ENOENT'

const isOfNoUse = (error: unknown): error is Error => isGone(error) || isSnapshotDamage(error)

export const isSnapshotDamage = (error: unknown): error is Error =>
  error instanceof SnapshotFormatError || error instanceof MalformedError || error instanceof CompressionError

export async function orFailedSync(sync: Promise<void>): Promise<void> {
  try {
    await sync
  } catch (error) {
    throw new FailedSyncError('a snapshot could not be made durable', { cause: error })
  }
}

/** Batch by batch, each into a buffer of its own that its records keep. */
async function decodeAll(decoder: SnapshotDecoder, file: DiskFile): Promise<DecodedSnapshot> {
  const size = file.size()
  if (size > snapshotBytesMax) {
    throw new DiskError('EFBIG', file.path, `${file.path} has ${size} bytes, at most ${snapshotBytesMax} are read`)
  }
  for (let position = 0; position < size; ) position += await addBatch(decoder, file, position)
  return decoder.end()
}

/** Returns the size of the batch at `position`. */
async function addBatch(decoder: SnapshotDecoder, file: DiskFile, position: number): Promise<number> {
  const left = file.size() - position
  if (left < batchHeader.batchHeaderSize) throw new SnapshotFormatError(`${left} bytes are no batch`)
  const header = new Uint8Array(batchHeader.headerSizeUpToMagic)
  await readFully(file, header, position)
  const size = sizeOfBatch(header)
  if (size > left) throw new SnapshotFormatError(`a batch of ${size} bytes, ${left} bytes are left in the file`)
  const batch = new Uint8Array(size)
  await readFully(file, batch, position)
  decoder.add(batch)
  return size
}

async function readFully(file: DiskFile, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const size = await file.read(into, done, into.length, position + done)
    if (size === 0) throw new SnapshotFormatError('the file ends within a batch')
    done += size
  }
}
