/**
 * What a log must know of a record batch of format 2, read once from its header, or of a message of an older format
 * (`stored-header.ts`). One object per batch, none per record. Pure.
 */
import { assert } from '../base/index.ts'
import { batchHeader as header } from '../records/index.ts'
import { storedLastOffset, storedMaxTimestamp } from './stored-header.ts'

const sequenceMax = 2 ** 31 - 1
/** The furthest offset from a segment's base that its indexes can hold. */
export const relativeOffsetMax = 2 ** 31 - 1
const abortMarker = 0
const commitMarker = 1

interface EndTransactionMarker {
  readonly kind: 'abort' | 'commit'
  readonly coordinatorEpoch: number
}

export interface BatchInfo {
  /** Of the first byte in the bytes it was read from. */
  readonly position: number
  readonly sizeInBytes: number
  /** Of a message of an older format that wraps others: that of the last of them. */
  readonly baseOffset: number
  readonly lastOffset: number
  readonly leaderEpoch: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  /** -1 without sequences. */
  readonly baseSequence: number
  readonly lastSequence: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  /** Of a control batch that ends a transaction. */
  readonly marker: EndTransactionMarker | undefined
}

/** The header at `position` (61 bytes are there) can be that of a batch: format 2, a size, offsets that do not fall. */
export const isBatchHeader = (view: DataView, position: number): boolean =>
  header.magic(view, position) === 2 &&
  header.sizeInBytes(view, position) >= header.batchHeaderSize &&
  header.lastOffsetDelta(view, position) >= 0 &&
  header.baseOffset(view, position) >= 0

/** What a segment must know of a batch, by its header alone. */
export type AccountedBatch = Pick<BatchInfo, 'sizeInBytes' | 'baseOffset' | 'lastOffset' | 'maxTimestamp'>

export const readAccountedBatch = (view: DataView, position: number): AccountedBatch => ({
  sizeInBytes: header.sizeInBytes(view, position),
  baseOffset: header.baseOffset(view, position),
  lastOffset: storedLastOffset(view, position),
  maxTimestamp: storedMaxTimestamp(view, position),
})

/** The whole batch lies in the view: the record of a marker is read too. */
export function readBatchInfo(view: DataView, position: number): BatchInfo {
  const sizeInBytes = header.sizeInBytes(view, position)
  assert(position + sizeInBytes <= view.byteLength, 'a batch is read whole')
  if (header.magic(view, position) !== 2) return messageInfo(view, position)
  const isControl = header.isControl(view, position)
  return {
    position,
    sizeInBytes,
    baseOffset: header.baseOffset(view, position),
    lastOffset: header.lastOffset(view, position),
    leaderEpoch: header.partitionLeaderEpoch(view, position),
    maxTimestamp: header.maxTimestamp(view, position),
    producerId: header.producerId(view, position),
    producerEpoch: header.producerEpoch(view, position),
    baseSequence: header.baseSequence(view, position),
    lastSequence: header.lastSequence(view, position),
    isTransactional: header.isTransactional(view, position),
    isControl,
    marker: isControl ? readMarker(view, position, position + sizeInBytes) : undefined,
  }
}

/** Who wrote it is not known, and it belongs to no transaction. */
const messageInfo = (view: DataView, position: number): BatchInfo => ({
  ...readAccountedBatch(view, position),
  position,
  leaderEpoch: -1,
  producerId: header.noProducerId,
  producerEpoch: header.noProducerEpoch,
  baseSequence: header.noSequence,
  lastSequence: header.noSequence,
  isTransactional: false,
  isControl: false,
  marker: undefined,
})

/** Sequences go round at 2^31 - 1. */
export const nextSequence = (sequence: number, by: number): number =>
  sequence > sequenceMax - by ? by - (sequenceMax - sequence) - 1 : sequence + by

export const previousSequence = (sequence: number, by: number): number =>
  sequence < by ? sequenceMax - (by - sequence) + 1 : sequence - by

/** The marker in a control batch's only record: key `version type`, value `version coordinatorEpoch`; undefined if none. */
function readMarker(view: DataView, position: number, end: number): EndTransactionMarker | undefined {
  const cursor = { position: position + header.batchHeaderSize, end: Math.min(end, view.byteLength) }
  skipVarint(view, cursor)
  cursor.position++
  skipVarint(view, cursor)
  skipVarint(view, cursor)
  const keySize = varint(view, cursor)
  const key = cursor.position
  if (keySize < 4 || key + keySize > cursor.end) return undefined
  const type = view.getInt16(key + 2)
  cursor.position = key + keySize
  const valueSize = varint(view, cursor)
  if ((type !== abortMarker && type !== commitMarker) || valueSize < 6 || cursor.position + 6 > cursor.end)
    return undefined
  return { kind: type === abortMarker ? 'abort' : 'commit', coordinatorEpoch: view.getInt32(cursor.position + 2) }
}

interface Cursor {
  position: number
  readonly end: number
}

function skipVarint(view: DataView, cursor: Cursor): void {
  while (cursor.position < cursor.end && view.getUint8(cursor.position) >= 0x80) cursor.position++
  cursor.position++
}

/** A small zigzag varint; -1 where the bytes end or it is longer than lengths of a marker are. */
function varint(view: DataView, cursor: Cursor): number {
  let value = 0
  for (let shift = 0; shift < 28 && cursor.position < cursor.end; shift += 7) {
    const byte = view.getUint8(cursor.position++)
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
  }
  return -1
}
