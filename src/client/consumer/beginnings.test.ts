/** Where consumers begin before brokers that answer as a test says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedCluster } from '../../../test/scripted-cluster.ts'
import { listOffsets } from '../../protocol/index.ts'

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
