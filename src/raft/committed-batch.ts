/** Committed batches of the metadata log, decoded for those who listen. */
import { BatchCursor, batchHeader, readRecords } from '../records/index.ts'

const decompressedBytesMax = 64 * 1024 * 1024

/** Committed records of one batch, in the order of the log. Control batches have none. */
export interface CommittedBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly epoch: number
  readonly timestampMs: number
  /** In the log, compressed as it is there. */
  readonly sizeInBytes: number
  /** The values: views of what was read, which nothing overwrites, and which one view keeps alive as a whole. */
  readonly records: readonly Uint8Array[]
}

export function decodeCommitted(bytes: Uint8Array): CommittedBatch[] {
  const batches: CommittedBatch[] = []
  const cursor = new BatchCursor(bytes, 0, bytes.length)
  while (cursor.next()) {
    const { view, position } = cursor
    const isControl = batchHeader.isControl(view, position)
    const records: Uint8Array[] = []
    if (!isControl) {
      for (const { value } of readRecords(bytes, position, decompressedBytesMax)) {
        records.push(value ?? new Uint8Array(0))
      }
    }
    batches.push({
      baseOffset: batchHeader.baseOffset(view, position),
      lastOffset: batchHeader.lastOffset(view, position),
      epoch: batchHeader.partitionLeaderEpoch(view, position),
      timestampMs: batchHeader.maxTimestamp(view, position),
      sizeInBytes: batchHeader.sizeInBytes(view, position),
      records,
    })
  }
  return batches
}
