/**
 * Walks the records of one batch by their lengths, in the plain bytes or in the pieces that decompression gives, and
 * makes no object of any. On the path of every produce. A record that lies whole in a piece takes the fast way; one
 * that reaches over the end of a piece is read by a generator that waits for more.
 */

import { ApiError } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import { noTimestamp } from './batch-header.ts'
import type { RecordRules } from './record-rules.ts'

const varintSizeMax = 5
const varlongSizeMax = 10

const noBytes: Uint8Array = new Uint8Array(0)

export interface WalkOptions {
  readonly recordCount: number
  /** What the timestamp deltas are relative to. */
  readonly baseTimestampMs: number
  /** The timestamp of every record when the batch says LogAppendTime. */
  readonly logAppendTimeMs: number | undefined
  readonly rules: RecordRules
}

function invalid(message: string): ApiError {
  return new ApiError(ErrorCode.INVALID_RECORD, message)
}

export class RecordWalker {
  readonly #options: WalkOptions
  #bytes = noBytes
  #at = 0
  /** No read goes past it: the end of the record, or of the piece for a record in pieces. */
  #end = 0
  #count = 0
  #maxTimestampMs = noTimestamp
  #offsetDeltaOfMaxTimestamp = -1
  /** The record that the last piece ended in. */
  #open: Generator<void, void, void> | undefined
  /** Bytes taken of the open record, its length field not counted. */
  #taken = 0

  constructor(options: WalkOptions) {
    this.#options = options
  }

  get maxTimestampMs(): number {
    return this.#maxTimestampMs
  }

  /** Of the first record that has the maximum timestamp; -1 when no record has a timestamp. */
  get offsetDeltaOfMaxTimestamp(): number {
    return this.#offsetDeltaOfMaxTimestamp
  }

