/**
 * The aborted transactions that end in a segment: 34-byte entries of version 0 (version, producer id, first offset, last
 * offset, last stable offset), by rising last offset. Readers of committed records skip what they name.
 */
import { assert, Writer } from '../base/index.ts'

const transactionIndexEntrySize = 34
const version = 0
const two32 = 2 ** 32

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  /** What readers of committed records might see when the transaction ended. */
  readonly lastStableOffset: number
}

export class TransactionIndex {
  #entries: AbortedTransaction[] = []

  get count(): number {
    return this.#entries.length
  }

  get entries(): readonly AbortedTransaction[] {
    return this.#entries
  }

  append(entry: AbortedTransaction): void {
    assert(entry.lastOffset > (this.#entries.at(-1)?.lastOffset ?? -1), 'aborted transactions end one after the other')
    this.#entries.push(entry)
  }

  /** Drops the transactions that end at or behind `offset`. */
  truncateTo(offset: number): void {
    this.#entries = this.#entries.filter((entry) => entry.lastOffset < offset)
  }

  /**
   * Adds to `into` what touches [fetchOffset, upperBoundOffset); true when no later segment can hold more of it.
   */
  collect(
    { fetchOffset, upperBoundOffset }: { readonly fetchOffset: number; readonly upperBoundOffset: number },
    into: AbortedTransaction[],
  ): boolean {
    for (const entry of this.#entries) {
      if (entry.lastOffset >= fetchOffset && entry.firstOffset < upperBoundOffset) into.push(entry)
      if (entry.lastStableOffset >= upperBoundOffset) return true
    }
    return false
  }

  encode(): Uint8Array {
    const writer = new Writer(Math.max(1, this.#entries.length * transactionIndexEntrySize))
    for (const entry of this.#entries) {
      writer.i16(version)
      writer.i64(entry.producerId)
      writer.i64(entry.firstOffset)
      writer.i64(entry.lastOffset)
      writer.i64(entry.lastStableOffset)
    }
    return writer.finishAsOne()
  }

  /** Undefined where the bytes cannot be an index of a segment that starts at `baseOffset`. */
  static decode(bytes: Uint8Array, baseOffset: number): TransactionIndex | undefined {
    if (bytes.length % transactionIndexEntrySize !== 0) return undefined
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const i64 = (at: number): number => view.getInt32(at) * two32 + view.getUint32(at + 4)
    const index = new TransactionIndex()
    let last = baseOffset - 1
    for (let at = 0; at < bytes.length; at += transactionIndexEntrySize) {
      const entry: AbortedTransaction = {
        producerId: i64(at + 2),
        firstOffset: i64(at + 10),
        lastOffset: i64(at + 18),
        lastStableOffset: i64(at + 26),
      }
      const isSafe = Number.isSafeInteger(entry.lastOffset) && Number.isSafeInteger(entry.firstOffset)
      if (
        view.getInt16(at) !== version ||
        !isSafe ||
        entry.lastOffset <= last ||
        entry.firstOffset > entry.lastOffset
      ) {
        return undefined
      }
      index.append(entry)
      last = entry.lastOffset
    }
    return index
  }
}
