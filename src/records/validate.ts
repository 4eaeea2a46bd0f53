/**
 * Validates what a client produces to one partition, where it lies: nothing is copied, nothing changed. On the path of
 * every produce. Answers as Kafka does, and in the order Kafka looks. Results are plain data, so that the same check
 * can run in a worker. A topic that has a codec of its own gets the batch anew, made in the same pass. Sequences and
 * epochs of producers are the log's to check.
 */

import { ApiError, viewOf } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import * as header from './batch-header.ts'
import { CompressionError, compress, decompressPieces, decompressSlowly } from './codecs/index.ts'
import type { PieceUse } from './codecs/piece-use.ts'
import type { TargetCompression } from './compression-type.ts'
import { CompressionType, compressionType } from './compression-type.ts'
import { compressPieces, conversionTarget, convertedBatch, inlinePlainMax } from './convert.ts'
import type { RecordError, TopicRules } from './record-rules.ts'
import { RecordRules } from './record-rules.ts'
import { RecordWalker } from './record-walker.ts'

export interface ValidBatch {
  readonly kind: 'valid'
  /** The batch is `[0, sizeInBytes)` of the records; a torn rest behind it, shorter than a batch, is to be left out. */
  readonly sizeInBytes: number
  readonly recordCount: number
  readonly lastOffsetDelta: number
  /** That it came in. */
  readonly codec: CompressionType
  /** What the log's time index gets: the largest timestamp of a record, or now with LogAppendTime; -1 for none. */
  readonly maxTimestampMs: number
  /** Offset delta of the first record that has it; -1 for none. */
  readonly offsetDeltaOfMaxTimestamp: number
  /** The batch in the codec of its topic, when it came in another: to be appended instead. */
  readonly converted?: Uint8Array
}

export interface InvalidBatch {
  readonly kind: 'invalid'
  /** Kafka's code. */
  readonly code: number
  readonly message: string
  readonly recordErrors: readonly RecordError[]
}

/** Everything but the compressed records was checked and is right; they are too much for the event loop. */
export interface UnfinishedBatch {
  readonly kind: 'unfinished'
}

export interface ValidateOptions {
  readonly topic: TopicRules
  readonly nowMs: number
}

/** Compressed records of more than this, before or after, are not looked at on the event loop (about two milliseconds). */
const inlineSizeMax = 1024 * 1024
/** Nor are those in more pieces: blocks of snappy and lz4 that hold nothing cost a call each. Writers make 32 of a MB. */
const inlinePiecesMax = 256
/** What a piece costs at least, in the currency of the budget: one that holds nothing is a call all the same. */
const pieceCostMin = inlineSizeMax / inlinePiecesMax
/** What the batches of one request together may take of the loop. */
const inlineRequestSizeMax = 4 * inlineSizeMax
/** What compressing costs, in the same currency, when it takes as long as it may: a millisecond; and at least. */
const conversionCostMax = inlineSizeMax / 2
const conversionCostMin = conversionCostMax / 16

/** What one request may still have decompressed on the event loop: a batch of 100 bytes can cost a millisecond. */
export class InlineBudget {
  #leftBytes = inlineRequestSizeMax

