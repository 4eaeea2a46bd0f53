/** What the crash-point sweep has found, each case by itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidFromLatin1, uuidToString } from '../../src/base/index.ts'
import { type Log, readWholeFile } from '../../src/log/index.ts'
import { buildBatch, buildEndTransactionBatch } from '../../src/records/index.ts'
import { World } from '../../src/sim/index.ts'
import { inWorld, logDirectory, node, openManager, plain, records, topicPartition } from './powered-log.ts'

const producer = { producerId: 7, producerEpoch: 0 }
const transactional = (baseSequence: number): Buffer =>
  buildBatch(records('aborted'), { ...producer, baseSequence, isTransactional: true })
const abort = (): Buffer =>
  buildEndTransactionBatch({ ...producer, isCommit: false, coordinatorEpoch: 0, timestampMs: 1 })

const abortedIn = (log: Log): number[] =>
  log.abortedTransactions({ startOffset: 0, upperBoundOffset: log.logEndOffset }).map(({ firstOffset }) => firstOffset)

test('a transaction that was aborted is skipped when all that was not synced is gone', () =>
  inWorld(async ({ world, open, append }) => {
    const config = { segmentBytes: 400 }
    const log = await open({ config })
    await append(log, transactional(0))
    await append(log, abort())
    await append(log, plain(300))
    assert.equal(log.segmentCount, 2)
    await log.flush()
    const { recoveryPoint } = log
    assert.equal(recoveryPoint, 3)
    world.crash(node, 'dropped')
    assert.deepEqual(abortedIn(await open({ config, recoveryPoint })), [0])
  }))

test('an index that is built anew leaves the transactions as they are', () =>
  inWorld(async ({ world, open, append }) => {
    const config = { segmentBytes: 400 }
    const log = await open({ config })
    await append(log, transactional(0))
    await append(log, abort())
    await append(log, plain(300))
    await log.close()
    const { disk } = world.env(node)
    await disk.unlink(`${logDirectory}/00000000000000000000.index`)
    const volume = world.disk(node)
    const writes = async (work: () => Promise<unknown>): Promise<number> => {
      const before = volume.counts.get('create') ?? 0
      await work()
      return (volume.counts.get('create') ?? 0) - before
    }
    const again = await open({ config, recoveryPoint: 3 })
    const read = { startOffset: 0, maxBytes: 1, maxOffset: 3, minOneBatch: true }
    assert.equal(await writes(async () => again.read(read)), 2, 'the indexes of offsets and of times')
    world.kill(node)
    assert.deepEqual(abortedIn(await open({ config, recoveryPoint: 3 })), [0])
  }))

test('what an index tells of transactions that were cut by recovery is not believed later', () =>
  inWorld(async ({ world, open, append }) => {
    const config = { segmentBytes: 400 }
    const log = await open({ config })
    await append(log, transactional(0))
    await append(log, abort())
    await append(log, plain(300))
    await log.close()
    // Of the first segment no batch is left.
    const { disk } = world.env(node)
    const file = await disk.open(`${logDirectory}/00000000000000000000.log`, { mode: 'write' })
    file.truncateSync(0)
    await file.close()
    await disk.unlink(`${logDirectory}/00000000000000000002.log`)
    const again = await open({ config })
    assert.equal(again.logEndOffset, 0)
    await append(again, plain(300))
    await append(again, plain(300))
    await again.flush()
    assert.equal(again.segmentCount, 2)
    const { recoveryPoint } = again
    world.kill(node)
    assert.deepEqual(abortedIn(await open({ config, recoveryPoint })), [])
  }))

test('a log start that is forgotten leaves no batch without its epoch', () =>
  inWorld(async ({ world, open, append }) => {
    const log = await open()
    for (const epoch of [0, 0, 1, 2]) await append(log, plain(10), epoch)
    await log.flush()
    log.deleteRecordsBefore(3)
    log.assignEpochStart(3, 4)
    await new Promise<void>((resolve) => void world.env(node).clock.after(100, resolve))
    world.crash(node, 'dropped')
    const again = await open({ recoveryPoint: 4 })
    assert.equal(again.logStartOffset, 0)
    assert.deepEqual(
      [0, 1, 2, 3].map((offset) => again.epochOf(offset)),
      [0, 0, 1, 2],
    )
  }))

test('a directory that lost the name of its topic belongs to the one that asks for it', () => {
  const world = new World({ seed: 1, turn: setImmediate })
  const work = async (): Promise<void> => {
    const { disk } = world.env(node)
    await disk.makeDirectory(logDirectory)
    const manager = await openManager(world)
    const topicId = uuidFromLatin1('a'.repeat(16))
    const [log, same] = await Promise.all([
      manager.getOrCreate(topicPartition, topicId),
      manager.getOrCreate(topicPartition, topicId),
    ])
    assert.equal(log, same)
    const text = await readWholeFile(disk, `${logDirectory}/partition.metadata`, 1000)
    assert.match(text?.toString() ?? '', new RegExp(uuidToString(topicId)))
    await manager.close(1)
  }
  return world.settle(work())
})
