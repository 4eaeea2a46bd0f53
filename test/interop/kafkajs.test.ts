/** KafkaJS 2.2.4: produce, consume, offsets, administration. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { connectKafkajs, readByKafkajs } from './kafkajs.ts'
import { records, uniqueName, until } from './kit.ts'
import { createTopic } from './topics.ts'

const count = records(1000)

for (const acks of [-1, 1]) {
  test(`what it produced it reads, acks=${acks}`, async () => {
    const topic = await createTopic({ prefix: 'kafkajs', partitions: 3 })
    const producer = connectKafkajs().producer()
    await producer.connect()
    try {
      const messages = Array.from({ length: count }, (_, i) => ({
        key: `key-${i}`,
        value: `value-${i}`,
        headers: { source: 'kafkajs' },
      }))
      await producer.send({ topic, acks, messages, compression: kafkajs.CompressionTypes.GZIP })
    } finally {
      await producer.disconnect()
    }
    const received = await readByKafkajs({ topic, count })
    const values = received.map(({ message }) => message.value?.toString())
    assert.deepEqual(new Set(values), new Set(Array.from({ length: count }, (_, i) => `value-${i}`)))
    assert.equal(received[0]?.message.headers?.['source']?.toString(), 'kafkajs')
  })
}

test('null keys and values, and an idempotent producer', async () => {
  const topic = await createTopic({ prefix: 'kafkajs' })
  const producer = connectKafkajs().producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  try {
    for (let i = 0; i < 5; i++)
      await producer.send({ topic, messages: [{ key: null, value: null }, { value: `${i}` }] })
  } finally {
    await producer.disconnect()
  }
  const received = await readByKafkajs({ topic, count: 10 })
  assert.deepEqual(
    received.map(({ message }) => message.value?.toString() ?? null),
    [0, 1, 2, 3, 4].flatMap((i) => [null, `${i}`]),
  )
  assert.deepEqual(new Set(received.map(({ message }) => message.key)), new Set([null]))
})

test('a group goes on where it committed', async () => {
  const topic = await createTopic({ prefix: 'kafkajs' })
  const groupId = uniqueName('group')
  const producer = connectKafkajs().producer()
  await producer.connect()
  try {
    await producer.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] })
    await readByKafkajs({ topic, count: 2, groupId, commit: true })
    await producer.send({ topic, messages: [{ value: 'c' }] })
  } finally {
    await producer.disconnect()
  }
  const again = await readByKafkajs({ topic, count: 1, groupId })
  assert.deepEqual(
    again.map(({ message }) => message.value?.toString()),
    ['c'],
  )
})

test('topics, partitions, configurations, groups', async () => {
  const admin = connectKafkajs().admin()
  const topic = uniqueName('kafkajs-admin')
  const groupId = uniqueName('group')
  await admin.connect()
  try {
    const configEntries = [{ name: 'retention.ms', value: '3600000' }]
    assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries }] }), true)
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    assert.equal(topics[0]?.partitions.length, 3)
    const topicType = 2
    const described = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: topicType, name: topic }],
    })
    const retention = described.resources[0]?.configEntries.find(({ configName }) => configName === 'retention.ms')
    assert.equal(retention?.configValue, '3600000')
    assert.equal((await admin.describeCluster()).brokers.length, 1)

    const producer = connectKafkajs().producer()
    await producer.connect()
    await producer.send({ topic, messages: [{ value: 'x', partition: 1 }] })
    await producer.disconnect()
    await readByKafkajs({ topic, count: 1, groupId, commit: true })
    const offsets = await admin.fetchOffsets({ groupId, topics: [topic] })
    assert.equal(offsets[0]?.partitions.find(({ partition }) => partition === 1)?.offset, '1')
    assert.ok((await admin.listGroups()).groups.some((group) => group.groupId === groupId))
    assert.equal((await admin.describeGroups([groupId])).groups[0]?.state, 'Empty')
    await admin.deleteGroups([groupId])

    await admin.deleteTopics({ topics: [topic] })
    await until({
      what: 'the topic is gone',
      timeoutMs: 10_000,
      condition: async () => !(await admin.listTopics()).includes(topic),
    })
  } finally {
    await admin.disconnect()
  }
})
