/** The first pass of a compaction, a job: notes the newest offset of each key in a piece of the dirty part of a log. Pure. */

import type { JobHost } from '../../base/index.ts'
import { overChunk, type Piece, wholeBatches } from './chunk.ts'
import { KeyOffsets } from './key-offsets.ts'
import { RecordFields } from './record-fields.ts'
import { CompactedTransactions, type TransactionsState } from './transactions.ts'

export interface IndexChunkInput {
  readonly piece: Piece
  readonly keys: SharedArrayBuffer
  /** What lies before is clean. */
  readonly firstDirtyOffset: number
  readonly transactions: TransactionsState
  readonly decompressedBytesMax: number
}

export interface IndexChunkOutput {
  /** Bytes of whole batches that were noted. */
  readonly sizeInBytes: number
  /** Of the last batch that was noted whole; -1 for none. */
  readonly lastOffset: number
  /** There was no room for the keys of the next batch. */
  readonly isFull: boolean
  readonly transactions: TransactionsState
}

/** Throws CorruptBatchError. */
export function indexChunk(input: IndexChunkInput, host: JobHost): IndexChunkOutput {
  const { piece, firstDirtyOffset, decompressedBytesMax } = input
  const keys = new KeyOffsets(input.keys)
  const fields = new RecordFields()
  const passed = new CompactedTransactions(input.transactions)
  let sizeInBytes = 0
  let lastOffset = -1
  const output = (isFull: boolean): IndexChunkOutput => ({
    sizeInBytes,
    lastOffset,
    isFull,
    // A batch that found no room comes again: that it was passed changes nothing then.
    transactions: passed.state,
  })
  return overChunk(() => {
    const rules = { decompressedBytesMax, checked: { from: 0, to: 0 } }
    for (const batch of wholeBatches(piece, rules, host)) {
      const { info, recordCount } = batch
      if (info.isControl) passed.isMarkerDone(info, recordCount)
      else if (!passed.isAborted(info) && recordCount > 0) {
        const records = batch.records()
        fields.reset(records.bytes, records.start, records.end)
        while (fields.next()) {
          const { keyAt, keySize } = fields
          const offset = info.baseOffset + fields.offsetDelta
          if (keySize < 0 || offset < firstDirtyOffset) continue
          if (!keys.put(records.bytes, { start: keyAt, end: keyAt + keySize }, offset)) return output(true)
        }
      }
      sizeInBytes += info.sizeInBytes
      lastOffset = info.lastOffset
    }
    return output(false)
  })
}
