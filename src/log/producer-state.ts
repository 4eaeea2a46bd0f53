/**
 * Idempotent and transactional producers of one partition: duplicates, sequences and epochs (KIP-98, KIP-360), ongoing
 * and aborted transactions, the first unstable offset. Pure: `decide*` judge a batch against one producer's entry and
 * return the next entry; only `apply` changes state, once the batch is in the log. On the produce path.
 */
import { ApiError, assert } from '../base/index.ts'
import { type BatchInfo, nextSequence, previousSequence } from './batch-info.ts'
import type { AbortedTransaction } from './transaction-index.ts'

const outOfOrderSequenceNumber = 45
const invalidProducerEpoch = 47
const invalidTxnState = 48
const transactionCoordinatorFenced = 52
const batchesKept = 5
const noEpoch = -1
const none = -1

export interface BatchMetadata {
  readonly lastSequence: number
  readonly lastOffset: number
  readonly offsetDelta: number
  readonly timestamp: number
}

export interface ProducerEntry {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly lastTimestamp: number
  /** -1 without an ongoing transaction. */
  readonly currentTxnFirstOffset: number
  /** The last five, oldest first, all of `producerEpoch`. */
  readonly batches: readonly BatchMetadata[]
}

export interface CompletedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly isAborted: boolean
}

/** Whose word it is: a leader checks what clients and coordinators send, a follower takes what the leader took. */
export type AppendOrigin = 'client' | 'coordinator' | 'replication'

export type ProducerDecision =
  | { readonly kind: 'duplicate'; readonly batch: BatchMetadata }
  | { readonly kind: 'accepted'; readonly entry: ProducerEntry; readonly completed: CompletedTransaction | undefined }

const emptyEntry = (producerId: number): ProducerEntry => ({
  producerId,
  producerEpoch: noEpoch,
  coordinatorEpoch: -1,
  lastTimestamp: -1,
  currentTxnFirstOffset: none,
  batches: [],
})

/**
 * Judges a batch of a producer (`producerId` >= 0) that would get the offsets in `batch`. Throws ApiError 45, 47, 48 or
 * 52.
 */
export function decideBatch(
  known: ProducerEntry | undefined,
  batch: BatchInfo,
  origin: AppendOrigin,
): ProducerDecision {
  const entry = known ?? emptyEntry(batch.producerId)
  if (batch.isControl) return decideMarker(entry, batch, origin)
  if (origin === 'client') {
    const duplicate = findDuplicate(entry, batch)
    if (duplicate !== undefined) return { kind: 'duplicate', batch: duplicate }
  }
  checkEpoch(entry, batch, origin)
  if (origin === 'client') checkSequence(entry, batch)
  const inTransaction = entry.currentTxnFirstOffset !== none
  if (inTransaction && !batch.isTransactional && origin !== 'replication') {
    throw new ApiError(
      invalidTxnState,
      `producer ${batch.producerId} has an ongoing transaction and sent a batch outside of it`,
    )
  }
  const metadata: BatchMetadata = {
    lastSequence: batch.lastSequence,
    lastOffset: batch.lastOffset,
    offsetDelta: batch.lastOffset - batch.baseOffset,
    timestamp: batch.maxTimestamp,
  }
  const earlier = entry.producerEpoch === batch.producerEpoch ? entry.batches : []
  const next: ProducerEntry = {
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    coordinatorEpoch: entry.coordinatorEpoch,
    lastTimestamp: batch.maxTimestamp,
    currentTxnFirstOffset: batch.isTransactional && !inTransaction ? batch.baseOffset : entry.currentTxnFirstOffset,
    batches: earlier.length < batchesKept ? [...earlier, metadata] : [...earlier.slice(1), metadata],
  }
  return { kind: 'accepted', entry: next, completed: undefined }
}

function decideMarker(entry: ProducerEntry, batch: BatchInfo, origin: AppendOrigin): ProducerDecision {
  const { marker } = batch
  if (marker === undefined) return { kind: 'accepted', entry, completed: undefined }
  checkEpoch(entry, batch, origin)
  if (marker.coordinatorEpoch < entry.coordinatorEpoch && origin !== 'replication') {
    throw new ApiError(
      transactionCoordinatorFenced,
      `marker of coordinator epoch ${marker.coordinatorEpoch} for producer ${batch.producerId}, ${entry.coordinatorEpoch} is known`,
    )
  }
  const firstOffset = entry.currentTxnFirstOffset
  const completed: CompletedTransaction | undefined =
    firstOffset === none
      ? undefined
      : { producerId: batch.producerId, firstOffset, lastOffset: batch.lastOffset, isAborted: marker.kind === 'abort' }
  const next: ProducerEntry = {
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    coordinatorEpoch: marker.coordinatorEpoch,
    lastTimestamp: batch.maxTimestamp,
    currentTxnFirstOffset: none,
    batches: entry.producerEpoch === batch.producerEpoch ? entry.batches : [],
  }
  return { kind: 'accepted', entry: next, completed }
}

function findDuplicate(entry: ProducerEntry, batch: BatchInfo): BatchMetadata | undefined {
  if (entry.producerEpoch !== batch.producerEpoch || batch.baseSequence < 0) return undefined
  return entry.batches.findLast(
    (kept) =>
      kept.lastSequence === batch.lastSequence &&
      previousSequence(kept.lastSequence, kept.offsetDelta) === batch.baseSequence,
  )
}

