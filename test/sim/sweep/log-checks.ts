/** What a log must be after a restart: what was promised is there, and it agrees with itself in all ways to look at it. */
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { Log } from '../../../src/log/index.ts'
import type { PartitionPromises } from './promises.ts'
import { type ReplayedProducer, readLog, replay, type StoredBatch, type StoredRecord } from './stored.ts'

export interface Restarted {
  readonly log: Log
  readonly promise: PartitionPromises
  /** Nothing took away what was answered, synced or not. */
  readonly isLossless: boolean
  /** The log of the node names a hole. */
  readonly isHoleTold: boolean
}

/** From now on the promise is what was found. */
export async function checkRestartedLog(restarted: Restarted): Promise<void> {
  const { log, promise, isLossless } = restarted
  const stored = await readLog(log)
  const requiredEnd = isLossless ? promise.acknowledgedEnd : promise.durableEnd
  assert.ok(log.logEndOffset >= requiredEnd, `the log ends at ${log.logEndOffset}, it must reach ${requiredEnd}`)
  assert.ok(
    log.logStartOffset >= promise.startMin,
    `the log starts at ${log.logStartOffset}, it was ${promise.startMin}`,
  )
  assert.ok(
    log.logStartOffset <= promise.startMax,
    `the log starts at ${log.logStartOffset}, asked was ${promise.startMax}`,
  )
  checkOffsets(log, promise.highWatermarkMin)
  if (log.config.isCompacted) checkNewest(stored, promise.batches, requiredEnd)
  else checkAll(stored, restarted, requiredEnd)
  checkEpochs(log, stored)
  checkProducers(log, stored, promise)
  checkAborted(log, stored)
  await checkReaders(log, stored)
  const before = promise.batches.filter(({ lastOffset }) => lastOffset < log.logStartOffset)
  promise.batches = [...before, ...stored.filter(({ lastOffset }) => lastOffset >= log.logStartOffset)]
  promise.acknowledgedEnd = log.logEndOffset
  promise.observe(log)
  log.setHighWatermark(log.logEndOffset)
}

function checkOffsets(log: Log, highWatermarkMin: number): void {
  const { logStartOffset, highWatermark, logEndOffset, recoveryPoint, lastStableOffset } = log
  const found = JSON.stringify({ logStartOffset, lastStableOffset, highWatermark, logEndOffset, recoveryPoint })
  assert.ok(logStartOffset <= highWatermark && highWatermark <= logEndOffset && recoveryPoint <= logEndOffset, found)
  assert.ok(lastStableOffset <= highWatermark, found)
  assert.ok(highWatermark >= Math.min(highWatermarkMin, logEndOffset), `${found}, a checkpoint has ${highWatermarkMin}`)
}

/** Batch by batch as they were sent; what is missing was not flushed. */
function checkAll(stored: readonly StoredBatch[], restarted: Restarted, requiredEnd: number): void {
  const { log, promise, isHoleTold } = restarted
  const { cut } = promise
  if (cut !== undefined) {
    // Either is right, but not one behind the other.
    const isCutBack = stored.some(({ baseOffset, lastOffset }) =>
      cut.before.some((it) => it.baseOffset === baseOffset && lastOffset >= cut.from),
    )
    const isNew = stored.some((batch) =>
      promise.batches.some((it) => it.baseOffset >= cut.from && isDeepStrictEqual(it, batch)),
    )
    if (isCutBack && !isNew) promise.batches = [...cut.before]
    promise.cut = undefined
  }
  const sent = new Map(promise.batches.map((batch) => [batch.baseOffset, batch]))
  for (const batch of stored)
    assert.deepEqual(batch, sent.get(batch.baseOffset), `${log.directory}: a batch is as it was sent`)
  const offsets = new Set(stored.map(({ baseOffset }) => baseOffset))
  for (const { baseOffset, lastOffset } of promise.batches) {
    const mustBeThere = lastOffset >= log.logStartOffset && lastOffset < requiredEnd
    assert.ok(
      !mustBeThere || offsets.has(baseOffset),
      `${baseOffset} is missing, all before ${requiredEnd} must be there`,
    )
  }
  let next = log.logStartOffset
  for (const { baseOffset, lastOffset } of stored) {
    const isTold = isHoleTold || promise.holes.has(baseOffset)
    assert.ok(baseOffset <= next || isTold, `a hole from ${next} to ${baseOffset}, of which nothing is told`)
    if (baseOffset > next) promise.holes.add(baseOffset)
    assert.ok(lastOffset >= next, 'offsets rise')
    next = lastOffset + 1
  }
  assert.ok(next === log.logEndOffset || isHoleTold, `batches end at ${next}, the log at ${log.logEndOffset}`)
}

