/**
 * Reads a segment from front to back, batch by batch, off the loop: for recovery, for rebuilding indexes and producer
 * state. Stops at the first byte that starts no whole batch.
 */
import type { DiskFile } from '../base/index.ts'
import { batchHeader as header } from '../records/index.ts'
import { type BatchInfo, readBatchInfo } from './batch-info.ts'
import { isStoredCrcValid, isStoredHeader } from './stored-header.ts'

const chunkSize = 256 * 1024

export interface ScanOptions {
  readonly file: DiskFile
  readonly from: number
  readonly to: number
  readonly isCrcChecked: boolean
  /** `filePosition` is that of the batch in the file. False: the batch does not belong there, the scan ends before it. */
  readonly visit: (info: BatchInfo, filePosition: number) => boolean
}

/** Returns where the last whole, valid batch ends. */
export async function scanBatches({ file, from, to, isCrcChecked, visit }: ScanOptions): Promise<number> {
  if (from >= to) return from
  // A start scans thousands of segments that are small or empty.
  let bytes = new Uint8Array(Math.min(chunkSize, to - from))
  let view = new DataView(bytes.buffer)
  let at = from
  while (at < to) {
    const filled = await fill(file, { into: bytes, position: at, to })
    let used = 0
    while (isStoredHeader(view, used, filled)) {
      const size = header.sizeInBytes(view, used)
      if (size > filled - used) break
      if (isCrcChecked && !isStoredCrcValid(bytes, view, used)) return at + used
      if (!visit(readBatchInfo(view, used), at + used)) return at + used
      used += size
    }
    if (used === 0) {
      const wanted = isStoredHeader(view, 0, filled) ? header.sizeInBytes(view, 0) : 0
      if (wanted <= bytes.length || wanted > to - at) return at
      bytes = new Uint8Array(wanted)
      view = new DataView(bytes.buffer)
    }
    at += used
  }
  return at
}

interface Fill {
  readonly into: Uint8Array
  readonly position: number
  readonly to: number
}

async function fill(file: DiskFile, { into, position, to }: Fill): Promise<number> {
  const end = Math.min(into.length, to - position)
  let filled = 0
  while (filled < end) {
    const size = await file.read(into, filled, end, position + filled)
    if (size === 0) break
    filled += size
  }
  return filled
}

/** Whether there is nothing but zeros from there on: space that was allocated ahead. */
export async function isZeroFrom(file: DiskFile, from: number): Promise<boolean> {
  const to = file.size()
  if (from >= to) return true
  const bytes = Buffer.alloc(Math.min(chunkSize, to - from))
  const zeros = Buffer.alloc(bytes.length)
  for (let at = from; at < to; ) {
    const filled = await fill(file, { into: bytes, position: at, to })
    if (filled === 0) return false
    if (bytes.compare(zeros, 0, filled, 0, filled) !== 0) return false
    at += filled
  }
  return true
}
