/**
 * Receive buffers that are free again, for the next connection that needs one. Memory outside of V8's heap costs a collection of all
 * of the heap each few megabytes: with a new buffer for each reply of a leader, a follower did that a hundred times in 500 MB.
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

  /** Of exactly that length; what it holds is left of others. */
  take(length: number): Buffer {
    const spare = this.#spare.get(length)?.pop()
    if (spare === undefined) return Buffer.allocUnsafeSlow(length)
    this.#keptBytes -= length
    return spare
  }

  /** Nobody writes to it, or has a view of it, any more. */
  give(buffer: Buffer): void {
    if (this.#keptBytes + buffer.length > this.#keptBytesMax) return
    this.#keptBytes += buffer.length
    getOrInsert(this.#spare, buffer.length, () => []).push(buffer)
  }
}
