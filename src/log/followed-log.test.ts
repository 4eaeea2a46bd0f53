/** The log of a follower: what its leader sends, and where it is cut. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDisk } from '../env/index.ts'
import { buildBatch } from '../records/index.ts'
import { defaultLogConfig, Log } from './index.ts'
import { clock, logger } from './log-fixture.ts'

const open = (disk = new MemoryDisk()): Promise<Log> =>
  Log.open({
    directory: '/data/t-0',
    topicPartition: { topic: 't', partition: 0 },
    topicId: undefined,
    config: defaultLogConfig,
    ...{ disk, clock, logger },
    recoveryPoint: 0,
    isCleanShutdown: true,
    logStartOffset: 0,
    onDirectoryFailure: (error) => assert.fail(error),
  })

const batch = (baseOffset: number, leaderEpoch: number): Buffer =>
  buildBatch([{ value: Buffer.from('value'), timestampMs: 1 }], { baseOffset, leaderEpoch })

test('a batch of a later leader than the one that sends it is left out, and what lies behind it', async () => {
  const log = await open()
  const bytes = Buffer.concat([batch(0, 3), batch(1, 4), batch(2, 5), batch(3, 4)])
  await log.append(bytes, { kind: 'follower', leaderEpoch: 4 })
  assert.equal(log.logEndOffset, 2)
  await log.append(batch(2, 5), { kind: 'follower', leaderEpoch: 4 })
  assert.equal(log.logEndOffset, 2)
  await log.append(batch(2, 5), { kind: 'follower', leaderEpoch: 5 })
  assert.equal(log.logEndOffset, 3)
  await log.close()
})

test('a partial last batch is left out', async () => {
  const log = await open()
  const second = batch(1, 0)
  await log.append(Buffer.concat([batch(0, 0), second.subarray(0, second.length - 1)]), { kind: 'follower' })
  assert.equal(log.logEndOffset, 1)
  await log.close()
})

test('the epoch of a leader that has appended nothing goes where the log is cut at its end', async () => {
  const disk = new MemoryDisk()
  const log = await open(disk)
  await log.append(batch(0, 3), { kind: 'follower', leaderEpoch: 3 })
  log.assignEpochStart(5, 1)
  assert.equal(log.latestEpoch, 5)
  await log.truncateTo(1)
  assert.equal(log.latestEpoch, 3)
  assert.equal(log.logEndOffset, 1)
  await log.close()
  const again = await open(disk)
  assert.equal(again.latestEpoch, 3)
  await again.close()
})

test('an epoch that goes on behind one that began there too early starts where it did', async () => {
  const log = await open()
  for (const offset of [0, 1, 2]) await log.append(batch(offset, Math.min(offset, 1)), { kind: 'follower' })
  // It had more, lost it with its power, and was taken for the leader still.
  log.assignEpochStart(3, 3)
  await log.append(batch(3, 1), { kind: 'follower', leaderEpoch: 4 })
  assert.deepEqual(
    [0, 1, 2, 3].map((offset) => log.epochOf(offset)),
    [0, 1, 1, 1],
  )
  assert.equal(log.latestEpoch, 1)
  await log.close()
})

test('what was pending when a later epoch began behind it takes nothing from what is known of epochs', async () => {
  const log = await open()
  await log.append(Buffer.concat([batch(0, 5), batch(1, 6)]), { kind: 'follower', leaderEpoch: 6 })
  // It rolls first.
  log.config = { ...log.config, segmentBytes: 100 }
  const pending = log.append(batch(2, 6), { kind: 'follower', leaderEpoch: 6 })
  assert.ok(pending instanceof Promise)
  log.assignEpochStart(7, log.nextOffset)
  await pending
  assert.deepEqual(log.endOffsetForEpoch(5), { leaderEpoch: 5, endOffset: 1 })
  assert.deepEqual(log.endOffsetForEpoch(6), { leaderEpoch: 6, endOffset: 3 })
  assert.deepEqual(log.endOffsetForEpoch(7), { leaderEpoch: 7, endOffset: 3 })
  await log.close()
})

test('a log that is cut before its start begins at its end', async () => {
  const log = await open()
  for (let offset = 0; offset < 8; offset++) await log.append(batch(offset, 0), { kind: 'follower' })
  log.setHighWatermark(8)
  log.deleteRecordsBefore(6)
  await log.truncateTo(5)
  assert.deepEqual([log.logStartOffset, log.highWatermark, log.logEndOffset], [5, 5, 5])
  await log.append(batch(5, 0), { kind: 'follower' })
  assert.equal(log.logEndOffset, 6)
  await log.close()
})

test('while the log is cut, an open transaction below the cut is not stable at any time', async () => {
  const log = await open()
  const transaction = { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true, leaderEpoch: 0 }
  const records = [{ value: Buffer.from('value'), timestampMs: clock.now() }]
  await log.append(batch(0, 0), { kind: 'follower' })
  await log.append(buildBatch(records, { ...transaction, baseOffset: 1 }), { kind: 'follower' })
  for (const offset of [2, 3, 4]) await log.append(batch(offset, 0), { kind: 'follower' })
  log.setHighWatermark(3)
  const seen = new Set<number>()
  let isDone = false
  const cutting = log.truncateTo(4).then(() => {
    isDone = true
  })
  while (!isDone) {
    seen.add(log.lastStableOffset)
    await Promise.resolve()
  }
  await cutting
  assert.deepEqual([...seen, log.lastStableOffset], [1, 1])
  await log.close()
})
