/**
 * Memory of batches that were acknowledged, for the next ones: what is new has to be brought in by the system page by page, which costs
 * more than to write a batch into it. What goes out of use otherwise, as of a batch that was sent twice, is never given back: somebody
 * may still be sending it.
 */
import { getOrInsert } from '../../base/index.ts'

export class BatchMemory {
  readonly #sizeInBytes: number
  readonly #bytesMax: number
  /** By their size. */
  readonly #free = new Map<number, Buffer[]>()
  #keptBytes = 0

  /** Pieces of `sizeInBytes`, or twice as much, and so on, of which at most `bytesMax` together are kept. */
  constructor({ sizeInBytes, bytesMax }: { readonly sizeInBytes: number; readonly bytesMax: number }) {
    this.#sizeInBytes = Math.max(1, sizeInBytes)
    this.#bytesMax = bytesMax
  }

  /** So many bytes at least, and less than twice as many where that is more than one piece; whatever lies in them. */
  take(sizeInBytes: number): Buffer {
    // Of what Node shares among small buffers each that is kept would hold all.
    if (sizeInBytes <= this.#sizeInBytes / 2) return Buffer.allocUnsafe(sizeInBytes)
    let size = this.#sizeInBytes
    while (size < sizeInBytes) size *= 2
    const known = this.#free.get(size)?.pop()
    if (known === undefined) return Buffer.allocUnsafeSlow(size)
    this.#keptBytes -= size
    return known
  }

  /** Nobody reads it any more. */
  give(memory: Buffer): void {
    const { length } = memory
    if (length < this.#sizeInBytes || this.#keptBytes + length > this.#bytesMax) return
    this.#keptBytes += length
    getOrInsert(this.#free, length, () => []).push(memory)
  }
}
