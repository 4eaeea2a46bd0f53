/** Fetches between two nodes of a world: each carries one batch through codec, log and simulated disk. */
import assert from 'node:assert/strict'
import { ErrorCode, fetch, produce } from '../../src/protocol/index.ts'
import { BatchCursor, batchHeader, buildBatch } from '../../src/records/index.ts'
import { NodeWorld } from './node-world.ts'

export interface FetchOutcome {
  readonly hash: string
  readonly fetches: number
  /** Microseconds of CPU of this process for one fetch or produce. */
  readonly cpuUs: number
}

const topic = 'numbers'
const version = 12
/** Batches in the log: a fetch that has read the last one begins again. */
const batches = 1000

export async function runFetches(seed: number, count: number): Promise<FetchOutcome> {
  const node = new NodeWorld(seed)
  const { world } = node
  let requests = 0
  const work = async (): Promise<void> => {
    await node.start()
    await node.createTopics([{ name: topic, partitions: 1 }])
    const { wire } = await node.connect()
    const value = Buffer.alloc(200, 1)
    const send = async (): Promise<void> => {
      const records = buildBatch([{ timestampMs: world.env('client').clock.now(), key: null, value }])
      const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
      await wire.call(produce, { acks: 1, timeoutMs: 1000, topicData }, version)
      requests++
    }
    for (let i = 0; i < batches; i++) await send()
    for (let i = 0; i < count; i++) {
      // A producer goes on meanwhile: one batch for a hundred that are read.
      if (i % 100 === 99) await send()
      const fetchOffset = i % batches
      const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1 }]
      const request = { maxWaitMs: 100, minBytes: 1, maxBytes: 1, topics: [{ topic, partitions }] }
      const reply = await wire.call(fetch, request, version)
      requests++
      const answer = reply.responses[0]?.partitions[0]
      assert.equal(answer?.errorCode, ErrorCode.NONE)
      assert.ok(answer.records instanceof Uint8Array)
      const cursor = new BatchCursor(answer.records)
      assert.ok(cursor.next() && cursor.isCrcValid())
      assert.equal(batchHeader.baseOffset(cursor.view, cursor.position), fetchOffset)
    }
    await node.stop()
  }
  const before = process.cpuUsage()
  await world.settle(work(), Number.MAX_SAFE_INTEGER)
  const { user, system } = process.cpuUsage(before)
  return { hash: world.traceHash(), fetches: count, cpuUs: (user + system) / requests }
}
