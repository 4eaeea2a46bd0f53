import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDisk } from '../env/index.ts'
import { buildBatch } from '../records/index.ts'
import { World } from '../sim/index.ts'
import { defaultLogConfig, Log } from './index.ts'

const startMs = 1_767_225_600_000

/** How old the first record of each segment was when the next one began, in a log with a record a second. */
async function segmentAges(segmentJitterMs: number): Promise<number[]> {
  const { random, logger, clock } = new World({ seed: 1, turn: setImmediate }).env('node')
  const log = await Log.open({
    disk: new MemoryDisk(),
    clock,
    random: random.stream('jitter'),
    logger,
    directory: '/data/t-0',
    topicPartition: { topic: 't', partition: 0 },
    topicId: undefined,
    config: { ...defaultLogConfig, segmentMs: 100_000, segmentJitterMs },
    recoveryPoint: 0,
    isCleanShutdown: true,
    logStartOffset: 0,
    onDirectoryFailure: (error) => assert.fail(error),
  })
  const ages: number[] = []
  let begunAt = 0
  for (let i = 0; i < 2000; i++) {
    const count = log.segmentCount
    const batch = buildBatch([{ key: null, value: null, timestampMs: startMs + i * 1000 }])
    await log.append(batch, { kind: 'leader', leaderEpoch: 0, origin: 'client' })
    if (log.segmentCount === count) continue
    ages.push((i - begunAt) * 1000)
    begunAt = i
  }
  return ages
}

test('each segment ends at its own time: within segment.jitter.ms before segment.ms is over', async () => {
  assert.deepEqual(new Set(await segmentAges(0)), new Set([101_000]))
  const ages = await segmentAges(50_000)
  assert.ok(ages.length > 20 && ages.length < 40)
  assert.ok(new Set(ages).size > 10, 'they differ')
  assert.ok(
    ages.every((age) => age > 50_000 && age <= 101_000),
    String(ages),
  )
  // Jitter beyond segment.ms is cut to it.
  assert.ok((await segmentAges(1e12)).every((age) => age >= 1000 && age <= 101_000))
})
