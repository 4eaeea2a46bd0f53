/**
 * Builds record batches of format 2: for our own logs (metadata, offsets, transactions), the producer, the log cleaner
 * and tests. What a client sent is never rebuilt.
 */
import { assert, crc32c, Writer } from '../base/index.ts'
import * as header from './batch-header.ts'
import { compress } from './codecs/index.ts'
import { CompressionType } from './compression-type.ts'

export interface NewRecordHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

export interface NewRecord {
  readonly key?: Uint8Array | null
  readonly value?: Uint8Array | null
  readonly headers?: readonly NewRecordHeader[]
  /** Milliseconds; -1, the default, for none. */
  readonly timestampMs?: number
  /** Without it, one after the record before. With it, it must grow from record to record. */
  readonly offset?: number
}

export interface BatchOptions {
  /** Default 0. */
  readonly baseOffset?: number
  /** Default -1: none. */
  readonly leaderEpoch?: number
  readonly codec?: CompressionType
  /** Of gzip and zstd. */
  readonly level?: number | undefined
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  /** The batch says LogAppendTime, and this. */
  readonly logAppendTimeMs?: number
  /** Offset after the last one the batch covers, when records were removed at its end (the cleaner keeps it). */
  readonly nextOffset?: number
  /** Milliseconds at which tombstones of the batch may go; it takes the place of the base timestamp. */
  readonly deleteHorizonMs?: number
}

/** One batch of all `records`, in one buffer. An empty batch is legal only with `nextOffset`. */
export function buildBatch(records: readonly NewRecord[], options: BatchOptions = {}): Buffer {
  let capacity = header.batchHeaderSize
  for (const record of records) capacity += recordSizeUpperBound(record)
  const { baseOffset, deleteHorizonMs } = options
  const builder = new BatchBuilder({ capacity, baseOffset, baseTimestampMs: deleteHorizonMs })
  for (const record of records) builder.add(record)
  return builder.finish(options)
}

export interface BatchBuilderOptions {
  /** Bytes that are taken at first, or memory for them; it grows. */
  readonly capacity: number | Buffer
  /** Default 0. */
  readonly baseOffset?: number | undefined
  /** Default: the timestamp of the first record. */
  readonly baseTimestampMs?: number | undefined
}

/** How records of a kind are written. */
export interface RecordCodec<R> {
  readonly writeKey: (writer: Writer, record: R) => void
  /** False: nothing is written, for the record has no value. */
  readonly writeValue: (writer: Writer, record: R) => boolean
  /** Whether `record` has the bytes of `before`, but for what `writeOver` writes. */
  readonly isAlike: (record: R, before: R) => boolean
  readonly writeOver: (writer: Writer, record: R, places: RecordPlaces) => void
}

/** Where the key of a record ends, and its value begins. */
export interface RecordPlaces {
  readonly keyEnd: number
  readonly valueStart: number
}

export interface CodedOptions<R> {
  readonly codec: RecordCodec<R>
  readonly timestampMs: number
}

/** Where a record lies that has no head yet. */
interface Written {
  readonly start: number
  readonly keySize: number
  readonly valueSize: number | null
}

/** Where a batch stood. */
export interface BatchMark {
  readonly sizeInBytes: number
  readonly recordCount: number
  readonly lastOffset: number
  readonly baseTimestampMs: number | undefined
  readonly maxTimestampMs: number
}

/** A batch that grows record by record. */
export class BatchBuilder {
  readonly #writer: Writer
  readonly #baseOffset: number
  #baseTimestampMs: number | undefined
  #recordCount = 0
  #lastOffset: number
  #maxTimestampMs: number = header.noTimestamp
  /** What stood in front of the key, and between key and value, of the last record. */
  #headSize = 6
  #valueLengthSize = 1

  constructor({ capacity, baseOffset = 0, baseTimestampMs }: BatchBuilderOptions) {
    this.#writer = new Writer(capacity)
    this.#writer.skip(header.batchHeaderSize)
    this.#baseOffset = baseOffset
    this.#baseTimestampMs = baseTimestampMs
    this.#lastOffset = baseOffset - 1
  }

  /** Of the whole batch, before it is compressed. */
  get sizeInBytes(): number {
    return this.#writer.size
  }

  get recordCount(): number {
    return this.#recordCount
  }

