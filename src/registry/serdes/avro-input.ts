/**
 * The bytes of a payload of Avro, from the first to the last, for code that is made for its schema. Behind the end it
 * reads what came before: who has read it all asks whether it was there. Throws RangeError for what it does not take; who asks `avsc` then is told why.
 */
import { Buffer } from 'node:buffer'
import { ForeignTexts, type MapKey, ShortestTexts, wordsSize } from './avro-known-texts.ts'

/** So many bytes become characters by one call: a string that is kept may keep these. */
const windowSize = 256
/** Longer ones are made by themselves. */
const shortMax = 63
/** Of a long, in bytes. */
const longSizeMax = 10
/** What takes no bytes, as `null`, may be in arrays so often; of all else there is no more than there are bytes. */
const spareItems = 100_000

type Slice = (this: Buffer, start: number, end: number) => string

// What `toString` calls when it has found out the encoding, which takes longer than a short string.
const latin1: Slice = Reflect.get(Buffer.prototype, 'latin1Slice')
const utf8: Slice = Reflect.get(Buffer.prototype, 'utf8Slice')

/** Of a payload, in bytes: longer ones get memory of their own. */
const memorySize = 65_536
/** Behind a payload: words are read from its last byte as well. */
const spareSize = wordsSize
/** The bit of each byte that ASCII has not. */
const highBits = 0x80808080 | 0

/** A copy of a payload: where memory always is the same, and words can be read behind its end, reading is faster. */
class Memory {
  readonly bytes: Buffer
  readonly view: DataView

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size + spareSize)
    this.view = new DataView(this.bytes.buffer)
  }
}

/** Of whoever reads: one payload is read after the other. */
const shared = new Memory(memorySize)

/** The lowest bit is the sign. Throws RangeError where that is not exact. */
function signed(size: number, low: number): number {
  const value = (low & 1) === 0 ? size : -size - 1
  if (Number.isSafeInteger(value)) return value
  throw new RangeError('a long is not exact as a number')
}

export class AvroInput {
  // What the code that is made reads by itself, without a call.
  /** The payload, and what came before. */
  memory = shared.bytes
  view = shared.view
  /** Where the next value begins; the code is told, and tells, where it calls. */
  at = 0
  end = 0
  /** One character a byte, from `windowAt` on. */
  window = ''
  windowAt = 0
  /** Before it, and from the last string that was read here on, each byte is ASCII and in the window. */
  plainEnd = 0
  #windowEnd = 0
  /** The same, but maybe behind the window. */
  #asciiEnd = 0
  readonly #foreign = new ForeignTexts()
  readonly #shortest = new ShortestTexts()
  readonly #makeForeign = (): string => utf8.call(this.memory, this.#foreignAt, this.at)
  #foreignAt = 0
  #itemsLeft = 0

  /** A payload begins; it ends where the bytes do. */
  begin(bytes: Buffer, from: number): void {
    const { length } = bytes
    const { bytes: own, view } = length > memorySize ? new Memory(length) : shared
    this.memory = own
    this.view = view
    own.set(bytes)
    // Who looks for the end of ASCII ends here.
    view.setInt32(length, highBits, true)
    this.at = from
    this.end = length
    this.#asciiEnd = 0
    this.plainEnd = 0
    this.#windowEnd = 0
    this.#itemsLeft = length - from + spareItems
  }

  /** Throws RangeError where it was shorter than what has been read, or is longer. */
  done(): void {
    this.memory = shared.bytes
    this.view = shared.view
    if (this.at !== this.end) throw new RangeError('the payload ends elsewhere')
  }

  /** Throws RangeError for one of more than 32 bits. */
  int(): number {
    const value = this.long()
    if ((value | 0) !== value) throw new RangeError('an int has more than 32 bits')
    return value
  }

  /** A `long` that is exact as a number. */
  long(): number {
    const first = this.memory[this.at++] ?? 0
    // The lowest bit is the sign.
    return first < 0x80 ? (first >>> 1) ^ -(first & 1) : this.#longer(first)
  }