function checkEpoch(entry: ProducerEntry, batch: BatchInfo, origin: AppendOrigin): void {
  if (batch.producerEpoch >= entry.producerEpoch || origin === 'replication') return
  throw new ApiError(
    invalidProducerEpoch,
    `epoch ${batch.producerEpoch} of producer ${batch.producerId} is older than ${entry.producerEpoch}, the last seen`,
  )
}

function checkSequence(entry: ProducerEntry, batch: BatchInfo): void {
  if (entry.producerEpoch === noEpoch) return
  if (entry.producerEpoch !== batch.producerEpoch) {
    if (batch.baseSequence === 0) return
    throw new ApiError(
      outOfOrderSequenceNumber,
      `producer ${batch.producerId} starts epoch ${batch.producerEpoch} with sequence ${batch.baseSequence}, expected 0`,
    )
  }
  const last = entry.batches.at(-1)?.lastSequence ?? -1
  if (batch.baseSequence === nextSequence(last, 1)) return
  throw new ApiError(
    outOfOrderSequenceNumber,
    `producer ${batch.producerId} sent sequence ${batch.baseSequence} after ${last}`,
  )
}

interface OpenTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** Of the marker; undefined while the transaction is ongoing. */
  readonly lastOffset: number | undefined
}

const isExpired = (entry: ProducerEntry, expiredBefore: number): boolean =>
  entry.currentTxnFirstOffset === none && entry.lastTimestamp <= expiredBefore

export class ProducerState {
  readonly #entries = new Map<number, ProducerEntry>()
  /** By rising first offset: ongoing ones, and those whose marker the high watermark has not passed. */
  #open: OpenTransaction[] = []
  /** The first unstable offset while all of this is made anew. */
  #unstableBefore: number | undefined
  #endOffset = 0

  /** The log's end offset that the state stands for: snapshots are named after it. */
  get endOffset(): number {
    return this.#endOffset
  }

  get entries(): readonly ProducerEntry[] {
    return [...this.#entries.values()]
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0
  }

  get(producerId: number): ProducerEntry | undefined {
    return this.#entries.get(producerId)
  }

  /** Takes what `decideBatch` accepted, in the order of offsets. */
  apply(entry: ProducerEntry): void {
    this.#entries.set(entry.producerId, entry)
    const firstOffset = entry.currentTxnFirstOffset
    if (firstOffset === none || this.#open.some((open) => open.firstOffset === firstOffset)) return
    this.#open.push({ producerId: entry.producerId, firstOffset, lastOffset: undefined })
    this.#open.sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** The entry for the index of aborted transactions, with the last stable offset that holds once this one has ended. */
  aborted({ producerId, firstOffset, lastOffset }: CompletedTransaction): AbortedTransaction {
    const other = this.#open.find((open) => open.lastOffset === undefined && open.producerId !== producerId)
    return { producerId, firstOffset, lastOffset, lastStableOffset: other?.firstOffset ?? lastOffset + 1 }
  }

  complete({ firstOffset, lastOffset }: CompletedTransaction): void {
    const at = this.#open.findIndex((open) => open.firstOffset === firstOffset)
    const open = this.#open[at]
    assert(open !== undefined && open.lastOffset === undefined, 'only an ongoing transaction ends')
    this.#open[at] = { producerId: open.producerId, firstOffset, lastOffset }
  }

  advanceTo(endOffset: number): void {
    assert(endOffset >= this.#endOffset, 'the end offset rises')
    this.#endOffset = endOffset
  }

  /** The first offset of a transaction that is ongoing, or whose end the high watermark has not passed. */
  get firstUnstableOffset(): number | undefined {
    const first = this.#open[0]?.firstOffset
    const before = this.#unstableBefore
    return first === undefined || before === undefined ? (first ?? before) : Math.min(first, before)
  }

  /**
   * What is known is made anew, which takes a while, and the log is read meanwhile: what was unstable before stays so until `work`
   * is done.
   */
  async makeAnew(work: () => Promise<void>): Promise<void> {
    this.#unstableBefore = this.firstUnstableOffset
    try {
      await work()
    } finally {
      this.#unstableBefore = undefined
    }
  }

  highWatermarkPassed(highWatermark: number): void {
    if (this.#open.length === 0) return
    this.#open = this.#open.filter((open) => open.lastOffset === undefined || open.lastOffset >= highWatermark)
  }

  logStartPassed(logStartOffset: number): void {
    this.#open = this.#open.filter((open) => open.lastOffset === undefined || open.lastOffset >= logStartOffset)
  }

  /** Forgets producers silent for too long, those with an ongoing transaction excepted; returns how many. */
  expire(expiredBefore: number): number {
    let count = 0
    for (const [producerId, entry] of this.#entries) {
      if (!isExpired(entry, expiredBefore)) continue
      this.#entries.delete(producerId)
      count++
    }
    return count
  }

  /** The state of a snapshot; producers expired meanwhile are left out. */
  reset(
    endOffset: number,
    { entries, expiredBefore }: { readonly entries: readonly ProducerEntry[]; readonly expiredBefore: number },
  ): void {
    this.#entries.clear()
    this.#open = []
    this.#endOffset = endOffset
    for (const entry of entries) if (!isExpired(entry, expiredBefore)) this.apply(entry)
  }
}
