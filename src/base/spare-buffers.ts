/**
 * Receive buffers that are free again, for the next connection that needs one. Memory outside of V8's heap costs a collection of all
 * of the heap each few megabytes: with a new buffer for each reply of a leader, a node did that a hundred times in 1.4 GB of replicas.
 */
import { getOrInsert } from './maps.ts'

export class SpareBuffers {
  readonly #keptBytesMax: number
  /** By their length. */
  readonly #spare = new Map<number, Buffer[]>()
  #keptBytes = 0

  /** What is kept is at most so much; what is lent is not counted. */
  constructor({ keptBytesMax }: { readonly keptBytesMax: number }) {
    this.#keptBytesMax = keptBytesMax
  }

  get keptBytes(): number {
    return this.#keptBytes
  }

  /** Of that length at least: the smallest that there is, else a new one. What it holds is left of others. */
  take(length: number): Buffer {
    let best = Number.POSITIVE_INFINITY
    for (const [size, buffers] of this.#spare) if (size >= length && size < best && buffers.length > 0) best = size
    const spare = this.#spare.get(best)?.pop()
    if (spare === undefined) return Buffer.allocUnsafeSlow(length)
    this.#keptBytes -= best
    return spare
  }

  /** Nobody writes to it, or has a view of it, any more. Large ones are dearer: smaller ones make room for them. */
  give(buffer: Buffer): void {
    const { length } = buffer
    if (length > this.#keptBytesMax) return
    if (this.#isFullFor(length)) this.#dropBelow(length)
    if (this.#isFullFor(length)) return
    this.#keptBytes += length
    getOrInsert(this.#spare, length, () => []).push(buffer)
  }

  #isFullFor(length: number): boolean {
    return this.#keptBytes + length > this.#keptBytesMax
  }

  /** The smallest first, until there is room for one of `length`. */
  #dropBelow(length: number): void {
    const smaller = [...this.#spare.keys()].filter((it) => it < length).sort((a, b) => a - b)
    for (const size of smaller) {
      const buffers = this.#spare.get(size) ?? []
      while (buffers.length > 0 && this.#isFullFor(length)) {
        buffers.pop()
        this.#keptBytes -= size
      }
    }
  }
}
