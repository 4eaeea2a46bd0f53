/** Looks into replies where they lie: every error code, and the batches of a Fetch. */
import { LoadError, type LoadOptions } from './options.ts'

/** Index, error, three offsets, no errors of records, no message, no tags: what a partition has in a Produce reply without an error. */
const producedBytes = 4 + 2 + 24 + 1 + 1 + 1
const batchHeaderBytes = 61
const logOverheadBytes = 12

/** Throws where a partition of a Produce v11 reply has an error. */
export function checkProduced(bytes: Buffer, start: number, end: number, { topic, spread }: LoadOptions): void {
  // Correlation id and tags of the header, one topic, its name, its partitions.
  let at = start + 4 + 1 + 1 + 1 + topic.length + (spread + 1 < 128 ? 1 : 2)
  for (let i = 0; i < spread; i++) {
    if (at + 6 > end) throw new LoadError('a short Produce reply')
    const error = bytes.readInt16BE(at + 4)
    if (error !== 0) throw new LoadError(`Produce answered error ${error}`)
    at += producedBytes
  }
}

/** Where the records of a Fetch v11 reply of one partition begin. */
export function recordsStart(bytes: Buffer, start: number, end: number, { topic }: LoadOptions): number {
  // Correlation id, throttle time; error, session id, one topic, its name, one partition, its index.
  const errorAt = start + 4 + 4
  const partitionAt = errorAt + 2 + 4 + 4 + 2 + topic.length + 4 + 4
  // Error, three offsets, aborted transactions, preferred replica, size of the records.
  const abortedAt = partitionAt + 2 + 24
  checkRoom(abortedAt + 12, end)
  const error = bytes.readInt16BE(errorAt) || bytes.readInt16BE(partitionAt)
  if (error !== 0) throw new LoadError(`Fetch answered error ${error}`)
  const sizeAt = abortedAt + 4 + Math.max(0, bytes.readInt32BE(abortedAt)) * 16 + 4
  checkRoom(sizeAt + 4, end)
  checkRoom(sizeAt + 4 + Math.max(0, bytes.readInt32BE(sizeAt)), end)
  return sizeAt + 4
}

/** Of the records that begin there. */
export const recordsBytes = (bytes: Buffer, at: number): number => Math.max(0, bytes.readInt32BE(at - 4))

function checkRoom(to: number, end: number): void {
  if (to > end) throw new LoadError('a short Fetch reply')
}

/** The next whole batch from `at` on: its end, or undefined where none is left. */
export function batchEnd(bytes: Buffer, at: number, end: number): number | undefined {
  if (end - at < batchHeaderBytes) return undefined
  const size = logOverheadBytes + bytes.readInt32BE(at + 8)
  return size < batchHeaderBytes || end - at < size ? undefined : at + size
}

/** The offset behind a batch. */
export function nextOffset(bytes: Buffer, at: number): number {
  const base = bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
  const next = base + bytes.readInt32BE(at + 23) + 1
  if (next <= base) throw new LoadError('a batch without records')
  return next
}

/** The offset behind all whole batches of `[at, end)`, or `offset` where there are none. */
export function walk(bytes: Buffer, at: number, end: number, offset: number): number {
  let behind = offset
  for (let next = batchEnd(bytes, at, end); next !== undefined; next = batchEnd(bytes, at, end)) {
    behind = nextOffset(bytes, at)
    at = next
  }
  return behind
}
