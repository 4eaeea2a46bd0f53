/** What a truncation, or retention, leaves when power is lost in it or behind it. Found by the crash-point sweep. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidFromLatin1 } from '../../src/base/index.ts'
import type { Log } from '../../src/log/index.ts'
import { readCheckpoint } from '../../src/log/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import { type Fate, World } from '../../src/sim/index.ts'
import { inWorld, logDirectory, node, openManager, type Powered, plain, records } from './powered-log.ts'
import { readLog } from './sweep/stored.ts'

const config = { segmentBytes: 400 }

/** Six batches in three segments, all of it flushed and written down as a clean stop does. */
async function threeSegments({ open, append }: Powered): Promise<Log> {
  const log = await open({ config })
  for (let i = 0; i < 6; i++) await append(log, plain(120))
  assert.equal(log.segmentCount, 3)
  await log.close()
  return open({ config, recoveryPoint: 6 })
}

const offsetsIn = async (log: Log): Promise<number[]> => (await readLog(log)).map(({ baseOffset }) => baseOffset)

/** Offsets that are left when the world stops at the `nth` operation of a truncation to 1; and how many there are. */
async function truncated(nth: number, how: Fate | 'killed'): Promise<{ offsets: number[]; operations: number }> {
  let outcome = { offsets: [0], operations: 0 }
  await inWorld(async (powered) => {
    const { world, open } = powered
    const log = await threeSegments(powered)
    const volume = world.disk(node)
    const before = volume.operations
    const { promise, resolve } = Promise.withResolvers<void>()
    world.endInOperation(node, nth, { how, ended: resolve })
    await Promise.race([log.truncateTo(1), promise])
    const operations = volume.operations - before
    world.kill(node)
    outcome = { offsets: await offsetsIn(await open({ config, recoveryPoint: 6 })), operations }
  })
  return outcome
}

test('wherever a truncation ends, the log has no hole', async () => {
  const { offsets, operations } = await truncated(1000, 'killed')
  assert.deepEqual(offsets, [0])
  const ends = new Set<number>()
  for (const how of ['killed', 'dropped', 'torn'] as const) {
    for (let nth = 1; nth <= operations; nth++) {
      const left = await truncated(nth, how)
      ends.add(left.offsets.length)
      assert.deepEqual(left.offsets, [0, 1, 2, 3, 4, 5].slice(0, left.offsets.length), `${how} at ${nth}`)
    }
  }
  assert.deepEqual([...ends].sort(), [1, 2, 4, 6])
})

test('what was cut does not come back', () =>
  inWorld(async (powered) => {
    const { world, open } = powered
    const log = await threeSegments(powered)
    await log.truncateTo(3)
    world.crash(node, 'dropped')
    assert.equal((await open({ config, recoveryPoint: 3 })).logEndOffset, 3)
  }))

test('an index of what was cut leads nobody past what took its place', () =>
  inWorld(async ({ world, open, append }) => {
    const dense = { segmentBytes: 700, indexIntervalBytes: 0 }
    const timed = (sizeInBytes: number, timestampMs: number): Buffer =>
      buildBatch(records('x'.repeat(sizeInBytes), timestampMs))
    const log = await open({ config: dense })
    for (const timestampMs of [10, 20, 30]) await append(log, timed(100, timestampMs))
    await append(log, timed(600, 40))
    assert.equal(log.segmentCount, 2)
    await log.close()
    // The indexes of the first segment are on the disk by now.
    world.crash(node, 'kept')
    const cut = await open({ config: dense, recoveryPoint: 4 })
    await cut.truncateTo(1)
    // Batches as long as those that were there.
    for (const timestampMs of [50, 60, 70]) await append(cut, timed(100, timestampMs))
    await append(cut, timed(600, 80))
    await cut.flush()
    assert.equal(cut.recoveryPoint, 5)
    world.crash(node, 'dropped')
    const again = await open({ config: dense, recoveryPoint: 5 })
    for (const [timestamp, baseOffset] of [
      [10, 0],
      [50, 1],
      [60, 2],
      [80, 4],
    ] as const) {
      const batch = await again.batchForTimestamp(timestamp)
      assert.equal(batch && Number(Buffer.from(batch).readBigInt64BE()), baseOffset)
    }
    assert.deepEqual(await offsetsIn(again), [0, 1, 2, 3, 4])
  }))

