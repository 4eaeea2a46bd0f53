/** The consumer before a broker that answers as a test says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedCluster, topicId } from '../../../test/scripted-cluster.ts'
import { ErrorCode, fetch } from '../../protocol/index.ts'
import { BatchBuilder, CompressionType } from '../../records/index.ts'

function batchOf(value: string, baseOffset: number): Buffer {
  const builder = new BatchBuilder({ capacity: value.length, baseOffset })
  builder.add({ key: null, value: Buffer.from(value), headers: [] })
  return builder.finish({ codec: CompressionType.none })
}

test('a batch that is larger than what was asked for, and than any other answer may be, is read', async () => {
  const cluster = new ScriptedCluster()
  const asked: (readonly number[])[] = []
  const values = ['x'.repeat(50_000), 'small']
  cluster.answer(fetch, ({ maxBytes, topics }) => {
    const [wanted] = topics[0]?.partitions ?? []
    const fetchOffset = wanted?.fetchOffset ?? 0
    const value = values[fetchOffset]
    if (value === undefined || wanted === undefined) return 'nothing'
    asked.push([fetchOffset, maxBytes, wanted.partitionMaxBytes])
    const records = batchOf(value, fetchOffset)
    const partitions = [{ partitionIndex: 0, errorCode: ErrorCode.NONE, highWatermark: 2, records }]
    return { responses: [{ topicId, partitions }] }
  })
  await cluster.run(async () => {
    const options = { fetchMaxBytes: 1000, maxPartitionFetchBytes: 500 }
    const consumer = cluster.kafka({}, { replyBytesMax: 20_000 }).consumer(options)
    consumer.assign([{ topic: 't', partition: 0 }])
    consumer.seek({ topic: 't', partition: 0, offset: 0 })
    const records = consumer[Symbol.asyncIterator]()
    for (const value of values) assert.equal(String((await records.next()).value?.value), value)
    assert.deepEqual(asked, [
      [0, 1000, 500],
      [1, 1000, 500],
    ])
    await consumer.close()
  }, 60_000)
})

const place = { topic: 't', partition: 0 }

/** As a broker with a session: the high watermark of a partition that has no records is told once. Answers take their time. */
function tellOnce(cluster: ScriptedCluster, highWatermark: number): void {
  cluster.serve(fetch, ({ request: { sessionEpoch, topics }, reply }) => {
    const partitions = topics.flatMap((topic) => topic.partitions.map(({ partition }) => partition))
    const isNew = sessionEpoch <= 0
    const told = partitions.map((partitionIndex) => ({ partitionIndex, highWatermark, records: Buffer.alloc(0) }))
    const responses = isNew ? [{ topicId, partitions: told }] : []
    cluster.world.after(500, () => reply(fetch.response.create({ sessionId: 7, responses })))
  })
}

test('the lag of a partition that is assigned again, or has jumped while it was asked for, is known without news', async () => {
  const cluster = new ScriptedCluster()
  tellOnce(cluster, 9)
  await cluster.run(async () => {
    const consumer = cluster.kafka().consumer()
    const begin = async (): Promise<void> => {
      consumer.assign([place])
      consumer.seek({ ...place, offset: 5 })
      await cluster.sleep(200)
    }
    await begin()
    // Its first answer is under way.
    consumer.seek({ ...place, offset: 6 })
    await cluster.sleep(2000)
    assert.equal(consumer.lag(place), 3)
    consumer.assign([])
    await begin()
    await cluster.sleep(2000)
    assert.equal(consumer.lag(place), 4)
    await consumer.close()
  }, 60_000)
})

test('what is wrong with a partition that was given up while it was asked for is not told', async () => {
  const corrupt = { records: Buffer.alloc(61, 1), highWatermark: 9 }
  const diverging = { divergingEpoch: { epoch: 0, endOffset: 3 } }
  for (const told of [{ errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED }, corrupt, diverging]) {
    const cluster = new ScriptedCluster({ partitions: 2 })
    cluster.serve(fetch, ({ request: { topics }, reply }) => {
      const asked = topics.flatMap(({ partitions }) => partitions)
      const isFirst = asked.some(({ partition }) => partition === 0)
      const records = batchOf('fine', 5)
      const partitions = [isFirst ? { partitionIndex: 0, ...told } : { partitionIndex: 1, highWatermark: 6, records }]
      cluster.world.after(500, () => reply(fetch.response.create({ responses: [{ topicId, partitions }] })))
    })
    await cluster.run(async () => {
      const consumer = cluster.kafka().consumer({ autoOffsetReset: 'none' })
      consumer.assign([place])
      consumer.seek({ ...place, offset: 5 })
      const next = consumer[Symbol.asyncIterator]().next()
      await cluster.sleep(200)
      const other = { topic: 't', partition: 1 }
      consumer.assign([other])
      consumer.seek({ ...other, offset: 5 })
      assert.equal(String((await next).value?.value), 'fine')
      await consumer.close()
    }, 60_000)
  }
})
