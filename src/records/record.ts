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

/** Of all records without headers: what an application writes into it would be seen in every one. */
export const noHeaders: readonly RecordHeader[] = Object.freeze([])
/** Sums of numbers below it stay exact. */
const exactMax = 2 ** 52

const noBytes = new Uint8Array(0)
const noBatch: RecordContext = { baseOffset: -1, baseTimestamp: 0n, baseTimestampMs: 0, appendTimestamp: undefined }

/** Stands on one record after the other of a batch of format 2. Makes no object per record, and is used again for the next batch. */
export class RecordCursor {
  offset = -1
  /** Bytes of the record, its length field included. */
  sizeInBytes = 0
  /** Views: whoever keeps them beyond the batch copies. */
  key: Buffer | null = null
  value: Buffer | null = null
  headers: readonly RecordHeader[] = noHeaders
  #timestamp: number | bigint = -1
  /** What batches lie in. */
  #bytes: Uint8Array = noBytes
  #plain = new Reader()
  /** Of the records: the same, or what was decompressed. */
  #reader = this.#plain
  #batch = noBatch
  #count = 0
  #left = 0

  /**
   * Before the first record of the batch at `position` of `bytes`, in which it lies whole; at most `limitBytes` after decompression.
   * Throws, as `next` does, `CompressionError` or `MalformedError` when they are not what the header says.
   */
  reset(bytes: Uint8Array, position: number, limitBytes: number): this {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#plain = new Reader(bytes)
    }
    const plain = this.#plain
    const { view } = plain
    assert(header.magic(view, position) === 2, 'records are read from batches of format 2')
    const end = position + header.sizeInBytes(view, position)
    const start = position + header.batchHeaderSize
    if (end < start || end > bytes.length) throw new MalformedError('batch is not whole')
    const codec = compressionType(header.codecId(view, position))
    if (codec === undefined) throw new MalformedError(`codec ${header.codecId(view, position)}`)
    this.#count = header.recordCount(view, position)
    if (this.#count < 0) throw new MalformedError(`batch of ${this.#count} records`)
    this.#left = this.#count
    this.#batch = recordContext(view, position)
    const isPlain = codec === CompressionType.none || this.#count === 0
    if (isPlain) this.#reader = plain.reset(plain.bytes, start, end)
    else this.#reader = new Reader(decompress(codec, plain.bytes.subarray(start, end), limitBytes))
    return this
  }

  /** Moves to the next record; false behind the last one. */
  next(): boolean {
    const reader = this.#reader
    if (this.#left === 0) {
      const { remaining } = reader
      if (remaining > 0 && this.#count > 0) throw new MalformedError(`${remaining} bytes behind ${this.#count} records`)
      return false
    }
    this.#left--
    const start = reader.position
    const size = reader.varint()
    const end = reader.position + size
    reader.i8()
    this.#timestamp = readTimestamp(reader, this.#batch)
    this.offset = this.#batch.baseOffset + reader.varint()
    this.key = readBytes(reader)
    this.value = readBytes(reader)
    this.headers = readHeaders(reader)
    this.sizeInBytes = end - start
    if (reader.position !== end) throw new MalformedError(`record of ${size} bytes has ${reader.position - end + size}`)
    return true
  }

  /** Milliseconds; saturates. -1 for none. */
  get timestampMs(): number {
    return typeof this.#timestamp === 'number' ? this.#timestamp : saturated(this.#timestamp)
  }

  /** The record that it stands on, to be kept as long as the batch. */
  record(): Record {
    const { offset, sizeInBytes, key, value, headers } = this
    return new RecordView({ offset, timestamp: this.#timestamp, sizeInBytes, key, value, headers })
  }
}

function saturated(timestamp: bigint): number {
  const max = Number.MAX_SAFE_INTEGER
  return Math.max(-max, Math.min(max, Number(timestamp)))
}

/** The same, for who has time. */
export function* readRecords(bytes: Uint8Array, position: number, limitBytes: number): Generator<Record, void, void> {
  const cursor = new RecordCursor().reset(bytes, position, limitBytes)
  while (cursor.next()) yield cursor.record()
}

interface RecordContext {
  readonly baseOffset: number
  readonly baseTimestamp: bigint
  /** The same, saturated. */
  readonly baseTimestampMs: number
  /** Of all records, when the batch says LogAppendTime. */
  readonly appendTimestamp: bigint | undefined
}

function recordContext(view: DataView, position: number): RecordContext {
  const isAppendTime = header.timestampType(view, position) === header.TimestampType.logAppendTime
  return {
    baseOffset: header.baseOffset(view, position),
    baseTimestamp: view.getBigInt64(position + header.baseTimestampAt),
    baseTimestampMs: header.baseTimestamp(view, position),
    appendTimestamp: isAppendTime ? view.getBigInt64(position + header.maxTimestampAt) : undefined,
  }
}

/** A bigint only where a number is not exact: reading those costs many times as much. */
function readTimestamp(reader: Reader, batch: RecordContext): number | bigint {
  const deltaMs = readShortVarlong(reader)
  if (batch.appendTimestamp === undefined && deltaMs !== undefined && Math.abs(batch.baseTimestampMs) < exactMax) {
    return batch.baseTimestampMs + deltaMs
  }
  const delta = deltaMs === undefined ? reader.varlongBig() : BigInt(deltaMs)
  return batch.appendTimestamp ?? BigInt.asIntN(64, batch.baseTimestamp + delta)
}

/** A zigzag number of at most 7 bytes, which is exact; else reads nothing. */
function readShortVarlong(reader: Reader): number | undefined {
  const start = reader.position
  const first = reader.bytes[start] ?? 0x80
  if (first < 0x80 && start < reader.end) {
    reader.position = start + 1
    return (first >>> 1) ^ -(first & 1)
  }
  let value = 0
  for (let size = 0, scale = 1; size < 7; size++, scale *= 128) {
    const byte = reader.view.getUint8(reader.take(1))
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
  reader.position = start
  return undefined
}

interface RecordParts extends Omit<Record, 'timestamp' | 'timestampMs'> {
  readonly timestamp: number | bigint
}

class RecordView implements Record {
  readonly offset: number
  readonly sizeInBytes: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
  readonly #timestamp: number | bigint

  constructor(parts: RecordParts) {
    this.offset = parts.offset
    this.sizeInBytes = parts.sizeInBytes
    this.key = parts.key
    this.value = parts.value
    this.headers = parts.headers
    this.#timestamp = parts.timestamp
  }

  get timestampMs(): number {
    return typeof this.#timestamp === 'number' ? this.#timestamp : saturated(this.#timestamp)
  }

  get timestamp(): bigint {
    return BigInt(this.#timestamp)
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
