/**
 * Reads the primitive types of Kafka's protocol from bytes that came from outside. Every length and count is checked
 * against the bytes left before anything is allocated. On the hot path of every request: a `DataView` is made once per
 * receive chunk, views are handed out instead of copies.
 */
import { type Uuid, uuidFromLatin1 } from './uuid.ts'

/** The bytes do not hold what they announce. The connection that sent them is closed (Kafka does the same). */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
}

const two32 = 2 ** 32
const maxSafe = BigInt(Number.MAX_SAFE_INTEGER)
/**
 * Names of topics, ids of clients and members come again and again: short ASCII strings are looked up before they are
 * made. Room for the members of a large group, at up to 0.5 MB.
 */
const internSlots = 8192
const internLengthMax = 40
const interned = new Array<string | undefined>(internSlots)

export class Reader {
  bytes: Buffer
  view: DataView
  position: number
  end: number

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = 0
    this.end = bytes.byteLength
  }

  /** Points at `[start, end)` of `bytes`; keeps the DataView when it is the same chunk as before. */
  reset(bytes: Buffer, start: number, end: number): this {
    if (bytes !== this.bytes) {
      this.bytes = bytes
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    this.position = start
    this.end = end
    return this
  }

  get remaining(): number {
    return this.end - this.position
  }

  /** Moves on by `size` bytes and returns where they start. */
  take(size: number): number {
    const start = this.position
    if (size < 0 || size > this.end - start)
      throw new MalformedError(`${size} bytes announced, ${this.end - start} left`)
    this.position = start + size
    return start
  }

  bool(): boolean {
    return this.i8() !== 0
  }

  i8(): number {
    return this.view.getInt8(this.take(1))
  }

  i16(): number {
    return this.view.getInt16(this.take(2))
  }

  u16(): number {
    return this.view.getUint16(this.take(2))
  }

  i32(): number {
    return this.view.getInt32(this.take(4))
  }

  u32(): number {
    return this.view.getUint32(this.take(4))
  }

  /** Saturates at +-(2^53 - 1): for values that are only compared, or that our own counters bound. */
  i64(): number {
    const start = this.take(8)
    const value = this.view.getInt32(start) * two32 + this.view.getUint32(start + 4)
    if (value > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER
    return Math.max(value, -Number.MAX_SAFE_INTEGER)
  }

  /** Every value as it is: for what is stored or echoed. */
  i64Big(): bigint {
    return this.view.getBigInt64(this.take(8))
  }

  f64(): number {
    return this.view.getFloat64(this.take(8))
  }

  uuid(): Uuid {
    const start = this.take(16)
    return uuidFromLatin1(this.bytes.latin1Slice(start, start + 16))
  }

  /** Unsigned LEB128 of at most 5 bytes, 32 bits. */
  uvarint(): number {
    const first = this.view.getUint8(this.take(1))
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.view.getUint8(this.take(1))
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) {
        if (value >= two32) throw new MalformedError('varint exceeds 32 bits')
        return value
      }
    }
    throw new MalformedError('varint is longer than 5 bytes')
  }

  /** Zigzag of at most 5 bytes. */
  varint(): number {
    // Nearly all are of one byte, or two: these stay small integers.
    const { bytes, position } = this
    const first = bytes[position] ?? 0
    const isShort = first < 0x80
    const length = isShort ? 1 : 2
    if (length <= this.end - position) {
      const second = isShort ? 0 : (bytes[position + 1] ?? 0)
      if (second < 0x80) {
        this.position = position + length
        const short = (first & 0x7f) | (second << 7)
        return (short >>> 1) ^ -(short & 1)
      }
    }
    const value = this.uvarint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** Zigzag of at most 10 bytes, saturating at +-(2^53 - 1). */
  varlong(): number {
    const value = this.varlongBig()
    if (value > maxSafe) return Number.MAX_SAFE_INTEGER
    return value < -maxSafe ? -Number.MAX_SAFE_INTEGER : Number(value)
  }

  varlongBig(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.view.getUint8(this.take(1))
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
    }
    throw new MalformedError('varlong is longer than 10 bytes')
  }

  /** A view of the next `size` bytes, not a copy. */
  slice(size: number): Buffer {
    const start = this.take(size)
    return this.bytes.subarray(start, start + size)
  }

  string(size: number): string {
    const start = this.take(size)
    if (size === 0) return ''
    return size > internLengthMax ? this.bytes.utf8Slice(start, start + size) : this.#interned(start, size)
  }

  #interned(start: number, size: number): string {
    const { bytes } = this
    let hash = size
    for (let i = 0; i < size; i++) hash = (Math.imul(hash, 31) + (bytes[start + i] ?? 0)) | 0
    const slot = (hash ^ (hash >>> 15)) & (internSlots - 1)
    const known = interned[slot]
    if (known !== undefined && known.length === size) {
      let i = 0
      while (i < size && known.charCodeAt(i) === bytes[start + i] && known.charCodeAt(i) < 0x80) i++
      if (i === size) return known
    }
    const text = bytes.utf8Slice(start, start + size)
    interned[slot] = text
    return text
  }

  /** A count of elements that each take at least `sizeMin` bytes (1 for any struct of the protocol that is not empty). */
  count(announced: number, sizeMin = 1): number {
    if (announced * sizeMin > this.end - this.position) {
      throw new MalformedError(`${announced} elements announced, ${this.end - this.position} bytes left`)
    }
    return announced
  }
}
