/**
 * The transactions that a compaction passes: whose batches are aborted and go at once, and which markers may go because
 * nothing of their transaction is left before them. Plain data between the jobs of one compaction. Pure.
 */
import type { BatchInfo } from '../batch-info.ts'
import type { AbortedTransaction } from '../transaction-index.ts'

interface OngoingAborted {
  readonly transaction: AbortedTransaction
  /** Some batch of it is still in the log. */
  hasBatch: boolean
}

export interface TransactionsState {
  /** Aborted ones that begin further on, by rising first offset. */
  readonly ahead: readonly AbortedTransaction[]
  readonly aborted: readonly OngoingAborted[]
  /** Producers of committed ones of which a batch was passed. */
  readonly committed: readonly number[]
}

export const noTransactions: TransactionsState = { ahead: [], aborted: [], committed: [] }

/** The same with what the transaction index knows of the next segment. */
export function withAborted(state: TransactionsState, more: readonly AbortedTransaction[]): TransactionsState {
  if (more.length === 0) return state
  return { ...state, ahead: [...state.ahead, ...more].sort((a, b) => a.firstOffset - b.firstOffset) }
}

export class CompactedTransactions {
  #ahead: AbortedTransaction[]
  readonly #aborted: Map<number, OngoingAborted>
  readonly #committed: Set<number>
  /** Whose markers stay: the new transaction index. */
  readonly keptAborted: AbortedTransaction[] = []

  constructor({ ahead, aborted, committed }: TransactionsState) {
    this.#ahead = [...ahead]
    this.#aborted = new Map(aborted.map((ongoing) => [ongoing.transaction.producerId, { ...ongoing }]))
    this.#committed = new Set(committed)
  }

  get state(): TransactionsState {
    return { ahead: this.#ahead, aborted: [...this.#aborted.values()], committed: [...this.#committed] }
  }

  /** Whether the batch, which is no control batch, belongs to an aborted transaction. */
  isAborted({ producerId, lastOffset, isTransactional }: BatchFacts): boolean {
    this.#passUpTo(lastOffset)
    if (!isTransactional) return false
    const ongoing = this.#aborted.get(producerId)
    if (ongoing === undefined) {
      this.#committed.add(producerId)
      return false
    }
    ongoing.hasBatch = true
    return true
  }

  /** Whether nothing of what the control batch ends is left; a marker may then go when its time has come. */
  isMarkerDone(info: BatchInfo, recordCount: number): boolean {
    const { producerId, lastOffset, marker } = info
    this.#passUpTo(lastOffset)
    // The record was taken by an earlier compaction.
    if (recordCount === 0) return true
    if (marker === undefined) return false
    if (marker.kind === 'commit') return !this.#committed.delete(producerId)
    const ongoing = this.#aborted.get(producerId)
    this.#aborted.delete(producerId)
    if (ongoing?.hasBatch !== true) return true
    this.keptAborted.push(ongoing.transaction)
    return false
  }

  #passUpTo(offset: number): void {
    let count = 0
    for (const transaction of this.#ahead) {
      if (transaction.firstOffset > offset) break
      count++
      // A transaction over several segments is named for each of them.
      if (this.#aborted.has(transaction.producerId)) continue
      this.#aborted.set(transaction.producerId, { transaction, hasBatch: false })
    }
    if (count > 0) this.#ahead = this.#ahead.slice(count)
  }
}

type BatchFacts = Pick<BatchInfo, 'producerId' | 'lastOffset' | 'isTransactional'>
