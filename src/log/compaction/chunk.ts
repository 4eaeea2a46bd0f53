/** Whole batches out of a piece of a segment, and the plain bytes of their records: what both passes of a compaction read. Pure. */
import { MalformedError } from '../../base/index.ts'
import {
  BatchCursor,
  CompressionType,
  compressionType,
  decompress,
  batchHeader as header,
} from '../../records/index.ts'
import { type BatchInfo, isBatchHeader, readBatchInfo } from '../batch-info.ts'

/** A batch is not what was once appended: its checksum or its structure is wrong. The log is left as it is. */
export class CorruptBatchError extends Error {
  override readonly name = 'CorruptBatchError'
}

export interface ChunkBatch {
  readonly info: BatchInfo
  readonly view: DataView
  readonly position: number
  readonly recordCount: number
  /** The records, decompressed where they must be: [start, end) of `bytes`. */
  records(): { readonly bytes: Uint8Array; readonly start: number; readonly end: number }
}

export interface ChunkRules {
  readonly decompressedBytesMax: number
  /** Batches of [from, to) have had their checksum looked at in this compaction. */
  readonly checked: { readonly from: number; readonly to: number }
}

/** The whole batches of `bytes`; a beginning without its end is left for the next chunk. Throws CorruptBatchError. */
export function* wholeBatches(bytes: Uint8Array, rules: ChunkRules): Generator<ChunkBatch, void, void> {
  const cursor = new BatchCursor(bytes)
  while (cursor.next()) {
    const { view, position } = cursor
    const offset = header.baseOffset(view, position)
    if (cursor.magic !== 2 || !isBatchHeader(view, position)) throw new CorruptBatchError('found what is no batch')
    const isChecked = offset >= rules.checked.from && offset < rules.checked.to
    if (!isChecked && !cursor.isCrcValid())
      throw new CorruptBatchError(`the batch at offset ${offset} has a wrong checksum`)
    const info = readBatchInfo(view, position)
    yield {
      info,
      view,
      position,
      recordCount: header.recordCount(view, position),
      records: () => plainRecords(bytes, info, rules.decompressedBytesMax),
    }
  }
  if (cursor.ended === 'corrupt') throw new CorruptBatchError('found what is no batch')
}

function plainRecords(bytes: Uint8Array, { position, sizeInBytes, baseOffset }: BatchInfo, limitBytes: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = position + header.batchHeaderSize
  const end = position + sizeInBytes
  const codec = compressionType(header.codecId(view, position))
  if (codec === undefined) throw new CorruptBatchError(`the batch at offset ${baseOffset} has an unknown codec`)
  if (codec === CompressionType.none) return { bytes, start, end }
  const payload = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
  const plain = decompress(codec, payload, limitBytes)
  return { bytes: plain, start: 0, end: plain.length }
}

/** Runs a pass over a chunk; what is wrong with its bytes becomes one error. */
export function overChunk<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof MalformedError || (error instanceof Error && error.name === 'CompressionError')) {
      throw new CorruptBatchError(error.message)
    }
    throw error
  }
}
