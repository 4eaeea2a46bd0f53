/**
 * What an answer to a ShareFetch holds of one partition: batches as they lie in the log, and the ranges of offsets in them that were
 * acquired, each with the number of its deliveries. Other records of the batches are somebody else's. Pure.
 */
import { BatchCursor, batchHeader, CompressionType, messageCodecId } from '../../records/index.ts'
import { BatchRecords } from '../consumer/batch-records.ts'
import type { ConsumedRecord } from '../consumer/consumed-record.ts'
import { KafkaError } from '../kafka-error.ts'
import { type AcknowledgedRange, AcknowledgeType } from './acknowledgements.ts'

type Bytes = Buffer | null

export interface DeliveredRecord extends ConsumedRecord<Bytes, Bytes> {
  /** This time included. */
  readonly deliveryCount: number
}

interface OffsetRange {
  readonly firstOffset: number
  readonly lastOffset: number
}

export interface AcquiredOptions {
  readonly topic: string
  readonly partition: number
  /** Whole batches; the last one may be cut short. */
  readonly bytes: Uint8Array
  readonly acquired: readonly (OffsetRange & { readonly deliveryCount: number })[]
  readonly checkCrcs: boolean
  /** Of one batch, decompressed. */
  readonly bytesMax: number
}

export interface Acquired {
  /** By offset. */
  readonly records: readonly DeliveredRecord[]
  /**
   * Acquired, and no record to hand out: gaps; what cannot be read, which is rejected as Kafka's consumer does; and what did not come whole,
   * which is released: nobody has seen that there is no record.
   */
  readonly unusable: readonly AcknowledgedRange[]
  /** Why something cannot be read. */
  readonly error: KafkaError | undefined
}

export function acquiredRecords(options: AcquiredOptions): Acquired {
  const records: DeliveredRecord[] = []
  const unusable: AcknowledgedRange[] = []
  let error: KafkaError | undefined
  const ranges = disjoint(options.acquired)
  const cursor = new BatchCursor(options.bytes)
  const decoder = new BatchRecords(options)
  /** Behind the batch before. */
  let next = 0
  while (cursor.next()) {
    const first = firstOffset(cursor, next)
    const last = cursor.lastOffset
    next = last + 1
    if (cursor.isControl) continue
    const ours = within(ranges, first, last)
    if (ours.length === 0) continue
    try {
      for (const record of decoded(cursor, options, decoder)) {
        const range = ours.find(
          ({ firstOffset, lastOffset }) => firstOffset <= record.offset && record.offset <= lastOffset,
        )
        if (range !== undefined) records.push({ ...record, deliveryCount: range.deliveryCount })
      }
    } catch (cause) {
      error ??= unreadable(options, cursor, cause)
      unusable.push(...ours.map((range) => ({ ...range, type: AcknowledgeType.reject })))
    }
  }
  if (cursor.ended !== 'end') {
    unusable.push(
      ...within(ranges, next, Number.MAX_SAFE_INTEGER).map((range) => ({ ...range, type: AcknowledgeType.release })),
    )
  }
  records.sort((a, b) => a.offset - b.offset)
  return { records, unusable: [...unusable, ...gaps(ranges, records, unusable)], error }
}

type Range = AcquiredOptions['acquired'][number]

/** By offset; where a broker tells of an offset twice, the first range has it. */
function disjoint(acquired: readonly Range[]): Range[] {
  const ranges: Range[] = []
  for (const { firstOffset, lastOffset, deliveryCount } of acquired.toSorted((a, b) => a.firstOffset - b.firstOffset)) {
    const first = Math.max(firstOffset, (ranges.at(-1)?.lastOffset ?? -1) + 1)
    if (first <= lastOffset) ranges.push({ firstOffset: first, lastOffset, deliveryCount })
  }
  return ranges
}

/** The parts of the ranges that lie between two offsets. */
const within = (ranges: readonly Range[], first: number, last: number): Range[] =>
  ranges
    .filter(({ firstOffset, lastOffset }) => firstOffset <= last && lastOffset >= first)
    .map(({ firstOffset, lastOffset, deliveryCount }) => ({
      firstOffset: Math.max(firstOffset, first),
      lastOffset: Math.min(lastOffset, last),
      deliveryCount,
    }))

/** Where messages are wrapped it is not told: they lie behind the batch before. */
function firstOffset({ magic, view, position }: BatchCursor, next: number): number {
  const isWrapper = magic !== 2 && messageCodecId(view, position) !== CompressionType.none
  return isWrapper ? next : batchHeader.baseOffset(view, position)
}

function decoded(
  cursor: BatchCursor,
  { checkCrcs }: AcquiredOptions,
  decoder: BatchRecords,
): readonly ConsumedRecord<Bytes, Bytes>[] {
  if (checkCrcs && cursor.magic === 2 && !cursor.isCrcValid()) throw new Error('its checksum is wrong')
  const records: ConsumedRecord<Bytes, Bytes>[] = []
  decoder.addTo(records, cursor, 0)
  return records
}

function unreadable(
  { topic, partition }: AcquiredOptions,
  { view, position }: BatchCursor,
  cause: unknown,
): KafkaError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const offset = batchHeader.baseOffset(view, position)
  const text = `${topic}-${partition}: the batch at offset ${offset} was rejected: ${reason}`
  return new KafkaError('CORRUPT_MESSAGE', text, { cause })
}

/** What of the ranges is neither a record nor rejected. */
function gaps(
  ranges: readonly OffsetRange[],
  records: readonly DeliveredRecord[],
  rejected: readonly OffsetRange[],
): AcknowledgedRange[] {
  const taken = [...records.map(({ offset }) => ({ firstOffset: offset, lastOffset: offset })), ...rejected]
  taken.sort((a, b) => a.firstOffset - b.firstOffset)
  const found: AcknowledgedRange[] = []
  let i = 0
  for (const { firstOffset, lastOffset } of ranges) {
    let next = firstOffset
    for (let it = taken[i]; it !== undefined && it.firstOffset <= lastOffset; it = taken[++i]) {
      if (it.firstOffset > next)
        found.push({ firstOffset: next, lastOffset: it.firstOffset - 1, type: AcknowledgeType.gap })
      next = Math.max(next, it.lastOffset + 1)
    }
    if (next <= lastOffset) found.push({ firstOffset: next, lastOffset, type: AcknowledgeType.gap })
  }
  return found
}