  get limitBytes(): number {
    return Math.min(inlineSizeMax, this.#leftBytes)
  }

  spend(sizeInBytes: number): void {
    this.#leftBytes = Math.max(0, this.#leftBytes - sizeInBytes)
  }

  spendPiece(sizeInBytes: number): void {
    this.spend(Math.max(sizeInBytes, pieceCostMin))
  }

  /** `part`: of what may be compressed at once. */
  spendConversion(part: number): void {
    this.spend(Math.max(part * conversionCostMax, conversionCostMin))
  }
}
const noErrors: readonly RecordError[] = []

/**
 * Validates one partition's `records`. Synchronous and short: an `unfinished` answer asks for `validateSlowly` in a
 * worker. A valid batch is to be given its timestamps with `stampBatch` before its offsets.
 */
export function validateProduced(
  records: Uint8Array,
  { topic, nowMs, budget = new InlineBudget() }: ValidateOptions & { readonly budget?: InlineBudget },
): ValidBatch | InvalidBatch | UnfinishedBatch {
  return answer(() => {
    const view = viewOf(records)
    const size = checkOnlyBatch(view, records.length)
    const codec = checkHeader(records, view, { size, topic })
    const pass = new Walk(view, { codec, size, topic, nowMs })
    const target = conversionTarget(codec, topic)
    if (target !== undefined) return convertInline(pass, { records, target, budget })
    if (codec === 0) {
      pass.feed(records, header.batchHeaderSize, size)
      return pass.finish()
    }
    if (size > inlineSizeMax) return { kind: 'unfinished' }
    const compressed = records.subarray(header.batchHeaderSize, size)
    return feedInline(pass, { codec, compressed, budget }) ? pass.finish() : { kind: 'unfinished' }
  })
}

interface InlineConversion {
  readonly records: Uint8Array
  readonly target: TargetCompression
  readonly budget: InlineBudget
}

function convertInline(pass: Walk, { records, target, budget }: InlineConversion): ValidBatch | UnfinishedBatch {
  const { codec, size } = pass
  const plainMax = inlinePlainMax(target)
  const compressed = records.subarray(header.batchHeaderSize, size)
  if (compressed.length > plainMax) return { kind: 'unfinished' }
  const pieces: Uint8Array[] = []
  const both = {
    feed(piece: Uint8Array): void {
      pass.feed(piece)
      pieces.push(piece)
    },
  }
  if (!feedInline(both, { codec, compressed, budget, plainMax, use: 'kept' })) return { kind: 'unfinished' }
  const valid = pass.finish()
  const plain = Buffer.concat(pieces)
  budget.spendConversion(plain.length / plainMax)
  return pass.converted(valid, { records, target, payload: [compress(target.codec, plain, target.level)] })
}

interface InlineRequest {
  readonly codec: CompressionType
  readonly compressed: Uint8Array
  readonly budget: InlineBudget
  /** Plain bytes, when it is less than what the budget has. */
  readonly plainMax?: number
  readonly use?: PieceUse
}

/** False when it is too much for the caller's thread. */
function feedInline(pass: Pick<Walk, 'feed'>, request: InlineRequest): boolean {
  const { codec, compressed, budget, plainMax = inlineSizeMax, use = 'once' } = request
  const limitBytes = Math.min(budget.limitBytes, plainMax)
  if (limitBytes === 0) return false
  let pieces = 0
  try {
    for (const piece of decompressPieces(codec, compressed, limitBytes, use)) {
      if (++pieces > inlinePiecesMax) return false
      budget.spendPiece(piece.length)
      pass.feed(piece)
    }
    return true
  } catch (error) {
    if (!(error instanceof CompressionError)) throw error
    // How much was made before it was found to be too much, or no good, is not known: as much as may be.
    budget.spend(limitBytes)
    if (error.reason === 'limit') return false
    throw error
  }
}

/**
 * The job for a worker: the same for a batch of which `validateProduced` said `unfinished`, with at most
 * `decompressedLimitBytes` of plain records, of which only a piece is held at a time. Takes and gives plain data.
 */
export async function validateSlowly(
  records: Uint8Array,
  options: ValidateOptions & { readonly decompressedLimitBytes: number },
): Promise<ValidBatch | InvalidBatch> {
  try {
    const { topic, decompressedLimitBytes } = options
    const view = viewOf(records)
    const size = checkOnlyBatch(view, records.length)
    const codec = checkHeader(records, view, { size, topic })
    const walk = new Walk(view, { codec, size, ...options })
    const compressed = records.subarray(header.batchHeaderSize, size)
    const pieces = decompressSlowly(codec, compressed, decompressedLimitBytes)
    const target = conversionTarget(codec, topic)
    if (target === undefined) {
      for await (const piece of pieces) walk.feed(piece)
      return walk.finish()
    }
    const plainSize = codec === CompressionType.none ? compressed.length : undefined
    const feed = (piece: Uint8Array): void => walk.feed(piece)
    const payload = await compressPieces({ target, topic, plainSize, pieces, feed })
    return walk.converted(walk.finish(), { records, target, payload })
  } catch (error) {
    return refusalOf(error)
  }
}

/** Sets timestamp type and maximum timestamp of a valid batch as the topic wants them; mostly there is nothing to do. */
export function stampBatch(records: Uint8Array, batch: ValidBatch, timestampType: header.TimestampType): void {
  const view = viewOf(records)
  if (timestampType === header.TimestampType.logAppendTime) {
    header.patchLogAppendTime(records, view, 0, batch.maxTimestampMs)
  } else if (header.isExactTimestamp(batch.maxTimestampMs)) {
    header.patchMaxTimestamp(records, view, 0, batch.maxTimestampMs)
  }
}

function answer<T extends { readonly kind: string }>(check: () => T): T | InvalidBatch {
  try {
    return check()
  } catch (error) {
    return refusalOf(error)
  }
}

/** What the peer is told; throws what is not its fault. */
function refusalOf(error: unknown): InvalidBatch {
  if (error instanceof RejectedError) return error.answer
  if (error instanceof ApiError) return refusal(error.code, error.message)
  if (!(error instanceof CompressionError)) throw error
  return error.reason === 'limit'
    ? refusal(ErrorCode.MESSAGE_TOO_LARGE, `The records of the batch are ${error.message}`)
    : refusal(ErrorCode.UNKNOWN_SERVER_ERROR, `Failed to decompress record stream: ${error.message}`)
}

function refusal(code: number, message: string): InvalidBatch {
  return { kind: 'invalid', code, message, recordErrors: noErrors }
}

class RejectedError extends Error {
  readonly answer: InvalidBatch

