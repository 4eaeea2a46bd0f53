/**
 * Memory of batches that were acknowledged, for the next ones: what is new has to be brought in by the system page by page, which costs
 * more than to write a batch into it. What goes out of use otherwise, as of a batch that was sent twice, is never given back: somebody
 * may still be sending it.
 */
export class BatchMemory {
  readonly #sizeInBytes: number
  readonly #countMax: number
  readonly #free: Buffer[] = []

  /** Pieces of `sizeInBytes`, of which at most `bytesMax` together are kept. */
  constructor({ sizeInBytes, bytesMax }: { readonly sizeInBytes: number; readonly bytesMax: number }) {
    this.#sizeInBytes = sizeInBytes
    this.#countMax = Math.floor(bytesMax / Math.max(1, sizeInBytes))
  }

  /** Of so many bytes, whatever lies in them. */
  take(sizeInBytes: number): Buffer {
    // Of what Node shares among small buffers each that is kept would hold all.
    if (sizeInBytes === this.#sizeInBytes) return this.#free.pop() ?? Buffer.allocUnsafeSlow(sizeInBytes)
    return Buffer.allocUnsafe(sizeInBytes)
  }

  /** Nobody reads it any more. */
  give(memory: Buffer): void {
    if (memory.length === this.#sizeInBytes && this.#free.length < this.#countMax) this.#free.push(memory)
  }
}
