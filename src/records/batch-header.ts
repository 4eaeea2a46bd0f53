/**
 * The header of a record batch, format version 2: 61 bytes that are read and patched where they lie. Every function
 * takes a view and the position of the batch in it; the caller knows that the header is there (`sizeInBytes` and
 * `magic` need 17 bytes, the rest 61). On the path of every produce, fetch and scan. Timestamps, and all that 53 bits
 * cannot hold, saturate: they are compared here, never stored again.
 */
import { assert, crc32c } from '../base/index.ts'

/** baseOffset and batchLength: what `batchLength` does not count. */
export const logOverhead = 12
export const batchHeaderSize = 61
/** Up to and with the byte that tells the format. */
export const headerSizeUpToMagic = 17
/** No record, of any format, is shorter than this behind `batchLength`. */
export const recordOverheadMin = 14

export const baseOffsetAt = 0
export const batchLengthAt = 8
export const partitionLeaderEpochAt = 12
export const magicAt = 16
export const crcAt = 17
export const attributesAt = 21
export const lastOffsetDeltaAt = 23
export const baseTimestampAt = 27
export const maxTimestampAt = 35
export const producerIdAt = 43
export const producerEpochAt = 51
export const baseSequenceAt = 53
export const recordCountAt = 57

export const noTimestamp = -1
export const noProducerId = -1
export const noProducerEpoch = -1
export const noSequence = -1

export const TimestampType = { createTime: 0, logAppendTime: 1 } as const
export type TimestampType = (typeof TimestampType)[keyof typeof TimestampType]

export const codecMask = 0x07
export const timestampTypeFlag = 0x08
export const transactionalFlag = 0x10
export const controlFlag = 0x20
export const deleteHorizonFlag = 0x40

const two32 = 2 ** 32

