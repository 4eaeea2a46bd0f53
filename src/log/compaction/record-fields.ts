/**
 * Walks the records in the plain bytes of a batch and tells where their parts lie: compaction looks at keys and copies what
 * stays, and decodes nothing else. Makes no object per record. Pure.
 */
import { MalformedError } from '../../base/index.ts'

const varintSizeMax = 5
const varlongSizeMax = 10
/** Up to here a varlong is exact as a number. */
const exactSizeMax = 7

export class RecordFields {
  /** Of the record, its length field included. */
  start = 0
  end = 0
  /** Where its timestamp delta lies: [timestampAt, offsetDeltaAt). */
  timestampAt = 0
  offsetDeltaAt = 0
  timestampDelta: number | bigint = 0
  offsetDelta = 0
  keyAt = 0
  /** -1 without a key. */
  keySize = -1
  hasValue = false
  #bytes: Uint8Array
  #at = 0
  #limit = 0

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = bytes
  }

  /** Starts anew before the first record of `bytes[start, end)`. */
  reset(bytes: Uint8Array, start: number, end: number): this {
    this.#bytes = bytes
    this.#at = start
    this.#limit = end
    return this
  }

  /** Moves to the next record; false behind the last. Throws MalformedError. */
  next(): boolean {
    if (this.#at === this.#limit) return false
    this.start = this.#at
    const size = this.#varint()
    const body = this.#at
    this.end = body + size
    if (size < 0 || this.end > this.#limit) throw new MalformedError(`a record of ${size} bytes is not whole`)
    // Attributes: nothing is defined of them.
    this.timestampAt = body + 1
    this.#at = this.timestampAt
    this.timestampDelta = this.#varlong()
    this.offsetDeltaAt = this.#at
    this.offsetDelta = this.#varint()
    this.keySize = this.#varint()
    this.keyAt = this.#at
    if (this.keySize > 0) this.#at += this.keySize
    if (this.#at > this.end) throw new MalformedError('a key is longer than its record')
    this.hasValue = this.#varint() >= 0
    if (this.#at > this.end) throw new MalformedError('a record is shorter than its fields')
    this.#at = this.end
    return true
  }

  #varint(): number {
    const bytes = this.#bytes
    let value = 0
    for (let size = 0; size < varintSizeMax && this.#at < this.#limit; size++) {
      const byte = bytes[this.#at++] ?? 0
      value |= (byte & 0x7f) << (7 * size)
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    throw new MalformedError('a varint does not end')
  }

  #varlong(): number | bigint {
    const bytes = this.#bytes
    const start = this.#at
    let value = 0
    for (let size = 0, scale = 1; size < exactSizeMax && this.#at < this.#limit; size++, scale *= 128) {
      const byte = bytes[this.#at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    this.#at = start
    return this.#varlongBig()
  }

  #varlongBig(): bigint {
    let value = 0n
    for (let size = 0; size < varlongSizeMax && this.#at < this.#limit; size++) {
      const byte = this.#bytes[this.#at++] ?? 0
      value |= BigInt(byte & 0x7f) << BigInt(7 * size)
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
    }
    throw new MalformedError('a varlong does not end')
  }
}