  /** 28 bits at a time. */
  #longer(first: number): number {
    const bytes = this.memory
    let at = this.at
    let low = first & 0x7f
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = bytes[at++] ?? 0
      low |= (byte & 0x7f) << shift
      if (byte >= 0x80) continue
      this.at = at
      return (low >>> 1) ^ -(low & 1)
    }
    let high = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[at++] ?? 0
      high |= (byte & 0x7f) << shift
      if (byte >= 0x80) continue
      this.at = at
      return signed(high * 2 ** 27 + (low >>> 1), low)
    }
    // What has nine bytes or ten is exact only where there is nothing in the last.
    const ninth = bytes[at++] ?? 0
    const tenth = ninth < 0x80 ? 0 : (bytes[at++] ?? 0)
    if ((ninth & 0x7f) !== 0 || tenth !== 0) throw new RangeError('a long is not exact as a number')
    this.at = at
    return signed(high * 2 ** 27 + (low >>> 1), low)
  }

  /** Any `long`. */
  bigint(): bigint {
    const start = this.at
    const end = Math.min(start + longSizeMax, this.end)
    let value = 0n
    let shift = 0n
    for (let at = start; at < end; at++) {
      const byte = this.memory[at] ?? 0
      value |= BigInt(byte & 0x7f) << shift
      shift += 7n
      if (byte >= 0x80) continue
      this.at = at + 1
      return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
    }
    throw new RangeError('a long has no end')
  }

  boolean(): boolean {
    return (this.memory[this.at++] ?? 0) !== 0
  }

  float(): number {
    const at = this.at
    this.at = at + 4
    if (this.at > this.end) throw new RangeError('a float is cut off')
    return this.view.getFloat32(at, true)
  }

  double(): number {
    const at = this.at
    this.at = at + 8
    if (this.at > this.end) throw new RangeError('a double is cut off')
    return this.view.getFloat64(at, true)
  }

  /** A string of ASCII in the window, from the byte that tells its size. */
  shortest(start: number, end: number): string {
    return this.#shortest.at(start, end, this)
  }

  string(): string {
    const bytes = this.memory
    const first = bytes[this.at] ?? 0
    // The size of a short one is a byte, twice.
    if (first > 2 * shortMax || (first & 1) !== 0) return this.#otherString()
    const start = this.at + 1
    const end = start + (first >>> 1)
    this.at = end
    if (end > this.#windowEnd) this.#move(start, end)
    if (end > this.plainEnd && !this.#isPlain(start, end)) return this.#foreignString(start, end)
    return this.window.substring(start - this.windowAt, end - this.windowAt)
  }

  /** Whether these bytes, which are in the window, are ASCII. */
  #isPlain(start: number, end: number): boolean {
    if (start > this.#asciiEnd) this.#asciiEnd = this.#foreignFrom(start)
    this.plainEnd = Math.min(this.#asciiEnd, this.#windowEnd)
    return end <= this.#asciiEnd
  }

  /** The first byte from there on that is no ASCII, however far: mostly what lies between is the next strings. */
  #foreignFrom(start: number): number {
    const { view } = this
    let at = start
    let high = view.getInt32(at, true) & highBits
    while (high === 0) {
      at += 4
      high = view.getInt32(at, true) & highBits
    }
    // The lowest byte is the first.
    return at + ((31 - Math.clz32(high & -high)) >> 3)
  }

  #foreignString(start: number, end: number): string {
    const size = end - start
    if (size >= wordsSize) return utf8.call(this.memory, start, end)
    this.#foreignAt = start
    return this.#foreign.at(start, size, { view: this.view, make: this.#makeForeign })
  }

  #otherString(): string {
    const size = this.long()
    const start = this.at
    this.at = start + size
    if (size < 0 || this.at > this.end) throw new RangeError('a string is longer than the payload')
    return utf8.call(this.memory, start, this.at)
  }

  /** The next string, where there is not the known one of its place. */
  key(known?: MapKey): string {
    const start = this.at
    const key = this.string()
    // An assignment would set the prototype.
    if (key === '__proto__') throw new RangeError('a key that is no property')
    // Of one that is no ASCII the characters are not its bytes.
    return known !== undefined && this.at === start + 1 + key.length ? known.learned(key) : key
  }

  /** The window, to where a string lies. */
  #move(start: number, end: number): void {
    if (end > this.end) throw new RangeError('a string is longer than the payload')
    this.windowAt = start
    this.#windowEnd = Math.min(start + windowSize, this.end)
    this.window = latin1.call(this.memory, start, this.#windowEnd)
  }

  /** A copy. */
  bytes(): Buffer {
    return this.fixed(this.long())
  }

  fixed(size: number): Buffer {
    const start = this.at
    const end = start + size
    if (size < 0 || end > this.end) throw new RangeError('bytes are more than the payload has')
    this.at = end
    const copy = Buffer.allocUnsafe(size)
    this.memory.copy(copy, 0, start, end)
    return copy
  }

  null(): null {
    return null
  }

  symbol(symbols: readonly string[]): string {
    const symbol = symbols[this.long()]
    if (symbol === undefined) throw new RangeError('there is no such symbol')
    return symbol
  }

  /** How many items of an array or map come next; 0: no more. */
  block(): number {
    const told = this.long()
    // Behind a negative count stands how many bytes they are.
    if (told < 0) this.long()
    const count = Math.abs(told)
    this.#itemsLeft -= count
    if (this.#itemsLeft < 0) throw new RangeError('an array or map has more items than the payload has room for')
    return count
  }
}