  constructor(answer: InvalidBatch) {
    super(answer.message)
    this.answer = answer
  }
}

/** The size of the whole batch at `position`, 0 when only the beginning of one is there. */
function batchSizeAt(view: DataView, position: number, end: number): number {
  if (end - position < header.logOverhead) return 0
  const length = header.batchLength(view, position)
  if (length < header.recordOverheadMin) {
    throw new ApiError(
      ErrorCode.CORRUPT_MESSAGE,
      `Found record size ${length} smaller than minimum record overhead (${header.recordOverheadMin})`,
    )
  }
  if (end - position < header.headerSizeUpToMagic) return 0
  const magic = header.magic(view, position)
  if (magic < 0 || magic > 2) throw new ApiError(ErrorCode.CORRUPT_MESSAGE, `Invalid magic found in record: ${magic}`)
  return length + header.logOverhead > end - position ? 0 : length + header.logOverhead
}

function checkOnlyBatch(view: DataView, end: number): number {
  const size = batchSizeAt(view, 0, end)
  if (size === 0) {
    throw new ApiError(ErrorCode.INVALID_RECORD, 'Produce requests must have at least one record batch per partition')
  }
  if (header.magic(view, 0) !== 2) {
    throw new ApiError(
      ErrorCode.INVALID_RECORD,
      'Produce requests are only allowed to contain record batches with magic version 2',
    )
  }
  if (batchSizeAt(view, size, end) !== 0) {
    throw new ApiError(
      ErrorCode.INVALID_RECORD,
      'Produce requests are only allowed to contain exactly one record batch per partition',
    )
  }
  return size
}

interface HeaderOptions {
  readonly size: number
  readonly topic: TopicRules
}

function checkHeader(records: Uint8Array, view: DataView, { size, topic }: HeaderOptions): CompressionType {
  if (size < header.batchHeaderSize) {
    throw new ApiError(
      ErrorCode.CORRUPT_MESSAGE,
      `Batch of ${size} bytes is smaller than its header in topic partition ${topic.topicPartition}`,
    )
  }
  const baseOffset = header.baseOffset(view, 0)
  if (baseOffset !== 0) {
    throw new ApiError(
      ErrorCode.INVALID_RECORD,
      `The baseOffset of the record batch in the append to ${topic.topicPartition} should be 0, but it is ${baseOffset}`,
    )
  }
  if (size > topic.maxMessageBytes) {
    throw new ApiError(
      ErrorCode.MESSAGE_TOO_LARGE,
      `The record batch size in the append to ${topic.topicPartition} is ${size} bytes ` +
        `which exceeds the maximum configured value of ${topic.maxMessageBytes}.`,
    )
  }
  if (!header.isCrcValid(records, view, 0)) {
    throw new ApiError(
      ErrorCode.CORRUPT_MESSAGE,
      `Record is corrupt (stored crc = ${header.storedCrc(view, 0)}) in topic partition ${topic.topicPartition}.`,
    )
  }
  const codec = compressionType(header.codecId(view, 0))
  if (codec === undefined) {
    throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, `Unknown compression type id: ${header.codecId(view, 0)}`)
  }
  checkCounts(view, topic.topicPartition)
  return codec
}

