/**
 * The second pass of a compaction, a job: what stays of a piece of a log. A record stays while no newer one has its key; a
 * tombstone, and the marker of a transaction of which nothing is left, until their delete horizon (KIP-534). The last batch
 * of a producer, and of the cleaned part, stays without records. Pure.
 */

import type { JobHost } from '../../base/index.ts'
import { batchHeader as header } from '../../records/index.ts'
import type { AbortedTransaction } from '../transaction-index.ts'
import { type ChunkBatch, type ChunkRules, overChunk, type Piece, wholeBatches } from './chunk.ts'
import { KeptBatches, type WriteTarget } from './kept-batches.ts'
import { addEmptyBatch, KeptRecords } from './kept-records.ts'
import { KeyOffsets } from './key-offsets.ts'
import { RecordFields } from './record-fields.ts'
import { CompactedTransactions, type TransactionsState } from './transactions.ts'

/** What is still known of a producer: a batch that must not go. */
export interface LastBatch {
  readonly producerId: number
  readonly producerEpoch: number
  /** -1: nothing but markers; the marker of that epoch must stay. */
  readonly lastOffset: number
}

export interface FilterRules extends ChunkRules {
  readonly nowMs: number
  readonly deleteRetentionMs: number
  /** The offset behind the last one whose keys are noted: what is above stays as it is. */
  readonly mappedEndOffset: number
  /** The cleaned part ends there: a batch that ends it is kept. */
  readonly cleanEndOffset: number
  readonly lastBatches: readonly LastBatch[]
}

export interface FilterChunkInput {
  readonly piece: Piece
  /** Where what stays is written; undefined: it is given back. */
  readonly target: WriteTarget | undefined
  readonly keys: SharedArrayBuffer
  readonly rules: FilterRules
  readonly transactions: TransactionsState
}

export interface FilterChunkOutput {
  /** Bytes of whole batches that were looked at. */
  readonly sizeInBytes: number
  /** Of the batches that stay, behind one another; the batches themselves, unless the job has written them; their bytes. */
  readonly keptHeaders: Uint8Array
  readonly kept: Uint8Array
  readonly keptSizeInBytes: number
  readonly transfer: readonly ArrayBuffer[]
  /** Aborted transactions whose marker stays. */
  readonly aborted: readonly AbortedTransaction[]
  readonly recordsRead: number
  readonly recordsKept: number
  /** Records without a key, which a compacted log should not have: they go. */
  readonly recordsWithoutKey: number
  readonly transactions: TransactionsState
}

/** Throws CorruptBatchError. */
export function filterChunk(input: FilterChunkInput, host: JobHost): FilterChunkOutput {
  const { piece, target, keys, rules, transactions } = input
  keptBatches.begin(target, host)
  return overChunk(() => new Filter(rules, keys, transactions).run(piece, host))
}

/** Used again by every job of a thread. */
const keptBatches = new KeptBatches()
const output = keptBatches.bytes

class Filter {
  readonly #rules: FilterRules
  readonly #keys: KeyOffsets
  readonly #passed: CompactedTransactions
  readonly #lastBatches: ReadonlyMap<number, LastBatch>
  readonly #fields = new RecordFields()
  #recordsRead = 0
  #recordsKept = 0
  #recordsWithoutKey = 0

  constructor(rules: FilterRules, keys: SharedArrayBuffer, transactions: TransactionsState) {
    this.#rules = rules
    this.#keys = new KeyOffsets(keys)
    this.#passed = new CompactedTransactions(transactions)
    this.#lastBatches = new Map(rules.lastBatches.map((last) => [last.producerId, last]))
  }

  run(piece: Piece, host: JobHost): FilterChunkOutput {
    let sizeInBytes = 0
    for (const batch of wholeBatches(piece, this.#rules, host)) {
      this.#filter(batch)
      keptBatches.batchEnded()
      this.#recordsRead += batch.recordCount
      sizeInBytes += batch.info.sizeInBytes
    }
    const { headers: keptHeaders, bytes: kept, size: keptSizeInBytes } = keptBatches.end()
    return {
      sizeInBytes,
      keptHeaders,
      kept,
      keptSizeInBytes,
      transfer: [keptHeaders.buffer, kept.buffer],
      aborted: this.#passed.keptAborted,
      recordsRead: this.#recordsRead,
      recordsKept: this.#recordsKept,
      recordsWithoutKey: this.#recordsWithoutKey,
      transactions: this.#passed.state,
    }
  }

  #filter(batch: ChunkBatch): void {
    const { info, view, position, recordCount } = batch
    const isDone = info.isControl ? this.#passed.isMarkerDone(info, recordCount) : this.#passed.isAborted(info)
    const horizonMs = header.hasDeleteHorizon(view, position) ? header.baseTimestamp(view, position) : undefined
    const isDue = horizonMs !== undefined && horizonMs <= this.#rules.nowMs
    const goes = isDone && (!info.isControl || isDue)
    if (!goes && recordCount > 0 && this.#keepRecords(batch, { horizonMs, isMarkerDone: isDone })) return
    const mustStay = this.#isLastOfProducer(batch) || info.lastOffset + 1 === this.#rules.cleanEndOffset
    if (mustStay) addEmptyBatch(output, view, position)
  }

  /** False where no record stays. */
  #keepRecords(
    batch: ChunkBatch,
    { horizonMs, isMarkerDone }: { readonly horizonMs: number | undefined; readonly isMarkerDone: boolean },
  ): boolean {
    const { info, view, position, recordCount } = batch
    const plain = batch.records()
    const kept = new KeptRecords(view, position, plain.bytes)
    const fields = this.#fields.reset(plain.bytes, plain.start, plain.end)
    let hasTombstone = false
    let count = 0
    while (fields.next()) {
      count++
      if (!info.isControl && !this.#stays(plain.bytes, info.baseOffset + fields.offsetDelta, horizonMs)) continue
      kept.keep(fields)
      if (!fields.hasValue) hasTombstone = true
    }
    if (kept.count === 0) return false
    this.#recordsKept += kept.count
    const needsHorizon = horizonMs === undefined && (hasTombstone || (info.isControl && isMarkerDone))
    if (kept.count === count && count === recordCount && !needsHorizon)
      output.add(batch.bytes.subarray(position, position + info.sizeInBytes))
    else {
      const { nowMs, deleteRetentionMs } = this.#rules
      kept.addTo(output, needsHorizon ? nowMs + deleteRetentionMs : horizonMs)
    }
    return true
  }

  #stays(bytes: Uint8Array, offset: number, horizonMs: number | undefined): boolean {
    const { keyAt, keySize, hasValue } = this.#fields
    if (offset >= this.#rules.mappedEndOffset) return true
    if (keySize < 0) {
      this.#recordsWithoutKey++
      return false
    }
    const isNewest = offset >= this.#keys.get(bytes, keyAt, keyAt + keySize)
    return isNewest && (hasValue || horizonMs === undefined || this.#rules.nowMs < horizonMs)
  }

  #isLastOfProducer({ info }: ChunkBatch): boolean {
    if (info.producerId < 0) return false
    const last = this.#lastBatches.get(info.producerId)
    if (last === undefined) return false
    if (last.lastOffset >= 0) return info.lastOffset === last.lastOffset
    return info.isControl && info.producerEpoch === last.producerEpoch
  }
}
