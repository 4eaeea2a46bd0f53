/** The client over time that no test would wait for. Under faults: `cluster/client-producer.ts`, `cluster/client-consumer.ts`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kafka } from '../../src/client/index.ts'
import { createTopics } from '../../src/protocol/index.ts'
import { brokerPort } from './cluster/cluster-node.ts'
import { SmallCluster } from './small-cluster.ts'

const topic = 't'

async function inCluster(work: (cluster: SmallCluster, kafka: Kafka) => Promise<void>): Promise<void> {
  const cluster = new SmallCluster({ delayMsMean: 0.3 })
  await cluster.world.settle(
    (async () => {
      await cluster.start()
      const topics = [{ name: topic, numPartitions: 1, replicationFactor: 1 }]
      await cluster.call(cluster.broker, createTopics, { topics, timeoutMs: 10_000 })
      const bootstrapServers = `${cluster.broker.name}:${brokerPort}`
      await work(cluster, new Kafka(cluster.world.env('client'), { bootstrapServers }, { poison: true }))
    })(),
    3_600_000,
  )
  assert.equal(cluster.failure, undefined)
}

test('a consumer that has read nothing for twenty minutes reads what comes then', async () => {
  await inCluster(async (cluster, kafka) => {
    const consumer = kafka.consumer({ autoOffsetReset: 'earliest' })
    consumer.assign([{ topic, partition: 0 }])
    const iterator = consumer[Symbol.asyncIterator]()
    const next = iterator.next()
    await cluster.sleep(20 * 60_000)
    const producer = kafka.producer()
    await producer.send(topic, { value: 'late' })
    assert.equal(String((await next).value?.value), 'late')
    await producer.close()
    await consumer.close()
  })
})

test('where it is not known for minutes where to begin, a consumer begins when it is', async () => {
  await inCluster(async (cluster, kafka) => {
    const producer = kafka.producer()
    await producer.send(topic, { value: 'a' })
    await producer.close()
    await cluster.broker.stop()
    await cluster.until('it is down', () => cluster.broker.state === 'down')
    const consumer = kafka.consumer({ autoOffsetReset: 'earliest' })
    consumer.assign([{ topic, partition: 0 }])
    const next = consumer[Symbol.asyncIterator]().next()
    await cluster.sleep(3 * 60_000)
    cluster.broker.start()
    assert.equal(String((await next).value?.value), 'a')
    await consumer.close()
  })
})
