/**
 * Decodes the records of one batch, one by one, as views of the batch's plain bytes. For our own logs, the clients,
 * the log cleaner and tools; not on the path of produce and fetch, which never decode.
 */
import { assert, MalformedError, Reader } from '../base/index.ts'
import * as header from './batch-header.ts'
import { decompress } from './codecs/index.ts'
import { CompressionType, compressionType } from './compression-type.ts'

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

export interface Record {
  readonly offset: number
  /** Milliseconds; saturates. -1 for none. */
  readonly timestampMs: number
  /** Every timestamp as it is. */
  readonly timestamp: bigint
  /** Bytes of the record, its length field included. */
  readonly sizeInBytes: number
  /** Views: whoever keeps them beyond the batch copies. */
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

const noHeaders: readonly RecordHeader[] = []

/**
 * The records of the batch at `position`, format 2, which lies whole in `bytes`; at most `limitBytes` after
 * decompression. Throws `CompressionError` or `MalformedError` when they are not what the header says.
 */
export function* readRecords(bytes: Uint8Array, position: number, limitBytes: number): Generator<Record, void, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  assert(header.magic(view, position) === 2, 'records are read from batches of format 2')
  const size = header.sizeInBytes(view, position)
  if (size < header.batchHeaderSize || position + size > bytes.length) throw new MalformedError('batch is not whole')
  const codec = compressionType(header.codecId(view, position))
  if (codec === undefined) throw new MalformedError(`codec ${header.codecId(view, position)}`)
  const count = header.recordCount(view, position)
  if (count < 0) throw new MalformedError(`batch of ${count} records`)
  if (count === 0) return
  const payload = bytes.subarray(position + header.batchHeaderSize, position + size)
  const plain = codec === CompressionType.none ? payload : decompress(codec, payload, limitBytes)
  const batch = recordContext(view, position)
  const reader = new Reader(plain)
  for (let left = count; left > 0; left--) yield readRecord(reader, batch)
  if (reader.remaining !== 0) throw new MalformedError(`${reader.remaining} bytes behind ${count} records`)
}

interface RecordContext {
  readonly baseOffset: number
  readonly baseTimestamp: bigint
  /** Of all records, when the batch says LogAppendTime. */
  readonly appendTimestamp: bigint | undefined
}

function recordContext(view: DataView, position: number): RecordContext {
  const isAppendTime = header.timestampType(view, position) === header.TimestampType.logAppendTime
  return {
    baseOffset: header.baseOffset(view, position),
    baseTimestamp: view.getBigInt64(position + header.baseTimestampAt),
    appendTimestamp: isAppendTime ? view.getBigInt64(position + header.maxTimestampAt) : undefined,
  }
}

function readRecord(reader: Reader, batch: RecordContext): Record {
  const start = reader.position
  const size = reader.varint()
  const end = reader.position + size
  reader.i8()
  const timestampDelta = reader.varlongBig()
  const offsetDelta = reader.varint()
  const key = readBytes(reader)
  const value = readBytes(reader)
  const headers = readHeaders(reader)
  if (reader.position !== end) throw new MalformedError(`record of ${size} bytes has ${reader.position - end + size}`)
  const timestamp = batch.appendTimestamp ?? BigInt.asIntN(64, batch.baseTimestamp + timestampDelta)
  return {
    offset: batch.baseOffset + offsetDelta,
    timestampMs: saturated(timestamp),
    timestamp,
    sizeInBytes: end - start,
    key,
    value,
    headers,
  }
}

function readBytes(reader: Reader): Buffer | null {
  const size = reader.varint()
  return size < 0 ? null : reader.slice(size)
}

function readHeaders(reader: Reader): readonly RecordHeader[] {
  const announced = reader.varint()
  if (announced < 0) throw new MalformedError(`${announced} record headers`)
  if (announced === 0) return noHeaders
  const headers: RecordHeader[] = []
  for (let left = reader.count(announced, 2); left > 0; left--) {
    headers.push({ key: reader.string(reader.varint()), value: readBytes(reader) })
  }
  return headers
}

function saturated(value: bigint): number {
  const max = Number.MAX_SAFE_INTEGER
  return Math.max(-max, Math.min(max, Number(value)))
}
