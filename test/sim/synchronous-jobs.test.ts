import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode, produce } from '../../src/protocol/index.ts'
import { buildBatch, CompressionType } from '../../src/records/index.ts'
import { inlineHost } from '../../src/sim/index.ts'
import { NodeWorld } from './node-world.ts'
import { synchronousJobs } from './synchronous-jobs.ts'

/** The end of a history in which a batch is left to a worker. */
async function historyOf(records: Uint8Array): Promise<object> {
  const it = new NodeWorld(1)
  const run = async (): Promise<void> => {
    await it.start()
    await it.createTopics([{ name: 'a', partitions: 1 }])
    const { wire } = await it.connect()
    const topicData = [{ name: 'a', partitionData: [{ index: 0, records }] }]
    const reply = await wire.call(produce, { acks: 1, timeoutMs: 30_000, topicData }, 9)
    assert.equal(reply.responses[0]?.partitionResponses[0]?.errorCode, ErrorCode.NONE)
    wire.destroy()
    await it.stop()
  }
  await it.world.settle(run(), 600_000)
  return { hash: it.world.traceHash(), nowMs: it.world.nowMs, lines: it.lines }
}

test('a batch that is left to a worker gives the same history twice', async () => {
  const value = Buffer.alloc(8 * 1024 * 1024, 'some words, ')
  for (const codec of [CompressionType.zstd, CompressionType.gzip]) {
    const records = buildBatch([{ value }], { codec })
    assert.deepEqual(await historyOf(records), await historyOf(records))
  }
})

test('what a job throws is thrown', () => {
  const job = synchronousJobs.get('validate-produced')
  assert.throws(() => job?.(undefined, inlineHost), TypeError)
})
