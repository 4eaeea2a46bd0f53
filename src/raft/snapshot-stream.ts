/**
 * A snapshot whose bytes come piece by piece, cut anywhere: each batch is checked and understood as soon as it is whole.
 * Pure. Holds what the batches said and the bytes of one batch at most.
 */
import { batchHeader } from '../records/index.ts'
import { type DecodedSnapshot, SnapshotDecoder, SnapshotFormatError, sizeOfBatch } from './snapshot-format.ts'

/** Up to the magic byte: enough to know how long the batch is. */
const prefixSize = batchHeader.headerSizeUpToMagic

export class SnapshotStream {
  readonly #decoder = new SnapshotDecoder()
  /** Of the batch that is not whole yet. */
  #parts: Uint8Array[] = []
  #size = 0
  /** Undefined before it is known. */
  #wantedSize: number | undefined

  /** Throws SnapshotFormatError, MalformedError and CompressionError. The bytes are kept until their batch is whole. */
  add(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const missing = (this.#wantedSize ?? prefixSize) - this.#size
      const part = bytes.subarray(from, from + missing)
      this.#parts.push(part)
      this.#size += part.length
      from += part.length
      if (part.length < missing) return
      if (this.#wantedSize === undefined) this.#wantedSize = this.#sizeOfBatch()
      else this.#batchIsWhole()
    }
  }

  #sizeOfBatch(): number {
    const prefix = this.#joined()
    this.#parts = [prefix]
    return sizeOfBatch(prefix)
  }

  /** Its records keep a copy of their own, not the pieces. */
  #batchIsWhole(): void {
    const batch = this.#joined()
    this.#parts = []
    this.#size = 0
    this.#wantedSize = undefined
    this.#decoder.add(batch)
  }

  #joined(): Uint8Array {
    const joined = new Uint8Array(this.#size)
    let position = 0
    for (const part of this.#parts) {
      joined.set(part, position)
      position += part.length
    }
    return joined
  }

  /** All bytes were added. Throws SnapshotFormatError where they are no whole snapshot. */
  end(): DecodedSnapshot {
    if (this.#size > 0) throw new SnapshotFormatError('the file ends within a batch')
    return this.#decoder.end()
  }
}
