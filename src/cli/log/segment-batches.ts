/** Reads the batches of a segment, or of a snapshot of the metadata, one by one from the file: offline, and whole or not. */
import { type Disk, DiskError, type DiskFile, MalformedError } from '../../base/index.ts'
import {
  BatchCursor,
  batchHeader,
  batchHeaderSize,
  CompressionError,
  type Message,
  type Record,
  readMessages,
  readRecords,
  type TimestampTypeName,
} from '../../records/index.ts'

export interface SegmentBatch {
  /** Where it begins in the file. */
  readonly position: number
  readonly sizeInBytes: number
  readonly magic: number
  /** The whole batch, from 0 on. */
  readonly view: DataView
  readonly isValid: boolean
  readonly timestampType: TimestampTypeName
  /** Decoded when it is asked for; a text says why it cannot be. */
  readonly records: () => readonly Record[] | string
  /** The same where the format is not 2. */
  readonly messages: () => readonly Message[] | string
}

/** Larger than any that a broker takes by default, by far. */
const batchBytesMax = 512 * 1024 * 1024
/** Of records when they are decompressed. */
const plainBytesMax = 1024 * 1024 * 1024

/** Opens for reading. Throws DiskError, also where there is no such file. */
export async function openToRead(disk: Disk, path: string): Promise<DiskFile> {
  const stat = await disk.stat(path)
  if (stat === undefined) throw new DiskError('ENOENT', path, `no such file: ${path}`)
  if (stat.kind !== 'file') throw new DiskError('EISDIR', path, `not a file: ${path}`)
  return disk.open(path, { mode: 'read' })
}

/** So many bytes from `position` on, or fewer at the end of the file. */
export async function readAt(file: DiskFile, position: number, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size)
  let done = 0
  while (done < size) {
    const read = await file.read(bytes, done, size, position + done)
    if (read === 0) break
    done += read
  }
  return bytes.subarray(0, done)
}

/** Returns where the last whole batch ends; what lies behind is none. */
export async function* segmentBatches(file: DiskFile): AsyncGenerator<SegmentBatch, number> {
  for (let position = 0; ; ) {
    const left = file.size() - position
    const head = await readAt(file, position, Math.min(left, batchHeader.headerSizeUpToMagic))
    if (head.length < batchHeader.headerSizeUpToMagic) return position
    const headView = new DataView(head.buffer, head.byteOffset, head.length)
    const sizeInBytes = batchHeader.sizeInBytes(headView, 0)
    const magic = batchHeader.magic(headView, 0)
    const sizeMin = magic === 2 ? batchHeaderSize : batchHeader.logOverhead + batchHeader.recordOverheadMin
    const isPossible = sizeInBytes >= sizeMin && magic >= 0 && magic <= 2
    if (!isPossible || sizeInBytes > left || sizeInBytes > batchBytesMax) return position
    const bytes = await readAt(file, position, sizeInBytes)
    if (bytes.length < sizeInBytes) return position
    const cursor = new BatchCursor(bytes)
    if (!cursor.next()) return position
    yield {
      ...{ position, sizeInBytes, magic, view: cursor.view, isValid: cursor.isCrcValid() },
      timestampType: cursor.timestampType,
      records: () => decoded(() => [...readRecords(bytes, 0, plainBytesMax)]),
      messages: () => decoded(() => readMessages(bytes, 0, plainBytesMax)),
    }
    position += sizeInBytes
  }
}

function decoded<T>(read: () => readonly T[]): readonly T[] | string {
  try {
    return read()
  } catch (error) {
    if (error instanceof MalformedError || error instanceof CompressionError) return error.message
    throw error
  }
}
