/**
 * Which batch lies where in a segment, for one batch per `index.interval.bytes`: 8-byte entries of relative last offset
 * and file position, both rising. On the fetch path; in memory only, the segment reads and writes the file. A hint: the
 * segment checks each answer against the batch found there.
 */
import { assert } from '../base/index.ts'

export const offsetIndexEntrySize = 8

export class OffsetIndex {
  readonly baseOffset: number
  #entries = new Uint32Array(64)
  #count = 0

  constructor(baseOffset: number) {
    this.baseOffset = baseOffset
  }

  get count(): number {
    return this.#count
  }

  get lastOffset(): number {
    return this.#count === 0 ? this.baseOffset : this.#offset(this.#count - 1)
  }

  append(offset: number, position: number): void {
    assert(offset > this.lastOffset || this.#count === 0, 'index offsets rise')
    if (this.#count * 2 === this.#entries.length) {
      const bigger = new Uint32Array(this.#entries.length * 2)
      bigger.set(this.#entries)
      this.#entries = bigger
    }
    this.#entries[this.#count * 2] = offset - this.baseOffset
    this.#entries[this.#count * 2 + 1] = position
    this.#count++
  }

  /** Position of the last entry up to `offset`, 0 before the first. */
  lookup(offset: number): number {
    const slot = this.#floor(offset)
    return slot < 0 ? 0 : this.#position(slot)
  }

  /** Position of the first entry whose batch ends at or past `position` + `size`, and its offset; undefined past the last. */
  firstAtOrAfterPosition(position: number): { readonly offset: number; readonly position: number } | undefined {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#position(middle) < position) low = middle + 1
      else high = middle
    }
    return low === this.#count ? undefined : { offset: this.#offset(low), position: this.#position(low) }
  }

  get lastPosition(): number {
    return this.#count === 0 ? 0 : this.#position(this.#count - 1)
  }

  /** Drops the entries from `offset` on. */
  truncateTo(offset: number): void {
    this.#count = this.#floor(offset - 1) + 1
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(this.#count * offsetIndexEntrySize)
    const view = new DataView(bytes.buffer)
    for (let i = 0; i < this.#count * 2; i++) view.setUint32(i * 4, this.#entries[i] ?? 0)
    return bytes
  }

  /** Undefined where the bytes cannot be the index of a segment of `logSize` bytes: it is rebuilt then. */
  static decode(
    bytes: Uint8Array,
    { baseOffset, logSize }: { baseOffset: number; logSize: number },
  ): OffsetIndex | undefined {
    if (bytes.length % offsetIndexEntrySize !== 0) return undefined
    const index = new OffsetIndex(baseOffset)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = 0; at < bytes.length; at += offsetIndexEntrySize) {
      const relative = view.getUint32(at)
      const position = view.getUint32(at + 4)
      const rises = index.#count === 0 || (baseOffset + relative > index.lastOffset && position > index.lastPosition)
      if (relative >= 2 ** 31 || position >= logSize || !rises) return undefined
      index.append(baseOffset + relative, position)
    }
    return index
  }

  #offset(slot: number): number {
    return this.baseOffset + (this.#entries[slot * 2] ?? 0)
  }

  #position(slot: number): number {
    return this.#entries[slot * 2 + 1] ?? 0
  }

  #floor(offset: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#offset(middle) <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