  /** Goes on in `bytes[start, end)`. Throws an `ApiError` at a record that is not one. */
  feed(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
    if (this.#open !== undefined && !this.#resume(this.#open)) return
    while (this.#at < end) {
      if (this.#count >= this.#options.recordCount)
        throw invalid('Incorrect declared batch size, records still remaining')
      if (!this.#whole(end)) {
        this.#end = end
        if (!this.#resume(this.#inPieces())) return
      }
    }
  }

  /** Call at the end of the records. Throws an `ApiError` when some are missing. */
  finish(): void {
    if (this.#open !== undefined || this.#count < this.#options.recordCount) {
      throw invalid('Incorrect declared batch size, premature EOF reached')
    }
  }

  /** Reads one record if it lies whole before `end`; else moves nothing and returns false. */
  #whole(end: number): boolean {
    const start = this.#at
    if (end - start < varintSizeMax) return false
    const size = this.#varint()
    const recordEnd = this.#at + size
    if (recordEnd > end) {
      this.#at = start
      return false
    }
    this.#end = recordEnd
    this.#take(1)
    const timestampDeltaMs = this.#varlong()
    const offsetDelta = this.#varint()
    const keySize = this.#varint()
    if (keySize > 0) this.#take(keySize)
    const valueSize = this.#varint()
    if (valueSize > 0) this.#take(valueSize)
    for (let left = this.#headerCount(this.#varint(), recordEnd - this.#at); left > 0; left--) {
      this.#take(headerKeySize(this.#varint()))
      const headerValueSize = this.#varint()
      if (headerValueSize > 0) this.#take(headerValueSize)
    }
    if (this.#at !== recordEnd) throw wrongSize(size, size - (recordEnd - this.#at))
    this.#end = end
    this.#record(timestampDeltaMs, offsetDelta, keySize >= 0)
    return true
  }

  #record(timestampDeltaMs: number, offsetDelta: number, hasKey: boolean): void {
    const { baseTimestampMs, logAppendTimeMs, rules } = this.#options
    const index = this.#count++
    if (offsetDelta !== index) throw invalid(`Record ${index} of the batch has the offset delta ${offsetDelta}`)
    const timestampMs = logAppendTimeMs ?? baseTimestampMs + timestampDeltaMs
    if (timestampMs > this.#maxTimestampMs) {
      this.#maxTimestampMs = timestampMs
      this.#offsetDeltaOfMaxTimestamp = index
    }
    rules.check(index, hasKey, timestampMs)
  }

  #headerCount(count: number, leftBytes: number): number {
    // A header takes two bytes at least: key size and value size.
    if (count < 0 || count > leftBytes / 2) throw invalid(`Found invalid number of record headers ${count}`)
    return count
  }

  #take(size: number): void {
    if (size > this.#end - this.#at) throw invalid('Found invalid record structure')
    this.#at += size
  }

  #byte(): number {
    if (this.#at >= this.#end) throw invalid('Found invalid record structure')
    return this.#bytes[this.#at++] ?? 0
  }

  #varint(): number {
    let byte = this.#byte()
    let value = byte & 0x7f
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (shift > 28) throw invalid('Varint is too long')
      byte = this.#byte()
      value |= (byte & 0x7f) << shift
    }
    return (value >>> 1) ^ -(value & 1)
  }

  #varlong(): number {
    let byte = this.#byte()
    let value = byte & 0x7f
    let scale = 128
    for (let size = 1; byte >= 0x80; size++) {
      if (size === varlongSizeMax) throw invalid('Varlong is too long')
      byte = this.#byte()
      value += (byte & 0x7f) * scale
      scale *= 128
    }
    return unzigzag(value)
  }

  /** Lets the record in pieces go on; true when it came to its end in this piece. */
  #resume(record: Generator<void, void, void>): boolean {
    const isDone = record.next().done === true
    this.#open = isDone ? undefined : record
    return isDone
  }

  *#inPieces(): Generator<void, void, void> {
    const size = yield* this.#varintInPieces()
    this.#taken = 0
    if (size < 0) throw wrongSize(size, 0)
    yield* this.#skip(1, size)
    const timestampDeltaMs = unzigzag(yield* this.#unsignedInPieces(varlongSizeMax))
    const offsetDelta = yield* this.#varintInPieces()
    const keySize = yield* this.#varintInPieces()
    yield* this.#skip(keySize, size)
    yield* this.#skip(yield* this.#varintInPieces(), size)
    const headerCount = yield* this.#varintInPieces()
    for (let left = this.#headerCount(headerCount, size - this.#taken); left > 0; left--) {
      yield* this.#skip(headerKeySize(yield* this.#varintInPieces()), size)
      yield* this.#skip(yield* this.#varintInPieces(), size)
    }
    if (this.#taken !== size) throw wrongSize(size, this.#taken)
    this.#record(timestampDeltaMs, offsetDelta, keySize >= 0)
  }

  *#skip(size: number, recordSize: number): Generator<void, void, void> {
    if (size > recordSize - this.#taken) throw invalid('Found invalid record structure')
    for (let left = size; left > 0; ) {
      const here = Math.min(left, this.#end - this.#at)
      this.#at += here
      this.#taken += here
      left -= here
      if (left > 0) yield
    }
  }

  *#varintInPieces(): Generator<void, number, void> {
    return unzigzag((yield* this.#unsignedInPieces(varintSizeMax)) % 2 ** 32)
  }

  *#unsignedInPieces(sizeMax: number): Generator<void, number, void> {
    let value = 0
    for (let size = 0; size < sizeMax; size++) {
      while (this.#at === this.#end) yield
      const byte = this.#bytes[this.#at++] ?? 0
      this.#taken++
      value += (byte & 0x7f) * 2 ** (7 * size)
      if (byte < 0x80) return value
    }
    throw invalid('Varint is too long')
  }
}

/** Exact below 2^53; what is beyond is only compared. */
function unzigzag(value: number): number {
  const half = value % 2 === 0 ? value / 2 : -(value + 1) / 2
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, half))
}

function headerKeySize(size: number): number {
  if (size < 0) throw invalid(`Invalid negative header key size ${size}`)
  return size
}

function wrongSize(announced: number, read: number): ApiError {
  return invalid(`Invalid record size: expected to read ${announced} bytes in record payload, but instead read ${read}`)
}