  add(record: NewRecord): void {
    const timestampMs = record.timestampMs ?? header.noTimestamp
    writeRecord(this.#writer, record, this.#next(timestampMs, record.offset))
  }

  /** Of records that lie side by side many are alike, as those of one commit of offsets. */
  addCoded<R>(records: readonly R[], { codec, timestampMs }: CodedOptions<R>): void {
    let before: R | undefined
    let last: Written | undefined
    for (const record of records) {
      const deltas = this.#next(timestampMs)
      if (before !== undefined && last !== undefined && codec.isAlike(record, before)) {
        last = this.#writeAlike(record, last, codec)
      } else last = this.#write(record, codec)
      this.#frame(last, deltas)
      before = record
    }
  }

  /**
   * Written where it will lie, without bytes of its own on the way: how many bytes stand in front of key and value is
   * guessed from the record before, and mended.
   */
  #write<R>(record: R, codec: RecordCodec<R>): Written {
    const writer = this.#writer
    const start = writer.size
    writer.skip(this.#headSize)
    codec.writeKey(writer, record)
    const keySize = writer.size - start - this.#headSize
    writer.skip(this.#valueLengthSize)
    const valueStart = writer.size
    const hasValue = codec.writeValue(writer, record)
    return { start, keySize, valueSize: hasValue ? writer.size - valueStart : null }
  }

  /** The bytes of the last record once more: a fifth of the time. */
  #writeAlike<R>(record: R, last: Written, codec: RecordCodec<R>): Written {
    const writer = this.#writer
    const start = writer.size
    // But for the byte behind the value.
    writer.repeat(last.start, start - 1)
    const keyEnd = start + this.#headSize + last.keySize
    codec.writeOver(writer, record, { keyEnd, valueStart: keyEnd + this.#valueLengthSize })
    return { ...last, start }
  }

  #frame({ start, keySize, valueSize }: Written, { timestampDeltaMs, offsetDelta }: RecordDeltas): void {
    const writer = this.#writer
    const valueLength = valueSize ?? -1
    const valueBytes = valueSize ?? 0
    const valueLengthSize = varlongSize(valueLength)
    // One byte for attributes, and one behind all that says that there are no headers.
    const sizeToKey = 1 + varlongSize(timestampDeltaMs) + varlongSize(offsetDelta) + varlongSize(keySize)
    const bodySize = sizeToKey + keySize + valueLengthSize + valueBytes + 1
    const headSize = varlongSize(bodySize) + sizeToKey
    const keyEnd = start + this.#headSize + keySize
    const valueBy = valueLengthSize - this.#valueLengthSize
    const keyBy = headSize - this.#headSize
    if (valueBy !== 0) writer.shiftBehind(keyEnd + this.#valueLengthSize, valueBy)
    if (keyBy !== 0) writer.shiftBehind(start + this.#headSize, keyBy)
    this.#headSize = headSize
    this.#valueLengthSize = valueLengthSize

    writer.cutTo(start)
    writer.varint(bodySize)
    writer.i8(0)
    writer.varlong(timestampDeltaMs)
    writer.varint(offsetDelta)
    writer.varint(keySize)
    writer.skip(keySize)
    writer.varint(valueLength)
    writer.skip(valueBytes)
    writer.i8(0)
  }

  #next(timestampMs: number, offset = this.#lastOffset + 1): RecordDeltas {
    assert(offset > this.#lastOffset, 'offsets grow within a batch')
    this.#lastOffset = offset
    this.#baseTimestampMs ??= timestampMs
    if (timestampMs > this.#maxTimestampMs) this.#maxTimestampMs = timestampMs
    this.#recordCount++
    return { offsetDelta: offset - this.#baseOffset, timestampDeltaMs: timestampMs - this.#baseTimestampMs }
  }

  get mark(): BatchMark {
    return {
      sizeInBytes: this.sizeInBytes,
      recordCount: this.#recordCount,
      lastOffset: this.#lastOffset,
      baseTimestampMs: this.#baseTimestampMs,
      maxTimestampMs: this.#maxTimestampMs,
    }
  }

  /** Takes away what was added since. */
  backTo({ sizeInBytes, recordCount, lastOffset, baseTimestampMs, maxTimestampMs }: BatchMark): void {
    this.#writer.cutTo(sizeInBytes)
    this.#baseTimestampMs = baseTimestampMs
    this.#recordCount = recordCount
    this.#lastOffset = lastOffset
    this.#maxTimestampMs = maxTimestampMs
  }

  /** `options` are those of `buildBatch`; nothing may be added behind it. */
  finish(options: BatchOptions = {}): Buffer {
    const nextOffset = options.nextOffset ?? this.#lastOffset + 1
    assert(nextOffset > this.#lastOffset && nextOffset > this.#baseOffset, 'a batch covers an offset at least')
    const codec = options.codec ?? CompressionType.none
    const batch = this.#writer.finishAsOne()
    const facts = {
      baseOffset: this.#baseOffset,
      nextOffset,
      baseTimestampMs: this.#baseTimestampMs ?? header.noTimestamp,
      maxTimestampMs: this.#maxTimestampMs,
      recordCount: this.#recordCount,
      codec,
    }
    const isPlain = codec === CompressionType.none || this.#recordCount === 0
    return withHeader(isPlain ? batch : compressed(batch, codec, options.level), facts, options)
  }
}

/** A batch with room for its header, and records that are compressed. */
function compressed(batch: Buffer, codec: CompressionType, level: number | undefined): Buffer {
  return Buffer.concat([
    batch.subarray(0, header.batchHeaderSize),
    compress(codec, batch.subarray(header.batchHeaderSize), level),
  ])
}

/** At most what `record` takes in a batch, uncompressed; for deciding when a batch is full. */
export function recordSizeUpperBound(record: NewRecord): number {
  let size = 5 + 1 + 10 + 5 + 5 + (record.key?.length ?? 0) + 5 + (record.value?.length ?? 0) + 5
  for (const { key, value } of record.headers ?? []) size += 5 + Buffer.byteLength(key) + 5 + (value?.length ?? 0)
  return size
}

interface BatchFacts {
  readonly baseOffset: number
  readonly nextOffset: number
  readonly baseTimestampMs: number
  readonly maxTimestampMs: number
  readonly recordCount: number
  readonly codec: CompressionType
}

/** Writes the header into the room that `batch` has for it. */
function withHeader(batch: Buffer, facts: BatchFacts, options: BatchOptions): Buffer {
  const size = batch.length
  const view = new DataView(batch.buffer, batch.byteOffset, size)
  header.patchBaseOffset(view, 0, facts.baseOffset)
  view.setInt32(header.batchLengthAt, size - header.logOverhead)
  header.patchLeaderEpoch(view, 0, options.leaderEpoch ?? -1)
  view.setInt8(header.magicAt, 2)
  view.setInt16(header.attributesAt, attributesOf(facts.codec, options))
  view.setInt32(header.lastOffsetDeltaAt, facts.nextOffset - 1 - facts.baseOffset)
  header.writeInt64(view, header.baseTimestampAt, facts.baseTimestampMs)
  header.writeInt64(view, header.maxTimestampAt, options.logAppendTimeMs ?? facts.maxTimestampMs)
  header.writeInt64(view, header.producerIdAt, options.producerId ?? header.noProducerId)
  view.setInt16(header.producerEpochAt, options.producerEpoch ?? header.noProducerEpoch)
  view.setInt32(header.baseSequenceAt, options.baseSequence ?? header.noSequence)
  view.setInt32(header.recordCountAt, facts.recordCount)
  view.setUint32(header.crcAt, crc32c(batch, header.attributesAt, size))
  return batch
}

function attributesOf(codec: CompressionType, options: BatchOptions): number {
  return (
    codec |
    (options.logAppendTimeMs === undefined ? 0 : header.timestampTypeFlag) |
    (options.isTransactional === true ? header.transactionalFlag : 0) |
    (options.isControl === true ? header.controlFlag : 0) |
    (options.deleteHorizonMs === undefined ? 0 : header.deleteHorizonFlag)
  )
}

interface RecordDeltas {
  readonly offsetDelta: number
  readonly timestampDeltaMs: number
}

function writeRecord(writer: Writer, record: NewRecord, deltas: RecordDeltas): void {
  const key = record.key ?? null
  const value = record.value ?? null
  const headers = record.headers ?? []
  let bodySize = 1 + varlongSize(deltas.timestampDeltaMs) + varlongSize(deltas.offsetDelta)
  bodySize += bytesSize(key) + bytesSize(value) + varlongSize(headers.length)
  for (const header of headers) bodySize += textSize(header.key) + bytesSize(header.value)
  writer.varint(bodySize)
  writer.i8(0)
  writer.varlong(deltas.timestampDeltaMs)
  writer.varint(deltas.offsetDelta)
  writeBytes(writer, key)
  writeBytes(writer, value)
  writer.varint(headers.length)
  for (const header of headers) {
    const size = Buffer.byteLength(header.key)
    writer.varint(size)
    writer.text(header.key, size)
    writeBytes(writer, header.value)
  }
}

function writeBytes(writer: Writer, value: Uint8Array | null): void {
  writer.varint(value === null ? -1 : value.length)
  if (value !== null) writer.bytes(value)
}

/** Of a zigzag number: a byte for every seven bits. */
function varlongSize(value: number): number {
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  let size = 1
  for (; rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

function bytesSize(value: Uint8Array | null): number {
  return value === null ? 1 : varlongSize(value.length) + value.length
}

function textSize(text: string): number {
  const size = Buffer.byteLength(text)
  return varlongSize(size) + size
}
