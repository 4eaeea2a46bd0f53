/**
 * Writes the primitive types of Kafka's protocol. Big payloads are taken by reference, so the result is a list of
 * chunks that go to the socket as they are: nothing is concatenated.
 */
import { assert } from './assert.ts'
import { isRegion, partSizeInBytes, type ReplyPart } from './file-region.ts'
import type { Uuid } from './uuid.ts'

const two32 = 2 ** 32
/** Below this a copy costs less than another chunk. */
const copyMax = 512
/** Up to this a loop over a string costs less than a call that leaves JavaScript, of which other ways need two. */
const shortStringMax = 32

export class Writer {
  #buffer: Buffer
  #view: DataView
  /** Start of the part of `#buffer` that is not yet in `#chunks`. */
  #start = 0
  #position = 0
  #chunks: ReplyPart[] = []
  #sizeBefore = 0

  readonly #capacity: number

  /** Into memory of its own, so many bytes at first, or into that of the caller; more is taken where that is too small. */
  constructor(memory: number | Buffer = 1024) {
    this.#buffer = typeof memory === 'number' ? Buffer.allocUnsafe(memory) : memory
    this.#capacity = this.#buffer.length
    this.#view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#capacity)
  }

  /** Bytes written so far, those by reference included. */
  get size(): number {
    return this.#sizeBefore + this.#position - this.#start
  }

  #room(size: number): number {
    const position = this.#position
    if (position + size > this.#buffer.length) return this.#grow(size)
    this.#position = position + size
    return position
  }

  #grow(size: number): number {
    const open = this.#position - this.#start
    const capacity = Math.max(this.#capacity, (open + size) * 2)
    const bigger = Buffer.allocUnsafe(capacity)
    this.#buffer.copy(bigger, 0, this.#start, this.#position)
    this.#buffer = bigger
    this.#view = new DataView(bigger.buffer, bigger.byteOffset, capacity)
    this.#start = 0
    this.#position = open + size
    return open
  }

  bool(value: boolean): void {
    const position = this.#room(1)
    this.#view.setInt8(position, value ? 1 : 0)
  }

  i8(value: number): void {
    const position = this.#room(1)
    this.#view.setInt8(position, value)
  }

  i16(value: number): void {
    const position = this.#room(2)
    this.#view.setInt16(position, value)
  }

  u16(value: number): void {
    const position = this.#room(2)
    this.#view.setUint16(position, value)
  }

  i32(value: number): void {
    const position = this.#room(4)
    this.#view.setInt32(position, value)
  }

  u32(value: number): void {
    const position = this.#room(4)
    this.#view.setUint32(position, value)
  }

  i64(value: number): void {
    assert(Number.isSafeInteger(value), 'an int64 is written from a safe integer')
    const position = this.#room(8)
    this.#view.setInt32(position, Math.floor(value / two32))
    this.#view.setUint32(position + 4, value >>> 0)
  }

  i64Big(value: bigint): void {
    const position = this.#room(8)
    this.#view.setBigInt64(position, value)
  }

  f64(value: number): void {
    const position = this.#room(8)
    this.#view.setFloat64(position, value)
  }

  uuid(value: Uuid): void {
    const position = this.#room(16)
    this.#buffer.latin1Write(value, position, 16)
  }

