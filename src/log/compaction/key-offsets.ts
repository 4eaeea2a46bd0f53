/**
 * The newest offset of each key of a log, in one piece of shared memory: slots of 24 bytes, a 128-bit keyed hash and the
 * offset. Two keys with the same hash would cost a record, so the hash has a secret of its own for every compaction: nobody
 * can send keys that meet. Pure; a job fills it, the next one asks it.
 */
import { assert } from '../../base/index.ts'

const wordsPerSlot = 6
const bytesPerSlot = wordsPerSlot * 4
const headerWords = 4
const countAt = 0
const limitAt = 1
const secretAt = 2
const two32 = 2 ** 32
const slotsMin = 1024

export interface KeyOffsetsOptions {
  /** At most this many bytes of slots. */
  readonly bytes: number
  /** The part of the slots, of (0, 1], that may be taken. */
  readonly loadFactor: number
  readonly secret: readonly [number, number]
}

/** The hash of the last `hash` call: four words instead of an object per record. */
let h0 = 0
let h1 = 0
let h2 = 0
let h3 = 0

export class KeyOffsets {
  readonly memory: SharedArrayBuffer
  readonly #words: Uint32Array
  readonly #slots: number

  /** Of another one's memory. */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#words = new Uint32Array(memory)
    this.#slots = Math.floor((this.#words.length - headerWords) / wordsPerSlot)
  }

  static create({ bytes, loadFactor, secret }: KeyOffsetsOptions): KeyOffsets {
    const slots = Math.max(slotsMin, Math.floor(bytes / bytesPerSlot))
    const made = new KeyOffsets(new SharedArrayBuffer(headerWords * 4 + slots * bytesPerSlot))
    // A search ends at a free slot: one stays free, whatever the configuration says.
    made.#words[limitAt] = Math.min(slots - 1, Math.max(1, Math.floor(slots * loadFactor)))
    made.#words.set(secret, secretAt)
    return made
  }

  get sizeInBytes(): number {
    return this.#slots * bytesPerSlot
  }

  get count(): number {
    return this.#words[countAt] ?? 0
  }

  /** How much of it is taken, of [0, 1]. */
  get utilization(): number {
    return this.count / this.#slots
  }

  /** Notes that the key in `bytes[start, end)` has this offset; false where there is no room for another key. */
  put(bytes: Uint8Array, range: { readonly start: number; readonly end: number }, offset: number): boolean {
    this.#hash(bytes, range.start, range.end)
    return this.#put(offset)
  }

  #put(offset: number): boolean {
    const words = this.#words
    const at = this.#find()
    if (words[at + 4] === 0 && words[at + 5] === 0) {
      const count = words[countAt] ?? 0
      if (count >= (words[limitAt] ?? 0)) return false
      words[countAt] = count + 1
      words[at] = h0
      words[at + 1] = h1
      words[at + 2] = h2
      words[at + 3] = h3
    }
    // Zero means a free slot.
    words[at + 4] = Math.floor((offset + 1) / two32)
    words[at + 5] = (offset + 1) % two32
    return true
  }

  /** The newest offset of the key in `bytes[start, end)`; -1 where none was put. */
  get(bytes: Uint8Array, start: number, end: number): number {
    this.#hash(bytes, start, end)
    const at = this.#find()
    return (this.#words[at + 4] ?? 0) * two32 + (this.#words[at + 5] ?? 0) - 1
  }

  /** The same with room for more: up to `bytes`. */
  grown({ bytes, loadFactor }: Pick<KeyOffsetsOptions, 'bytes' | 'loadFactor'>): KeyOffsets {
    const words = this.#words
    const bigger = KeyOffsets.create({ bytes, loadFactor, secret: [words[secretAt] ?? 0, words[secretAt + 1] ?? 0] })
    assert(bigger.#slots >= this.#slots, 'a map grows')
    for (let at = headerWords; at < words.length; at += wordsPerSlot) {
      const offset = (words[at + 4] ?? 0) * two32 + (words[at + 5] ?? 0) - 1
      if (offset < 0) continue
      h0 = words[at] ?? 0
      h1 = words[at + 1] ?? 0
      h2 = words[at + 2] ?? 0
      h3 = words[at + 3] ?? 0
      bigger.#put(offset)
    }
    return bigger
  }

  /** The slot of the hash, or the free one where it belongs. There is always a free one. */
  #find(): number {
    const words = this.#words
    let slot = Math.floor((h0 / two32) * this.#slots)
    for (;;) {
      const at = headerWords + slot * wordsPerSlot
      if (words[at] === h0 && words[at + 1] === h1 && words[at + 2] === h2 && words[at + 3] === h3) return at
      if (words[at + 4] === 0 && words[at + 5] === 0) return at
      slot = slot + 1 === this.#slots ? 0 : slot + 1
    }
  }

  /** HalfSipHash-1-3, which needs words of 32 bits only, with four words of output instead of two. */
  #hash(bytes: Uint8Array, start: number, end: number): void {
    const k0 = this.#words[secretAt] ?? 0
    const k1 = this.#words[secretAt + 1] ?? 0
    let v0 = k0 | 0
    let v1 = k1 | 0
    let v2 = (k0 ^ 0x6c796765) | 0
    let v3 = (k1 ^ 0x74656462) | 0
    const last = end - ((end - start) & 3)
    // Word by word, the last one with the rest and the length.
    for (let at = start; at <= last; at += 4) {
      const word = at < last ? wordAt(bytes, at) : restAt(bytes, at, end) | ((end - start) << 24)
      v3 ^= word
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (((v0 << 16) | (v0 >>> 16)) + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
      v0 ^= word
    }
    v2 ^= 0xff
    // Three rounds, then three more for each further pair of words.
    for (let round = 1; round <= 6; round++) {
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (((v0 << 16) | (v0 >>> 16)) + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
      if (round !== 3) continue
      h0 = (v1 ^ v3) >>> 0
      h1 = (v0 ^ v2) >>> 0
      v1 ^= 0xdd
    }
    h2 = (v1 ^ v3) >>> 0
    h3 = (v0 ^ v2) >>> 0
  }
}

const wordAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)

/** The last bytes, three at most. */
function restAt(bytes: Uint8Array, at: number, end: number): number {
  let word = 0
  for (let i = at; i < end; i++) word |= (bytes[i] ?? 0) << (8 * (i - at))
  return word
}
