/** What stands in a log, batch by batch, in plain words: for those who compare it with what was sent. */
import assert from 'node:assert/strict'
import { type Log, readPlan } from '../../../src/log/index.ts'
import { BatchCursor, batchHeader, readRecords } from '../../../src/records/index.ts'

export interface StoredRecord {
  readonly offset: number
  readonly key: string
  readonly value: string | null
}

export interface StoredBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly leaderEpoch: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  /** -1 without one. */
  readonly lastSequence: number
  readonly kind: 'plain' | 'transactional' | 'commit' | 'abort'
  readonly records: readonly StoredRecord[]
}

const decompressedBytesMax = 1e6
/** Of one read: the last batch of so much may be cut, and of less not. */
const askedBytes = 1e6

function kindOf({ bytes, view, position }: BatchCursor): StoredBatch['kind'] {
  if (!batchHeader.isTransactional(view, position)) return 'plain'
  if (!batchHeader.isControl(view, position)) return 'transactional'
  const [marker] = readRecords(bytes, position, decompressedBytesMax)
  return marker?.key?.at(-1) === 1 ? 'commit' : 'abort'
}

/** `cut`: of the last batch a part may be missing, as for a reader that asked for so many bytes. */
export function batchesOf(bytes: Uint8Array, end: 'whole' | 'cut' = 'whole'): StoredBatch[] {
  const cursor = new BatchCursor(bytes)
  const batches: StoredBatch[] = []
  while (cursor.next()) {
    const { view, position } = cursor
    assert.ok(cursor.isCrcValid(), 'what is read has the right checksum')
    const kind = kindOf(cursor)
    const isControl = kind === 'commit' || kind === 'abort'
    batches.push({
      baseOffset: batchHeader.baseOffset(view, position),
      lastOffset: batchHeader.lastOffset(view, position),
      leaderEpoch: batchHeader.partitionLeaderEpoch(view, position),
      maxTimestamp: batchHeader.maxTimestamp(view, position),
      producerId: batchHeader.producerId(view, position),
      producerEpoch: batchHeader.producerEpoch(view, position),
      lastSequence: isControl ? -1 : batchHeader.lastSequence(view, position),
      kind,
      records: isControl
        ? []
        : Array.from(readRecords(bytes, position, decompressedBytesMax), ({ offset, key, value }) => ({
            offset,
            key: key === null ? '' : Buffer.from(key).toString('latin1'),
            value: value === null ? null : Buffer.from(value).toString('latin1'),
          })),
    })
  }
  const isRight = cursor.ended === 'end' || (cursor.ended === 'torn' && end === 'cut')
  assert.ok(isRight, `what is read are whole batches: ${cursor.ended}`)
  return batches
}

/** From the batch that holds `from`, or the next one, to the end of the log. */
export async function readLog(log: Log, from = log.logStartOffset): Promise<StoredBatch[]> {
  const all: StoredBatch[] = []
  for (let next = from; next < log.logEndOffset; ) {
    const plan = await log.read({
      startOffset: next,
      maxBytes: askedBytes,
      maxOffset: log.logEndOffset,
      minOneBatch: true,
    })
    const bytes = readPlan(plan)
    assert.ok(bytes !== undefined, 'what is planned is read')
    const batches = batchesOf(bytes, bytes.length < askedBytes ? 'whole' : 'cut')
    const last = batches.at(-1)
    if (last === undefined) break
    assert.ok(last.lastOffset >= next, 'a reader comes further')
    all.push(...batches)
    next = last.lastOffset + 1
  }
  return all
}

/** Of the producers in `batches`: the last sequence, where it stands, and the transaction that is open. */
export interface ReplayedProducer {
  producerEpoch: number
  lastSequence: number
  lastOffset: number
  openFrom: number
}

export function replay(batches: readonly StoredBatch[]): ReadonlyMap<number, ReplayedProducer> {
  const producers = new Map<number, ReplayedProducer>()
  for (const { producerId, producerEpoch, lastSequence, lastOffset, baseOffset, kind } of batches) {
    if (producerId < 0) continue
    const known = producers.get(producerId)
    const producer = known ?? { producerEpoch, lastSequence: -1, lastOffset: -1, openFrom: -1 }
    producers.set(producerId, producer)
    producer.producerEpoch = producerEpoch
    if (kind === 'commit' || kind === 'abort') producer.openFrom = -1
    else {
      producer.lastSequence = lastSequence
      producer.lastOffset = lastOffset
      if (kind === 'transactional' && producer.openFrom < 0) producer.openFrom = baseOffset
    }
  }
  return producers
}
