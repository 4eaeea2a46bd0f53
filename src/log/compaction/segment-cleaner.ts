/**
 * The second pass over a group of segments: what stays of them goes into one new segment beside them (`.cleaned`). Off the
 * hot path; nobody reads of the new one before it takes their place.
 */
import { batchHeader as header } from '../../records/index.ts'
import { readAccountedBatch } from '../batch-info.ts'
import type { Segment } from '../segment.ts'
import type { AbortedTransaction } from '../transaction-index.ts'
import type { Piece } from './chunk.ts'
import type { FilterChunkOutput, FilterRules } from './filter-chunk.ts'
import type { CompactionJobs } from './jobs.ts'
import type { PassedChunk, SegmentChunks } from './segment-chunks.ts'
import { noTransactions, type TransactionsState, withAborted } from './transactions.ts'

export interface SegmentCleanerOptions {
  readonly jobs: CompactionJobs
  readonly chunks: SegmentChunks
  readonly keys: SharedArrayBuffer
  readonly rules: FilterRules
  readonly abortedIn: (range: { startOffset: number; upperBoundOffset: number }) => readonly AbortedTransaction[]
  readonly pay: (bytes: number) => Promise<void>
}

export interface CompactionFigures {
  bytesRead: number
  bytesWritten: number
  recordsRead: number
  recordsKept: number
  recordsWithoutKey: number
}

export class SegmentCleaner {
  readonly #options: SegmentCleanerOptions
  #transactions: TransactionsState = noTransactions
  readonly figures: CompactionFigures = {
    bytesRead: 0,
    bytesWritten: 0,
    recordsRead: 0,
    recordsKept: 0,
    recordsWithoutKey: 0,
  }

  constructor(options: SegmentCleanerOptions) {
    this.#options = options
  }

  /** Adds to `cleaned` what stays of `segment`, which ends before `nextSegmentOffset`. In the order of offsets. */
  async add(cleaned: Segment, segment: Segment, nextSegmentOffset: number): Promise<void> {
    const { chunks, abortedIn } = this.#options
    const range = { startOffset: segment.baseOffset, upperBoundOffset: nextSegmentOffset }
    this.#transactions = withAborted(this.#transactions, abortedIn(range))
    await chunks.read(segment, 0, (piece) => this.#pass(cleaned, piece))
  }

  async #pass(cleaned: Segment, piece: Piece): Promise<PassedChunk> {
    const { jobs, keys, rules, pay } = this.#options
    const { file } = cleaned.handle
    const position = cleaned.sizeInBytes
    const writable = file.forWritingJobs()
    const target = writable === undefined ? undefined : { file: writable, position }
    const passed = await jobs.filter({ piece, target, keys, rules, transactions: this.#transactions })
    this.#transactions = passed.transactions
    const size = passed.keptSizeInBytes
    if (target !== undefined) file.writtenByJob(position + size)
    else if (size > 0) await cleaned.write([passed.kept])
    account(cleaned, passed.keptHeaders)
    for (const transaction of passed.aborted) cleaned.transactions.append(transaction)
    this.#count(passed, size)
    await pay(passed.sizeInBytes + size)
    return { sizeInBytes: passed.sizeInBytes }
  }

  #count(passed: FilterChunkOutput, bytesWritten: number): void {
    const { figures } = this
    figures.bytesRead += passed.sizeInBytes
    figures.bytesWritten += bytesWritten
    figures.recordsRead += passed.recordsRead
    figures.recordsKept += passed.recordsKept
    figures.recordsWithoutKey += passed.recordsWithoutKey
  }
}

function account(segment: Segment, headers: Uint8Array): void {
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
  for (let at = 0; at < headers.length; at += header.batchHeaderSize) segment.account(readAccountedBatch(view, at))
}
