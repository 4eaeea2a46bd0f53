/**
 * From which offset on a segment may hold records as young as a timestamp: 12-byte entries of timestamp (the largest so
 * far) and relative offset of the batch that has it. In memory only, the segment reads and writes the file.
 */
export const timeIndexEntrySize = 12

const two32 = 2 ** 32

export interface TimestampOffset {
  readonly timestamp: number
  readonly offset: number
}

export class TimeIndex {
  readonly baseOffset: number
  #timestamps = new Float64Array(32)
  #offsets = new Uint32Array(32)
  #count = 0

  constructor(baseOffset: number) {
    this.baseOffset = baseOffset
  }

  get count(): number {
    return this.#count
  }

  get last(): TimestampOffset {
    if (this.#count === 0) return { timestamp: -1, offset: this.baseOffset }
    return { timestamp: this.#timestamps[this.#count - 1] ?? -1, offset: this.#offset(this.#count - 1) }
  }

  /** Adds an entry unless the timestamp is no larger than the last one's. */
  maybeAppend(timestamp: number, offset: number): void {
    if (timestamp <= this.last.timestamp) return
    if (this.#count === this.#offsets.length) this.#grow()
    this.#timestamps[this.#count] = timestamp
    this.#offsets[this.#count] = offset - this.baseOffset
    this.#count++
  }

  #grow(): void {
    const timestamps = new Float64Array(this.#count * 2)
    timestamps.set(this.#timestamps)
    this.#timestamps = timestamps
    const offsets = new Uint32Array(this.#count * 2)
    offsets.set(this.#offsets)
    this.#offsets = offsets
  }

  /** The offset of the last entry with a timestamp below `timestamp`: no record before it is as young. */
  lookup(timestamp: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#timestamps[middle] ?? 0) < timestamp) low = middle + 1
      else high = middle
    }
    return low === 0 ? this.baseOffset : this.#offset(low - 1)
  }

  /** Drops the entries from `offset` on. */
  truncateTo(offset: number): void {
    while (this.#count > 0 && this.#offset(this.#count - 1) >= offset) this.#count--
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(this.#count * timeIndexEntrySize)
    const view = new DataView(bytes.buffer)
    for (let i = 0; i < this.#count; i++) {
      const timestamp = this.#timestamps[i] ?? 0
      view.setInt32(i * timeIndexEntrySize, Math.floor(timestamp / two32))
      view.setUint32(i * timeIndexEntrySize + 4, timestamp % two32)
      view.setUint32(i * timeIndexEntrySize + 8, this.#offsets[i] ?? 0)
    }
    return bytes
  }

  /** Undefined where the bytes cannot be an index: it is rebuilt then. */
  static decode(bytes: Uint8Array, baseOffset: number): TimeIndex | undefined {
    if (bytes.length % timeIndexEntrySize !== 0) return undefined
    const index = new TimeIndex(baseOffset)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = 0; at < bytes.length; at += timeIndexEntrySize) {
      const timestamp = view.getInt32(at) * two32 + view.getUint32(at + 4)
      const relative = view.getUint32(at + 8)
      const rises =
        index.#count === 0 || (timestamp > index.last.timestamp && baseOffset + relative >= index.last.offset)
      if (timestamp < 0 || timestamp > Number.MAX_SAFE_INTEGER || relative >= 2 ** 31 || !rises) return undefined
      index.maybeAppend(timestamp, baseOffset + relative)
    }
    return index
  }

  #offset(slot: number): number {
    return this.baseOffset + (this.#offsets[slot] ?? 0)
  }
}