  uvarint(value: number): void {
    let rest = value >>> 0
    while (rest >= 0x80) {
      this.#byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.#byte(rest)
  }

  varint(value: number): void {
    this.uvarint(((value << 1) ^ (value >> 31)) >>> 0)
  }

  varlong(value: number): void {
    if (value >= -0x4000_0000 && value < 0x4000_0000) this.varint(value)
    else this.varlongBig(BigInt(value))
  }

  varlongBig(value: bigint): void {
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    while (rest >= 0x80n) {
      this.#byte(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.#byte(Number(rest))
  }

  #byte(value: number): void {
    const position = this.#room(1)
    this.#buffer[position] = value
  }

  /** UTF-8 bytes without a length. */
  text(value: string, byteLength: number): void {
    const position = this.#room(byteLength)
    this.#buffer.utf8Write(value, position, byteLength)
  }

  /**
   * A short string of ASCII, as most are: behind its length in two bytes, or the compact one. False: it is another, and
   * nothing is written.
   */
  shortString(value: string, compact: boolean): boolean {
    const size = value.length
    if (size > shortStringMax) return false
    const start = this.#room(size + (compact ? 1 : 2))
    const buffer = this.#buffer
    let position = start
    if (!compact) buffer[position++] = 0
    buffer[position++] = compact ? size + 1 : size
    let all = 0
    for (let i = 0; i < size; i++) {
      const code = value.charCodeAt(i)
      all |= code
      buffer[position + i] = code
    }
    if (all < 0x80) return true
    this.#position = start
    return false
  }

  /** Leaves room for what is known later; whatever lies there. */
  skip(size: number): void {
    this.#room(size)
  }

  /** Copies. */
  bytes(value: Uint8Array): void {
    const position = this.#room(value.length)
    this.#buffer.set(value, position)
  }

  /** Takes bytes, or a region of a file, by reference: the caller does not change them until they are sent. */
  reference(value: ReplyPart): void {
    if (!isRegion(value) && value.length <= copyMax) {
      this.bytes(value)
      return
    }
    this.#seal()
    this.#chunks.push(value)
    this.#sizeBefore += partSizeInBytes(value)
  }

  #seal(): void {
    if (this.#position === this.#start) return
    this.#chunks.push(this.#buffer.subarray(this.#start, this.#position))
    this.#sizeBefore += this.#position - this.#start
    this.#start = this.#position
  }

  /** Forgets what was written behind the first `size` bytes; until something is written there, `skip` brings it back. */
  cutTo(size: number): void {
    assert(this.#chunks.length === 0 && size <= this.size, 'bytes are cut where they lie together')
    this.#position = this.#start + size
  }

  /** Moves what lies behind the first `size` bytes: on by so many bytes, or back. */
  shiftBehind(size: number, by: number): void {
    assert(this.#chunks.length === 0 && size <= this.size && size + by >= 0, 'bytes move where they lie together')
    const end = this.size
    if (by > 0) this.#room(by)
    else this.#position += by
    this.#buffer.copyWithin(this.#start + size + by, this.#start + size, this.#start + end)
  }

  /** Writes again what lies in [start, end) of what was written. */
  repeat(start: number, end: number): void {
    assert(this.#chunks.length === 0 && start <= end && end <= this.size, 'bytes are repeated where they lie together')
    const position = this.#room(end - start)
    this.#buffer.copyWithin(position, this.#start + start, this.#start + end)
  }

  /** Over what lies behind the first `at` bytes. */
  overI32(at: number, value: number): void {
    assert(this.#chunks.length === 0 && at + 4 <= this.size, 'bytes are changed where they lie together')
    this.#view.setInt32(this.#start + at, value)
  }

  overI64Big(at: number, value: bigint): void {
    assert(this.#chunks.length === 0 && at + 8 <= this.size, 'bytes are changed where they lie together')
    this.#view.setBigInt64(this.#start + at, value)
  }

  /** Hands over everything written, as a list of parts, and starts anew behind it in the same buffer. */
  finish(): ReplyPart[] {
    this.#seal()
    const chunks = this.#chunks
    this.#chunks = []
    this.#sizeBefore = 0
    return chunks
  }

  /** Everything written as one buffer: for records and tests, not for replies. */
  finishAsOne(): Buffer {
    if (this.#chunks.length === 0) {
      const whole = this.#buffer.subarray(this.#start, this.#position)
      this.#start = this.#position
      return whole
    }
    const chunks = this.finish().map((part) => {
      assert(!isRegion(part), 'a region of a file cannot be part of a buffer')
      return part
    })
    return Buffer.concat(chunks)
  }
}
