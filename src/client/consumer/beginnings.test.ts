/** Where consumers begin before brokers that answer as a test says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedCluster } from '../../../test/scripted-cluster.ts'
import { ErrorCode, listOffsets, metadata } from '../../protocol/index.ts'

test('a topic that is not there keeps no other from beginning', async () => {
  const cluster = new ScriptedCluster()
  tellOffsets(cluster, 7)
  await cluster.run(async () => {
    const consumer = cluster.kafka().consumer({ autoOffsetReset: 'earliest', allowAutoCreateTopics: false })
    const [there, missing] = [place('t', 0), place('missing', 0)]
    consumer.assign([missing, there])
    await cluster.sleep(2000)
    assert.deepEqual([consumer.position(there), consumer.position(missing)], [7, undefined])
    await consumer.close()
  }, 60_000)
})

test('a partition that nobody leads keeps no other from beginning at a time', async () => {
  const cluster = new ScriptedCluster({ partitions: 2 })
  cluster.leaders = [1, undefined]
  tellOffsets(cluster, 7)
  await cluster.run(async () => {
    const consumer = cluster.kafka().consumer({ autoOffsetReset: 'by_duration:PT1S' })
    const [led, waiting] = [place('t', 0), place('t', 1)]
    consumer.assign([waiting, led])
    await cluster.sleep(2000)
    assert.deepEqual([consumer.position(led), consumer.position(waiting)], [7, undefined])
    cluster.leaders = [1, 1]
    await cluster.sleep(5000)
    assert.equal(consumer.position(waiting), 7)
    await consumer.close()
  }, 60_000)
})

test('what is wrong with where a partition begins is not told when it was given up meanwhile', async () => {
  const cluster = new ScriptedCluster({ partitions: 2 })
  cluster.serve(listOffsets, ({ request: { topics }, reply }) => {
    const asked = topics.flatMap(({ partitions }) => partitions)
    const partitions = asked.map(({ partitionIndex }) => {
      const errorCode = partitionIndex === 0 ? ErrorCode.TOPIC_AUTHORIZATION_FAILED : ErrorCode.NONE
      return { partitionIndex, errorCode, offset: 7, leaderEpoch: 1 }
    })
    cluster.world.after(500, () => reply(listOffsets.response.create({ topics: [{ name: 't', partitions }] })))
  })
  await cluster.run(async () => {
    const consumer = cluster.kafka().consumer({ autoOffsetReset: 'earliest' })
    consumer.assign([place('t', 0)])
    const next = consumer[Symbol.asyncIterator]().next()
    await cluster.sleep(200)
    consumer.assign([place('t', 1)])
    await cluster.sleep(3000)
    assert.equal(consumer.position(place('t', 1)), 7)
    await consumer.close()
    assert.equal((await next).done, true)
  }, 60_000)
})

test('a topic is not asked for any more when it is given up before it is known where it begins', async () => {
  const cluster = new ScriptedCluster()
  tellOffsets(cluster, 7)
  const asked: string[] = []
  cluster.answer(metadata, ({ topics }) => {
    asked.push(...(topics ?? []).map(({ name }) => name ?? ''))
    return { brokers: [{ nodeId: 1, host: 'b1', port: 9092 }] }
  })
  await cluster.run(async () => {
    const consumer = cluster.kafka({ metadataMaxAgeMs: 1000 }).consumer({ autoOffsetReset: 'earliest' })
    consumer.assign([place('missing', 0)])
    await cluster.sleep(1000)
    consumer.assign([])
    await cluster.sleep(2000)
    assert.ok(asked.splice(0).includes('missing'))
    await cluster.sleep(5000)
    assert.deepEqual(asked, [])
    await consumer.close()
  }, 60_000)
})

const place = (topic: string, partition: number) => ({ topic, partition })

/** All partitions begin and end at `offset`. */
function tellOffsets(cluster: ScriptedCluster, offset: number): void {
  cluster.answer(listOffsets, ({ topics }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, offset, leaderEpoch: 1, timestamp: 5n })),
    })),
  }))
}
