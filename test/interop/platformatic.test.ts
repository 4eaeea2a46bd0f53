/** `@platformatic/kafka`: produce, consume with both group protocols, offsets, administration. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Admin } from '@platformatic/kafka'
import { bootstrap, records, uniqueName } from './kit.ts'
import { openProducer, readByPlatformatic } from './platformatic.ts'
import { skipUnless } from './served.ts'
import { createTopic } from './topics.ts'

const count = records(1000)

for (const groupProtocol of ['classic', 'consumer'] as const) {
  const skip = groupProtocol === 'consumer' ? skipUnless('consumerProtocol') : false
  test(`what it produced it reads, in a group of the ${groupProtocol} protocol`, { skip }, async () => {
    const topic = await createTopic({ prefix: 'platformatic', partitions: 3 })
    const producer = openProducer({ idempotent: true })
    try {
      const messages = Array.from({ length: count }, (_, i) => ({
        topic,
        key: `key-${i}`,
        value: `value-${i}`,
        headers: { source: 'platformatic' },
      }))
      await producer.send({ messages, acks: -1 })
    } finally {
      await producer.close()
    }
    const received = await readByPlatformatic({ topic, count, groupProtocol })
    const values = new Set(received.map(({ value }) => value))
    assert.deepEqual(values, new Set(Array.from({ length: count }, (_, i) => `value-${i}`)))
    assert.equal(received[0]?.headers.get('source'), 'platformatic')
  })
}

test('a group goes on where it committed', async () => {
  const topic = await createTopic({ prefix: 'platformatic' })
  const groupId = uniqueName('group')
  const producer = openProducer()
  try {
    await producer.send({ messages: ['a', 'b'].map((value) => ({ topic, value })) })
    await readByPlatformatic({ topic, count: 2, groupId, commit: true })
    await producer.send({ messages: [{ topic, value: 'c' }] })
  } finally {
    await producer.close()
  }
  const again = await readByPlatformatic({ topic, count: 1, groupId })
  assert.deepEqual(
    again.map(({ value, offset }) => [value, offset]),
    [['c', 2n]],
  )
})

test('creates, lists and deletes a topic', async () => {
  const admin = new Admin({ clientId: 'interop', bootstrapBrokers: [bootstrap()] })
  const topic = uniqueName('platformatic-admin')
  try {
    await admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 })
    assert.ok((await admin.listTopics()).includes(topic))
    await admin.deleteTopics({ topics: [topic] })
  } finally {
    await admin.close()
  }
})
