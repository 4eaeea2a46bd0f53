import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../src/base/index.ts'
import { type AppendResult, defaultLogConfig, Log } from '../../src/log/index.ts'
import { ErrorCode } from '../../src/protocol/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import { World } from '../../src/sim/index.ts'

/** A log that flushes every second message, in a world whose syncs fail from `failsFrom` on. */
async function appends(count: number, failsFrom: number): Promise<(AppendResult | Promise<AppendResult>)[]> {
  const world = new World({ seed: 1, turn: setImmediate })
  const { disk, clock, logger } = world.env('node')
  const work = async (): Promise<(AppendResult | Promise<AppendResult>)[]> => {
    const log = await Log.open({
      disk,
      clock,
      logger,
      directory: '/data/t-0',
      topicPartition: { topic: 't', partition: 0 },
      topicId: undefined,
      config: { ...defaultLogConfig, flushMessages: 2 },
      recoveryPoint: 0,
      isCleanShutdown: false,
      logStartOffset: 0,
      onDirectoryFailure: () => undefined,
    })
    const results: (AppendResult | Promise<AppendResult>)[] = []
    for (let i = 0; i < count; i++) {
      if (i === failsFrom) world.disk('node').setFaults({ syncErrorRate: 1 })
      const bytes = buildBatch([{ key: null, value: Buffer.from('value'), timestampMs: 1 }])
      const result = log.append(bytes, { kind: 'leader', leaderEpoch: 0, origin: 'client' })
      results.push(result)
      await Promise.allSettled([result])
      if (result instanceof Promise && i < failsFrom) assert.equal(log.recoveryPoint, i + 1)
    }
    return results
  }
  return world.settle(work())
}

test('the append that makes flush.messages full waits until all up to it is on the disk', async () => {
  const results = await appends(4, 4)
  assert.deepEqual(
    results.map((result) => result instanceof Promise),
    [false, true, false, true],
  )
})

test('it fails when the sync does', async () => {
  const [, , , last] = await appends(4, 3)
  await assert.rejects(
    async () => last,
    (error) => error instanceof ApiError && error.code === ErrorCode.KAFKA_STORAGE_ERROR,
  )
})

test('what a process has left that was killed is on the disk before anybody sees it', async () => {
  const world = new World({ seed: 1, turn: setImmediate })
  const open = (flushMessages: number): Promise<Log> => {
    const { disk, clock, logger } = world.env('node')
    return Log.open({
      disk,
      clock,
      logger,
      directory: '/data/t-0',
      topicPartition: { topic: 't', partition: 0 },
      topicId: undefined,
      config: { ...defaultLogConfig, flushMessages },
      recoveryPoint: 0,
      isCleanShutdown: false,
      logStartOffset: 0,
      onDirectoryFailure: () => undefined,
    })
  }
  const bytes = buildBatch([{ key: null, value: Buffer.from('value'), timestampMs: 1 }])
  const killed = await world.settle(open(1000))
  await world.settle(Promise.resolve(killed.append(bytes, { kind: 'leader', leaderEpoch: 0, origin: 'client' })))
  world.kill('node')
  const found = await world.settle(open(1))
  assert.deepEqual([found.logEndOffset, found.recoveryPoint], [1, 1])
  world.crash('node')
  assert.equal((await world.settle(open(1))).logEndOffset, 1)
})
