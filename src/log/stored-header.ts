/**
 * What a log must know of whatever lies in it where only its beginning is read: of a batch of format 2, or of a message of the formats
 * before Kafka 0.11, which may wrap others. Of those the offset that is stored is the last one, and the first is not told. Pure.
 */
import { batchHeader as header, isMessageCrcValid, messageTimestamp } from '../records/index.ts'

/** No message is shorter. */
export const storedSizeMin = header.logOverhead + header.recordOverheadMin
/** A message of format 1 has a timestamp. */
const timestampSize = 8

/** In the bytes from `position` to `end` there can be such a beginning: a format, a size, offsets that do not fall. */
export function isStoredHeader(view: DataView, position: number, end: number): boolean {
  const left = end - position
  if (left < storedSizeMin || header.baseOffset(view, position) < 0) return false
  const size = header.sizeInBytes(view, position)
  const magic = header.magic(view, position)
  if (magic === 2) {
    if (left < header.batchHeaderSize) return false
    return size >= header.batchHeaderSize && header.lastOffsetDelta(view, position) >= 0
  }
  if (magic === 0) return size >= storedSizeMin
  return magic === 1 && size >= storedSizeMin + timestampSize
}

const isBatch = (view: DataView, position: number): boolean => header.magic(view, position) === 2

export const storedLastOffset = (view: DataView, position: number): number =>
  isBatch(view, position) ? header.lastOffset(view, position) : header.baseOffset(view, position)

/** Saturates; -1 for none. */
export function storedMaxTimestamp(view: DataView, position: number): number {
  if (isBatch(view, position)) return header.maxTimestamp(view, position)
  const max = Number.MAX_SAFE_INTEGER
  return Math.max(-max, Math.min(max, Number(messageTimestamp(view, position))))
}

/** It lies whole in `bytes`. */
export const isStoredCrcValid = (bytes: Uint8Array, view: DataView, position: number): boolean =>
  isBatch(view, position) ? header.isCrcValid(bytes, view, position) : isMessageCrcValid(bytes, view, position)
