/** The first pass over the dirty part of a log: which offset is the newest of each key, as far as there is memory for keys. */

import type { Segment } from '../segment.ts'
import type { AbortedTransaction } from '../transaction-index.ts'
import type { Piece } from './chunk.ts'
import type { CompactionJobs } from './jobs.ts'
import { KeyOffsets } from './key-offsets.ts'
import type { PassedChunk, SegmentChunks } from './segment-chunks.ts'
import { noTransactions, type TransactionsState, withAborted } from './transactions.ts'

/** Keys that are not yet there take no memory: it grows with them. */
const bytesAtFirst = 1024 * 1024
/** Of a map that can still grow. */
const loadFactorWhileGrowing = 0.5

export interface KeyIndexOptions {
  readonly jobs: CompactionJobs
  readonly chunks: SegmentChunks
  readonly firstDirtyOffset: number
  readonly aborted: readonly AbortedTransaction[]
  readonly keysBytesMax: number
  readonly loadFactor: number
  readonly secret: readonly [number, number]
  readonly decompressedBytesMax: number
  readonly pay: (bytes: number) => Promise<void>
}

export class KeyIndex {
  readonly #options: KeyIndexOptions
  /** That the slots may take, as they are now. */
  #bytes: number
  #keys: KeyOffsets
  #transactions: TransactionsState
  /** All before it, from the first dirty offset on, is noted. */
  #endOffset: number

  constructor(options: KeyIndexOptions) {
    const { keysBytesMax, secret, firstDirtyOffset, aborted } = options
    this.#options = options
    this.#bytes = Math.min(bytesAtFirst, keysBytesMax)
    this.#keys = KeyOffsets.create({ bytes: this.#bytes, loadFactor: this.#loadFactor, secret })
    this.#transactions = withAborted(noTransactions, aborted)
    this.#endOffset = firstDirtyOffset
  }

  get keys(): KeyOffsets {
    return this.#keys
  }

  get endOffset(): number {
    return this.#endOffset
  }

  /** False when the memory for keys is full: the log is cleaned up to `endOffset` then, and the rest next time. */
  async add(segment: Segment, from: number, nextSegmentOffset: number): Promise<boolean> {
    const isWhole = await this.#options.chunks.read(segment, from, (piece) => this.#pass(piece))
    // What is missing at its end was compacted away.
    if (isWhole) this.#endOffset = Math.max(this.#endOffset, nextSegmentOffset)
    return isWhole
  }

  async #pass(piece: Piece): Promise<PassedChunk> {
    const { jobs, firstDirtyOffset, decompressedBytesMax, keysBytesMax, pay } = this.#options
    const passed = await jobs.index({
      piece,
      keys: this.#keys.memory,
      firstDirtyOffset,
      transactions: this.#transactions,
      decompressedBytesMax,
    })
    await pay(passed.sizeInBytes)
    this.#transactions = passed.transactions
    this.#endOffset = Math.max(this.#endOffset, passed.lastOffset + 1)
    if (!passed.isFull) return { sizeInBytes: passed.sizeInBytes }
    if (this.#bytes >= keysBytesMax) return { sizeInBytes: passed.sizeInBytes, ended: true }
    await this.#grow()
    // The batch that found no room comes again, alone if it must.
    return passed.sizeInBytes > 0 ? { sizeInBytes: passed.sizeInBytes } : this.#pass(piece)
  }

  async #grow(): Promise<void> {
    this.#bytes = Math.min(this.#bytes * 2, this.#options.keysBytesMax)
    const memory = await this.#options.jobs.grow({
      keys: this.#keys.memory,
      bytes: this.#bytes,
      loadFactor: this.#loadFactor,
    })
    this.#keys = new KeyOffsets(memory)
  }

  get #loadFactor(): number {
    const { keysBytesMax, loadFactor } = this.#options
    return this.#bytes < keysBytesMax ? Math.min(loadFactorWhileGrowing, loadFactor) : loadFactor
  }
}
