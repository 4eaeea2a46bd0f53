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
  const baseOffset = options.baseOffset ?? 0
  const baseTimestampMs = options.deleteHorizonMs ?? records[0]?.timestampMs ?? header.noTimestamp
  let sizeMax = header.batchHeaderSize
  for (const record of records) sizeMax += recordSizeUpperBound(record)
  const plain = new Writer(sizeMax)
  plain.skip(header.batchHeaderSize)
  let lastOffset = baseOffset - 1
  let maxTimestampMs: number = header.noTimestamp
  for (const record of records) {
    const offset = record.offset ?? lastOffset + 1
    assert(offset > lastOffset, 'offsets grow within a batch')
    lastOffset = offset
    const timestampMs = record.timestampMs ?? header.noTimestamp
    maxTimestampMs = Math.max(maxTimestampMs, timestampMs)
    writeRecord(plain, record, { offsetDelta: offset - baseOffset, timestampDeltaMs: timestampMs - baseTimestampMs })
  }
  const nextOffset = options.nextOffset ?? lastOffset + 1
  assert(nextOffset > lastOffset && nextOffset > baseOffset, 'a batch covers an offset at least')
  const codec = options.codec ?? CompressionType.none
  const batch = plain.finishAsOne()
  const facts = { baseOffset, nextOffset, baseTimestampMs, maxTimestampMs, recordCount: records.length, codec }
  const isPlain = codec === CompressionType.none || records.length === 0
  return withHeader(isPlain ? batch : compressed(batch, codec, options.level), facts, options)
}

/** A batch with room for its header, and records that are compressed. */
function compressed(batch: Buffer, codec: CompressionType, level: number | undefined): Buffer {
  return Buffer.concat([
    batch.subarray(0, header.batchHeaderSize),
    compress(codec, batch.subarray(header.batchHeaderSize), level),
  ])
}

/** Bytes that `record` takes in a batch, uncompressed, with small deltas; for deciding when a batch is full. */
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
