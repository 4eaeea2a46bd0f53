/** Bytes of payloads of Avro, as code that is made for a schema writes them. Throws TypeError for a value that does not fit. */
import { Buffer } from 'node:buffer'

/** Many payloads lie in one of these, one behind the other: who keeps one keeps that. */
const slabSize = 16_384
/** A varint of 64 bits. */
const longSizeMax = 10
/** Up to here characters are written one by one, which is faster. */
const shortMax = 64

const eight = new Uint8Array(8)
const doubles = new Float64Array(eight.buffer)
const floats = new Float32Array(eight.buffer)

export class AvroOutput {
  #slab = Buffer.allocUnsafeSlow(slabSize)
  /** Of the payload. */
  #start = 0
  #at = 0

  /** A payload begins, with these bytes. */
  begin(head: Uint8Array): void {
    // What was begun before and came to nothing is written over.
    this.#at = this.#start
    this.raw(head)
  }

  /** What has been written since. */
  done(): Buffer {
    const start = this.#start
    this.#start = this.#at
    return this.#slab.subarray(start, this.#at)
  }

  /** Room for so many bytes behind what is written. */
  #reserve(size: number): void {
    if (this.#at + size <= this.#slab.length) return
    const written = this.#slab.subarray(this.#start, this.#at)
    this.#slab = Buffer.allocUnsafeSlow(Math.max(slabSize, 2 * (written.length + size)))
    this.#slab.set(written)
    this.#start = 0
    this.#at = written.length
  }

  raw(bytes: Uint8Array): void {
    const { length } = bytes
    this.#reserve(length)
    const slab = this.#slab
    let at = this.#at
    if (length > shortMax) slab.set(bytes, at)
    else for (let i = 0; i < length; i++) slab[at + i] = bytes[i] ?? 0
    at += length
    this.#at = at
  }

  /** Of any integer that is exact as a number. */
  #varint(value: number): void {
    this.#reserve(longSizeMax)
    const slab = this.#slab
    let at = this.#at
    if (value >= -0x40000000 && value < 0x40000000) {
      let rest = ((value << 1) ^ (value >> 31)) >>> 0
      while (rest > 0x7f) {
        slab[at++] = (rest & 0x7f) | 0x80
        rest >>>= 7
      }
      slab[at++] = rest
    } else {
      // The sign is the lowest bit, and doubled it may not be exact any more.
      let rest = value < 0 ? -(value + 1) : value
      slab[at++] = (rest % 64) * 2 + (value < 0 ? 1 : 0) + 0x80
      rest = Math.floor(rest / 64)
      while (rest > 0x7f) {
        slab[at++] = (rest % 128) + 0x80
        rest = Math.floor(rest / 128)
      }
      slab[at++] = rest
    }
    this.#at = at
  }

  null(value: unknown): void {
    if (value !== null) misfit()
  }

  int(value: unknown): void {
    if (typeof value !== 'number' || value !== (value | 0)) misfit()
    this.#varint(value)
  }

  long(value: unknown): void {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) misfit()
    this.#varint(value)
  }

  bigint(value: unknown): void {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) misfit()
    this.#reserve(longSizeMax)
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    while (rest > 0x7fn) {
      this.#slab[this.#at++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.#slab[this.#at++] = Number(rest)
  }

  boolean(value: unknown): void {
    if (typeof value !== 'boolean') misfit()
    this.#reserve(1)
    this.#slab[this.#at++] = value ? 1 : 0
  }

  float(value: unknown): void {
    if (typeof value !== 'number') misfit()
    floats[0] = value
    this.#copy(4)
  }

  double(value: unknown): void {
    if (typeof value !== 'number') misfit()
    doubles[0] = value
    this.#copy(8)
  }

  #copy(size: number): void {
    this.#reserve(size)
    const slab = this.#slab
    let at = this.#at
    for (let i = 0; i < size; i++) slab[at++] = eight[i] ?? 0
    this.#at = at
  }

  string(value: unknown): void {
    if (typeof value !== 'string') misfit()
    const { length } = value
    if (length < shortMax) {
      this.#reserve(length + 1)
      const slab = this.#slab
      let at = this.#at
      slab[at++] = length << 1
      let bits = 0
      for (let i = 0; i < length; i++) {
        const code = value.charCodeAt(i)
        bits |= code
        slab[at++] = code
      }
      if (bits < 0x80) {
        this.#at = at
        return
      }
    }
    const size = Buffer.byteLength(value)
    this.#varint(size)
    this.#reserve(size)
    this.#slab.write(value, this.#at, size, 'utf8')
    this.#at += size
  }

  bytes(value: unknown): void {
    if (!Buffer.isBuffer(value)) misfit()
    this.#varint(value.length)
    this.raw(value)
  }

  fixed(value: unknown, size: number): void {
    if (!Buffer.isBuffer(value) || value.length !== size) misfit()
    this.raw(value)
  }

  /** By its place among the symbols. */
  symbol(value: unknown, places: ReadonlyMap<unknown, number>): void {
    const place = places.get(value)
    if (place === undefined) misfit()
    this.#varint(place)
  }

  /** How many items come next, or which branch of a union. */
  count(value: number): void {
    this.#varint(value)
  }
}

/** Where, and what, `avsc` tells. */
function misfit(): never {
  throw new TypeError('a value does not fit its schema')
}
