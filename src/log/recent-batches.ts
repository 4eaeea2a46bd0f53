/**
 * Where the newest batches of a segment lie, so that who reads at its end finds his place without a read of the file. On the fetch
 * path, once somebody has looked for something; thrown away when the segment is cut. Pure.
 */

export interface FoundBatch {
  readonly position: number
  readonly sizeInBytes: number
  readonly baseOffset: number
  readonly lastOffset: number
}

/** What one turn of the loop appends for a reader, commonly; more are looked up in the file. */
const recentMax = 16
const width = 4

export class RecentBatches {
  /** Last offset, base offset, position and size of each, in a ring. */
  readonly #ring = new Float64Array(recentMax * width)
  #count = 0

  /** Behind all that are known. */
  add(batch: Omit<FoundBatch, 'position'>, position: number): void {
    const at = (this.#count++ % recentMax) * width
    this.#ring[at] = batch.lastOffset
    this.#ring[at + 1] = batch.baseOffset
    this.#ring[at + 2] = position
    this.#ring[at + 3] = batch.sizeInBytes
  }

  /** The first batch that ends at or behind `offset`; undefined where that may be an older one, or there is none. */
  find(offset: number): FoundBatch | undefined {
    const oldest = Math.max(0, this.#count - recentMax)
    let i = this.#count
    while (i > oldest && this.#lastOffset(i - 1) >= offset) i--
    // Without the one before it nobody knows whether it is the first.
    if (i === this.#count || i === oldest) return undefined
    const at = (i % recentMax) * width
    return {
      lastOffset: this.#ring[at] ?? 0,
      baseOffset: this.#ring[at + 1] ?? 0,
      position: this.#ring[at + 2] ?? 0,
      sizeInBytes: this.#ring[at + 3] ?? 0,
    }
  }

  #lastOffset(i: number): number {
    return this.#ring[(i % recentMax) * width] ?? 0
  }
}
