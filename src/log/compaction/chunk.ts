/** Whole batches out of a piece of a segment, and the plain bytes of their records: what both passes of a compaction read. Pure. */
import { type JobFile, type JobHost, MalformedError } from '../../base/index.ts'
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

/** The disk refused to read or to write; `code` as of a DiskError. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly code: string

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause))
    const { code } = cause instanceof Error && 'code' in cause ? cause : { code: 'EIO' }
    this.code = typeof code === 'string' ? code : 'EIO'
  }
}

/** Valid until the next one is asked for. */
export interface ChunkBatch {
  readonly info: BatchInfo
  readonly bytes: Uint8Array
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

/** A part of a segment: its bytes, or where a job reads them. */
export type Piece =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'file'
      readonly file: JobFile
      readonly position: number
      readonly sizeInBytes: number
      readonly partBytes: number
    }

/** Kept between jobs of a thread. */
let part = new Uint8Array(0)

/** The whole batches of a piece; a beginning without its end is left for the next one. Throws CorruptBatchError. */
export function* wholeBatches(piece: Piece, rules: ChunkRules, host: JobHost): Generator<ChunkBatch, void, void> {
  if (piece.kind === 'bytes') {
    yield* batchesIn(piece.bytes, rules)
    return
  }
  if (part.length !== piece.partBytes) part = new Uint8Array(piece.partBytes)
  let into = part
  const end = piece.position + piece.sizeInBytes
  for (let at = piece.position; at < end; ) {
    const bytes = into.subarray(0, fill(host, piece.file, into.subarray(0, end - at), at))
    const used = yield* batchesIn(bytes, rules)
    at += used
    if (used > 0) continue
    const size = bytes.length < header.batchHeaderSize ? 0 : header.sizeInBytes(new DataView(into.buffer), 0)
    if (size <= bytes.length || size > end - at) return
    into = new Uint8Array(size)
  }
}

function fill(host: JobHost, file: JobFile, into: Uint8Array, position: number): number {
  let filled = 0
  while (filled < into.length) {
    const size = readOrThrow(host, file, into.subarray(filled), position + filled)
    if (size === 0) break
    filled += size
  }
  return filled
}

function readOrThrow(host: JobHost, file: JobFile, into: Uint8Array, position: number): number {
  try {
    return host.readSync(file, into, position)
  } catch (error) {
    throw new RefusedError(error)
  }
}

/** Returns how many bytes they took. */
function* batchesIn(bytes: Uint8Array, rules: ChunkRules): Generator<ChunkBatch, number, void> {
  const cursor = new BatchCursor(bytes)
  while (cursor.next()) {
    const { view, position } = cursor
    const offset = header.baseOffset(view, position)
    if (cursor.magic !== 2) throw new CorruptBatchError(`messages of format ${cursor.magic} are not compacted`)
    if (!isBatchHeader(view, position)) throw new CorruptBatchError('found what is no batch')
    const isChecked = offset >= rules.checked.from && offset < rules.checked.to
    if (!isChecked && !cursor.isCrcValid())
      throw new CorruptBatchError(`the batch at offset ${offset} has a wrong checksum`)
    const info = readBatchInfo(view, position)
    yield {
      info,
      bytes,
      view,
      position,
      recordCount: header.recordCount(view, position),
      records: () => plainRecords(bytes, info, rules.decompressedBytesMax),
    }
  }
  if (cursor.ended === 'corrupt') throw new CorruptBatchError('found what is no batch')
  return cursor.position
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
