import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Disk } from '../base/index.ts'
import { MemoryDisk } from '../env/index.ts'
import { buildBatch } from '../records/index.ts'
import { World } from '../sim/index.ts'
import { defaultLogConfig, Log, writeWholeFile } from './index.ts'

const directory = '/data/t-0'
const segmentBytes = 1000

function open(disk: Disk, options: { readonly isCleanShutdown?: boolean; readonly preallocate?: boolean } = {}) {
  const { logger, clock } = new World({ seed: 1, turn: setImmediate }).env('node')
  const { isCleanShutdown = true, preallocate = true } = options
  return Log.open({
    disk,
    clock,
    logger,
    directory,
    topicPartition: { topic: 't', partition: 0 },
    topicId: undefined,
    config: { ...defaultLogConfig, segmentBytes, preallocate, retentionMs: -1 },
    recoveryPoint: 0,
    isCleanShutdown,
    logStartOffset: 0,
    onDirectoryFailure: (error) => assert.fail(error),
  })
}

const batch = (): Buffer => buildBatch([{ key: null, value: Buffer.alloc(232, 'x'), timestampMs: 1_767_225_600_000 }])
const batchSize = batch().length

async function append(log: Log, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await log.append(batch(), { kind: 'leader', leaderEpoch: 0, origin: 'client' })
}

async function sizes(disk: Disk): Promise<number[]> {
  const files = (await disk.list(directory)).filter(({ name }) => name.endsWith('.log'))
  return Promise.all(files.map(async ({ name }) => (await disk.stat(`${directory}/${name}`))?.size ?? -1))
}

const name = (offset: number, suffix: string): string => `${directory}/${String(offset).padStart(20, '0')}${suffix}`

test('the file of a segment has its full size at once, and what it needs when it rolls or closes', async () => {
  const disk = new MemoryDisk()
  const log = await open(disk)
  assert.deepEqual(await sizes(disk), [segmentBytes])
  await append(log, 4)
  assert.deepEqual(await sizes(disk), [3 * batchSize, segmentBytes])
  assert.equal(log.sizeInBytes, 4 * batchSize)
  await log.close()
  assert.deepEqual(await sizes(disk), [3 * batchSize, batchSize])
  const again = await open(disk)
  assert.deepEqual([again.logEndOffset, again.loading.segmentsReadAgain], [4, 0])
})

test('after a kill the zeros behind the last batch are no loss; without the config they are told', async () => {
  for (const preallocate of [true, false]) {
    const disk = new MemoryDisk()
    await append(await open(disk), 5)
    const log = await open(disk, { isCleanShutdown: false, preallocate })
    assert.equal(log.logEndOffset, 5)
    assert.equal(log.loading.lostBytes, preallocate ? 0 : segmentBytes - 2 * batchSize)
    await append(log, 1)
    assert.equal(log.logEndOffset, 6)
  }
})

test('a segment that was not trimmed before the next one began ends where the next one begins', async () => {
  const disk = new MemoryDisk()
  await append(await open(disk), 5)
  const file = await disk.open(name(0, '.log'), { mode: 'write' })
  file.truncateSync(segmentBytes)
  await file.close()
  const log = await open(disk, { isCleanShutdown: false })
  assert.deepEqual([log.logEndOffset, log.segmentCount, log.loading.lostBytes], [5, 2, 0])
})

test('indexes that Apache Kafka has allocated ahead and not trimmed hide nothing', async () => {
  for (const isCleanShutdown of [true, false]) {
    for (const entries of [0, 1]) {
      const disk = new MemoryDisk()
      const log = await open(disk, { preallocate: false })
      await append(log, 5)
      await log.close()
      for (const base of [0, 3]) {
        const index = Buffer.alloc(10_485_760)
        if (entries > 0) index.writeUInt32BE(1, 0)
        if (entries > 0) index.writeUInt32BE(batchSize, 4)
        await writeWholeFile(disk, name(base, '.index'), { bytes: index, sync: true })
        await writeWholeFile(disk, name(base, '.timeindex'), { bytes: Buffer.alloc(10_485_756), sync: true })
      }
      const again = await open(disk, { isCleanShutdown })
      assert.equal(again.logEndOffset, 5)
      for (let startOffset = 0; startOffset < 5; startOffset++) {
        const plan = await again.read({ startOffset, maxBytes: 1, maxOffset: 5, minOneBatch: true })
        assert.equal(plan.firstBatchSizeInBytes, batchSize)
      }
      const found = await again.batchForTimestamp(1_767_225_600_000)
      assert.equal(found?.length, batchSize)
      await again.close()
      assert.ok(((await disk.stat(name(3, '.index')))?.size ?? -1) < 100)
    }
  }
})