/** Of each key the newest record that must be there, or a newer one; nothing that was not sent. */
function checkNewest(stored: readonly StoredBatch[], sent: readonly StoredBatch[], requiredEnd: number): void {
  const sentRecords = new Map(sent.flatMap(({ records }) => records.map((record) => [record.offset, record])))
  const newest = new Map<string, StoredRecord>()
  let last = -1
  for (const { baseOffset, lastOffset, records } of stored) {
    assert.ok(baseOffset > last, 'offsets rise')
    last = lastOffset
    for (const record of records) {
      assert.deepEqual(record, sentRecords.get(record.offset), 'a record is as it was sent')
      newest.set(record.key, record)
    }
  }
  for (const { lastOffset, records } of sent) {
    if (lastOffset >= requiredEnd) continue
    for (const { key, offset } of records) {
      const found = newest.get(key)?.offset ?? -1
      assert.ok(found >= offset, `${key} was written at ${offset}, what is left of it is at ${found}`)
    }
  }
}

function checkEpochs(log: Log, stored: readonly StoredBatch[]): void {
  let epoch = 0
  for (const { baseOffset, leaderEpoch } of stored) {
    assert.ok(leaderEpoch >= epoch, 'epochs rise')
    epoch = leaderEpoch
    assert.equal(
      log.epochOf(Math.max(baseOffset, log.logStartOffset)),
      leaderEpoch,
      `the epoch of ${baseOffset} in ${log.directory}, ${log.logStartOffset}`,
    )
  }
}

/** What is known of producers is what their batches say. Of those without a batch, no more than was sent. */
function checkProducers(log: Log, stored: readonly StoredBatch[], { batches }: PartitionPromises): void {
  const replayed = replay(stored)
  for (const [producerId, expected] of replayed) {
    const entry = log.producers.find((it) => it.producerId === producerId)
    assert.ok(entry, `producer ${producerId} is known`)
    const last = entry.batches.at(-1)
    const found: ReplayedProducer = {
      producerEpoch: entry.producerEpoch,
      lastSequence: last?.lastSequence ?? -1,
      lastOffset: last?.lastOffset ?? -1,
      openFrom: entry.currentTxnFirstOffset,
    }
    // What lies before the log start is known from a snapshot only.
    const openFrom = found.openFrom >= 0 && found.openFrom < log.logStartOffset ? found.openFrom : expected.openFrom
    const isBefore = expected.lastOffset < 0 && found.lastOffset < log.logStartOffset
    const { lastSequence, lastOffset } = isBefore ? found : expected
    assert.deepEqual(found, { ...expected, lastSequence, lastOffset, openFrom }, `producer ${producerId}`)
  }
  for (const { producerId, batches: kept } of log.producers) {
    const last = kept.at(-1)
    if (replayed.has(producerId) || last === undefined) continue
    const sent = batches.find(({ lastOffset }) => lastOffset === last.lastOffset)
    assert.equal(sent?.lastSequence, last.lastSequence, `producer ${producerId}, of whom there is no batch`)
    assert.ok(last.lastOffset < log.logStartOffset, `producer ${producerId} is ahead of its batches`)
  }
}

/** Readers of committed records skip each transaction that was aborted and has records left, and no other. */
function checkAborted(log: Log, stored: readonly StoredBatch[]): void {
  const { logStartOffset, logEndOffset } = log
  const listed = log.abortedTransactions({ startOffset: logStartOffset, upperBoundOffset: logEndOffset })
  const open = new Set<number>()
  const aborted = new Set<number>()
  for (const { kind, producerId, lastOffset } of stored) {
    if (kind === 'abort') aborted.add(lastOffset)
    if (kind === 'abort' && open.has(producerId)) {
      const isListed = listed.some((it) => it.lastOffset === lastOffset)
      assert.ok(isListed, `the transaction that was aborted at ${lastOffset} is listed`)
    }
    if (kind === 'transactional') open.add(producerId)
    else open.delete(producerId)
  }
  for (const { lastOffset } of listed) {
    const isAborted = lastOffset < logStartOffset || aborted.has(lastOffset)
    assert.ok(isAborted, `a transaction that was not aborted at ${lastOffset} is listed`)
  }
}

/** From wherever they begin, by offset or by time: no index leads them past anything. */
async function checkReaders(log: Log, stored: readonly StoredBatch[]): Promise<void> {
  for (let offset = log.logStartOffset; offset < log.logEndOffset; offset++) {
    const expected = stored.find(({ lastOffset }) => lastOffset >= offset)
    const plan = await log.read({ startOffset: offset, maxBytes: 1, maxOffset: log.logEndOffset, minOneBatch: true })
    assert.equal(plan.sizeInBytes > 0, expected !== undefined, `a reader from ${offset} in ${log.directory}`)
    if (expected === undefined) continue
    const [region] = plan.open()
    assert.ok(region)
    const header = Buffer.alloc(8)
    assert.ok(region.readSync(header, 0))
    region.release()
    assert.equal(
      Number(header.readBigInt64BE()),
      expected.baseOffset,
      `the first batch of a reader from ${offset} in ${log.directory}`,
    )
  }
  for (const timestamp of new Set(stored.map(({ maxTimestamp }) => maxTimestamp))) {
    const expected = stored.find(({ maxTimestamp }) => maxTimestamp >= timestamp)
    const found = await log.batchForTimestamp(timestamp)
    const baseOffset = found === undefined ? -1 : Number(Buffer.from(found).readBigInt64BE())
    assert.equal(baseOffset, expected?.baseOffset, `the first batch of ${timestamp}`)
  }
}