function checkCounts(view: DataView, topicPartition: string): void {
  const lastOffsetDelta = header.lastOffsetDelta(view, 0)
  const count = header.recordCount(view, 0)
  const where = `in topic partition ${topicPartition}`
  if (lastOffsetDelta < 0) {
    throw new ApiError(ErrorCode.INVALID_RECORD, `Batch has an invalid offset range: [0, ${lastOffsetDelta}] ${where}`)
  }
  if (count <= 0)
    throw new ApiError(ErrorCode.INVALID_RECORD, `Invalid reported count for record batch: ${count} ${where}`)
  if (count !== lastOffsetDelta + 1) {
    throw new ApiError(
      ErrorCode.INVALID_RECORD,
      `Inconsistent batch offset range [0, ${lastOffsetDelta}] and count of records ${count} ${where}`,
    )
  }
  if (header.isControl(view, 0)) {
    throw new ApiError(ErrorCode.INVALID_RECORD, `Clients are not allowed to write control records ${where}`)
  }
  const sequence = header.baseSequence(view, 0)
  if (header.hasProducerId(view, 0) && sequence < 0) {
    throw new ApiError(
      ErrorCode.INVALID_RECORD,
      `Invalid sequence number ${sequence} in record batch with producerId ${header.producerId(view, 0)} ${where}`,
    )
  }
}

interface WalkRequest extends ValidateOptions {
  readonly codec: CompressionType
  readonly size: number
}

interface Conversion {
  readonly records: Uint8Array
  readonly target: TargetCompression
  readonly payload: readonly Uint8Array[]
}

/** One pass over the plain records of a batch, which come in pieces. */
class Walk {
  readonly #request: WalkRequest
  readonly #rules: RecordRules
  readonly #walker: RecordWalker
  readonly #recordCount: number

  constructor(view: DataView, request: WalkRequest) {
    const { topic, nowMs } = request
    const isBatchLogAppendTime = header.timestampType(view, 0) === header.TimestampType.logAppendTime
    this.#request = request
    this.#rules = new RecordRules(topic, { nowMs, isBatchLogAppendTime })
    this.#recordCount = header.recordCount(view, 0)
    this.#walker = new RecordWalker({
      recordCount: this.#recordCount,
      baseTimestampMs: header.baseTimestamp(view, 0),
      logAppendTimeMs: isBatchLogAppendTime ? header.maxTimestamp(view, 0) : undefined,
      rules: this.#rules,
    })
  }

  get codec(): CompressionType {
    return this.#request.codec
  }

  get size(): number {
    return this.#request.size
  }

  feed(piece: Uint8Array, start = 0, end = piece.length): void {
    this.#walker.feed(piece, start, end)
  }

  finish(): ValidBatch {
    this.#walker.finish()
    const rejected = this.#rules.rejected()
    if (rejected !== undefined) throw new RejectedError({ kind: 'invalid', ...rejected })
    const { codec, size, topic, nowMs } = this.#request
    const recordCount = this.#recordCount
    const isLogAppendTime = topic.timestampType === header.TimestampType.logAppendTime
    return {
      kind: 'valid',
      sizeInBytes: size,
      recordCount,
      lastOffsetDelta: recordCount - 1,
      codec,
      maxTimestampMs: isLogAppendTime ? nowMs : this.#walker.maxTimestampMs,
      // As Kafka: all records have the same time then, and it names the last one of plain, the first one of compressed.
      offsetDeltaOfMaxTimestamp: isLogAppendTime
        ? codec === 0
          ? recordCount - 1
          : 0
        : this.#walker.offsetDeltaOfMaxTimestamp,
    }
  }

  converted(valid: ValidBatch, { records, target, payload }: Conversion): ValidBatch {
    const { topic } = this.#request
    const { maxTimestampMs } = valid
    const converted = convertedBatch(records, payload, { topic, codec: target.codec, maxTimestampMs })
    if (topic.timestampType === header.TimestampType.createTime) return { ...valid, converted }
    // Again as Kafka: what is built anew names the last record.
    return { ...valid, offsetDeltaOfMaxTimestamp: valid.lastOffsetDelta, converted }
  }
}