test('what was allocated ahead and trimmed does not come back behind records that are flushed', () =>
  inWorld(async ({ world, open, append }) => {
    const ahead = { segmentBytes: 400, preallocate: true }
    const log = await open({ config: ahead })
    await append(log, plain(120))
    await log.flush()
    const { recoveryPoint } = log
    await append(log, plain(300))
    assert.equal(log.segmentCount, 2)
    // As the next leader epoch does, which writes a file there.
    await world.env(node).disk.syncDirectory(logDirectory)
    world.crash(node, 'dropped')
    const again = await open({ config: ahead, recoveryPoint })
    assert.deepEqual(await offsetsIn(again), [0])
    await append(again, plain(300))
    assert.deepEqual(await offsetsIn(again), [0, 1])
  }))

test('what retention has deleted does not come back', () =>
  inWorld(async (powered) => {
    const { world, open } = powered
    const log = await threeSegments(powered)
    log.setHighWatermark(6)
    log.deleteRecordsBefore(4)
    // The epochs say so before the segments go.
    await new Promise<void>((resolve) => void world.env(node).clock.after(100, resolve))
    assert.equal(await log.applyRetention(), 2)
    world.crash(node, 'dropped')
    assert.equal((await open({ config, recoveryPoint: 6 })).logStartOffset, 4)
  }))

/** Where the log starts when the world stops at the `nth` operation of a retention beside which checkpoints are written. */
async function startAfterRetention(nth: number): Promise<{ logStartOffset: number; operations: number }> {
  const world = new World({ seed: 1, turn: setImmediate })
  const work = async (): Promise<{ logStartOffset: number; operations: number }> => {
    const { disk } = world.env(node)
    await disk.makeDirectory('/data')
    await disk.syncDirectory('/')
    const manager = await openManager(world, { ...config, retentionMs: -1 })
    const topicPartition = { topic: 't', partition: 0 }
    const log = await manager.getOrCreate(topicPartition, uuidFromLatin1('a'.repeat(16)))
    for (let i = 0; i < 6; i++) await log.append(plain(120), { kind: 'leader', leaderEpoch: 0, origin: 'client' })
    log.setHighWatermark(6)
    await log.flush()
    log.deleteRecordsBefore(4)
    await manager.checkpoint()
    const volume = world.disk(node)
    const before = volume.operations
    const { promise, resolve } = Promise.withResolvers<void>()
    world.endInOperation(node, nth, { how: 'dropped', ended: resolve })
    const checkpoints = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) await manager.checkpoint()
    }
    await Promise.race([Promise.all([manager.applyRetention(), checkpoints()]), promise])
    const operations = volume.operations - before
    world.crash(node, 'dropped')
    const again = await openManager(world, { ...config, retentionMs: -1 })
    return { logStartOffset: again.get(topicPartition)?.logStartOffset ?? -1, operations }
  }
  return world.settle(work())
}

test('a log start that was written down holds while its segments go', async () => {
  const { logStartOffset, operations } = await startAfterRetention(1000)
  assert.equal(logStartOffset, 4)
  assert.ok(operations > 5)
  for (let nth = 1; nth <= operations; nth++) {
    assert.equal((await startAfterRetention(nth)).logStartOffset, 4, `at ${nth}`)
  }
})

test('a recovery point behind a cut is taken back', () => {
  const world = new World({ seed: 1, turn: setImmediate })
  const work = async (): Promise<void> => {
    const manager = await openManager(world)
    const log = await manager.getOrCreate({ topic: 't', partition: 0 }, uuidFromLatin1('a'.repeat(16)))
    for (let i = 0; i < 4; i++) await log.append(plain(10), { kind: 'leader', leaderEpoch: 0, origin: 'client' })
    await log.flush()
    await manager.checkpoint()
    await log.truncateTo(2)
    await manager.wasCut()
    const [entry] = await readCheckpoint(world.env(node).disk, '/data/recovery-point-offset-checkpoint')
    assert.equal(entry?.offset, 2)
  }
  return world.settle(work())
})