/** A signed 64-bit number, saturating at +-(2^53 - 1). */
export function readInt64(view: DataView, position: number): number {
  const value = view.getInt32(position) * two32 + view.getUint32(position + 4)
  if (value > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER
  return Math.max(value, -Number.MAX_SAFE_INTEGER)
}

/** Whether `readInt64` gave a time as it is, and not the bound that it saturates at. */
export function isExactTimestamp(timestampMs: number): boolean {
  return Number.isSafeInteger(timestampMs) && timestampMs !== Number.MAX_SAFE_INTEGER
}

export function writeInt64(view: DataView, position: number, value: number): void {
  assert(Number.isSafeInteger(value), 'an int64 is written from a safe integer')
  view.setInt32(position, Math.floor(value / two32))
  view.setUint32(position + 4, value >>> 0)
}

export function baseOffset(view: DataView, position: number): number {
  return readInt64(view, position + baseOffsetAt)
}

/** Bytes behind this field; what a peer wrote, so it may be negative. */
export function batchLength(view: DataView, position: number): number {
  return view.getInt32(position + batchLengthAt)
}

/** Bytes of the whole batch, header included. */
export function sizeInBytes(view: DataView, position: number): number {
  return view.getInt32(position + batchLengthAt) + logOverhead
}

export function partitionLeaderEpoch(view: DataView, position: number): number {
  return view.getInt32(position + partitionLeaderEpochAt)
}

export function magic(view: DataView, position: number): number {
  return view.getInt8(position + magicAt)
}

export function storedCrc(view: DataView, position: number): number {
  return view.getUint32(position + crcAt)
}

export function attributes(view: DataView, position: number): number {
  return view.getInt16(position + attributesAt)
}

export function lastOffsetDelta(view: DataView, position: number): number {
  return view.getInt32(position + lastOffsetDeltaAt)
}

/** Milliseconds, or the delete horizon when `hasDeleteHorizon`; what record timestamps are relative to. */
export function baseTimestamp(view: DataView, position: number): number {
  return readInt64(view, position + baseTimestampAt)
}

export function maxTimestamp(view: DataView, position: number): number {
  return readInt64(view, position + maxTimestampAt)
}

export function producerId(view: DataView, position: number): number {
  return readInt64(view, position + producerIdAt)
}

export function producerEpoch(view: DataView, position: number): number {
  return view.getInt16(position + producerEpochAt)
}

export function baseSequence(view: DataView, position: number): number {
  return view.getInt32(position + baseSequenceAt)
}

export function recordCount(view: DataView, position: number): number {
  return view.getInt32(position + recordCountAt)
}

export function lastOffset(view: DataView, position: number): number {
  return baseOffset(view, position) + lastOffsetDelta(view, position)
}

export function nextOffset(view: DataView, position: number): number {
  return lastOffset(view, position) + 1
}

/** The sequence of the last record: sequences wrap from 2^31 - 1 to 0. */
export function lastSequence(view: DataView, position: number): number {
  const base = baseSequence(view, position)
  return base === noSequence ? noSequence : (base + lastOffsetDelta(view, position)) % 2 ** 31
}

/** 0 to 7: see `CompressionType`; 5 to 7 mean nothing. */
export function codecId(view: DataView, position: number): number {
  return view.getUint8(position + attributesAt + 1) & codecMask
}

export function timestampType(view: DataView, position: number): TimestampType {
  return (attributes(view, position) & timestampTypeFlag) === 0 ? TimestampType.createTime : TimestampType.logAppendTime
}

export function isTransactional(view: DataView, position: number): boolean {
  return (attributes(view, position) & transactionalFlag) !== 0
}

export function isControl(view: DataView, position: number): boolean {
  return (attributes(view, position) & controlFlag) !== 0
}

export function hasDeleteHorizon(view: DataView, position: number): boolean {
  return (attributes(view, position) & deleteHorizonFlag) !== 0
}

export function hasProducerId(view: DataView, position: number): boolean {
  return view.getInt32(position + producerIdAt) >= 0
}

/** The checksum that the batch should have: over all from the attributes on. */
export function computeCrc(bytes: Uint8Array, position: number, size: number): number {
  return crc32c(bytes, position + attributesAt, position + size)
}

/** Whether the whole batch lies in `bytes[position, position + size)` unhurt; `view` is over the same bytes. */
export function isCrcValid(bytes: Uint8Array, view: DataView, position: number): boolean {
  return computeCrc(bytes, position, sizeInBytes(view, position)) === storedCrc(view, position)
}

/** Outside the checksum. */
export function patchBaseOffset(view: DataView, position: number, value: number): void {
  writeInt64(view, position + baseOffsetAt, value)
}

/** Outside the checksum. */
export function patchLeaderEpoch(view: DataView, position: number, value: number): void {
  view.setInt32(position + partitionLeaderEpochAt, value)
}

/** Outside the checksum: assigns offsets so that the last record has `value`. */
export function patchLastOffset(view: DataView, position: number, value: number): void {
  patchBaseOffset(view, position, value - lastOffsetDelta(view, position))
}

/** Sets a maximum timestamp of type CreateTime, and the checksum anew when that changes anything. */
export function patchMaxTimestamp(bytes: Uint8Array, view: DataView, position: number, value: number): void {
  patchTimestamps(bytes, view, { position, type: TimestampType.createTime, maxTimestampMs: value })
}

/** Marks every record of the batch as appended at `value`, and sets the checksum anew when that changes anything. */
export function patchLogAppendTime(bytes: Uint8Array, view: DataView, position: number, value: number): void {
  patchTimestamps(bytes, view, { position, type: TimestampType.logAppendTime, maxTimestampMs: value })
}

interface TimestampPatch {
  readonly position: number
  readonly type: TimestampType
  readonly maxTimestampMs: number
}

function patchTimestamps(bytes: Uint8Array, view: DataView, patch: TimestampPatch): void {
  const { position, type, maxTimestampMs } = patch
  if (timestampType(view, position) === type && maxTimestamp(view, position) === maxTimestampMs) return
  const others = attributes(view, position) & ~timestampTypeFlag
  view.setInt16(position + attributesAt, type === TimestampType.logAppendTime ? others | timestampTypeFlag : others)
  writeInt64(view, position + maxTimestampAt, maxTimestampMs)
  patchCrc(bytes, view, position)
}

/** Another producer's place in a batch that was built: the checksum covers it. */
export function patchProducer(
  bytes: Uint8Array,
  producer: { readonly producerId: number; readonly producerEpoch: number; readonly baseSequence: number },
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  writeInt64(view, producerIdAt, producer.producerId)
  view.setInt16(producerEpochAt, producer.producerEpoch)
  view.setInt32(baseSequenceAt, producer.baseSequence)
  patchCrc(bytes, view, 0)
}

/** After a change behind the checksum field. */
export function patchCrc(bytes: Uint8Array, view: DataView, position: number): void {
  view.setUint32(position + crcAt, computeCrc(bytes, position, sizeInBytes(view, position)))
}
