/** What a consumer says before it is connected. What it does: `test/client/consumer-tests.ts`; in clusters under faults: `test/sim/cluster`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Consumer, type ConsumerOptions, Kafka } from '../../stack/client.ts'
import { startBroker } from '../../stack/index.ts'

const kafka = new Kafka({ bootstrapServers: 'nobody.invalid:9092', logLevel: 'error' })
const open = (options: ConsumerOptions = {}): Consumer => kafka.consumer(options)

test('what makes no sense is refused, by name', async () => {
  const wrong: readonly [ConsumerOptions, RegExp][] = [
    [{ heartbeatIntervalMs: 50_000 }, /heartbeatIntervalMs/],
    [{ groupId: '' }, /groupId/],
    [{ groupInstanceId: 'a' }, /groupInstanceId/],
    [{ fetchMinBytes: -1 }, /fetchMinBytes/],
    [{ partitionAssignmentStrategy: [] }, /partitionAssignmentStrategy/],
    [JSON.parse('{"autoOffsetReset": "middle"}'), /middle/],
    [JSON.parse('{"autoOffsetReset": "by_duration"}'), /by_duration/],
    [{ autoOffsetReset: 'by_duration:1h' }, /by_duration:1h/],
    [{ autoOffsetReset: 'by_duration:-PT1H' }, /-PT1H/],
    [JSON.parse('{"partitionAssignmentStrategy": ["even"]}'), /even/],
    [JSON.parse('{"group": "g"}'), /'group'/],
  ]
  for (const [options, message] of wrong) assert.throws(() => kafka.consumer(options), message)
  await using lone = open()
  assert.throws(() => lone.subscribe(['t']), { code: 'INVALID_GROUP_ID' })
  await assert.rejects(lone.commit(), { code: 'INVALID_GROUP_ID' })
  await using member = open({ groupId: 'g' })
  assert.throws(() => member.subscribe([]), { code: 'INVALID_ARGUMENT' })
  member.subscribe(['t'])
  assert.throws(() => member.assign([]), { code: 'INVALID_ARGUMENT' })
  const closed = open()
  await closed.close()
  assert.throws(() => closed.assign([]), { code: 'CLOSED' })
  await assert.rejects(closed.unsubscribe(), { code: 'CLOSED' })
  assert.equal((await closed[Symbol.asyncIterator]().next()).done, true)
})

test('who closes while the brokers are away does not wait longer than he says', async () => {
  const broker = await startBroker()
  const here = new Kafka({ bootstrapServers: broker.bootstrap, logLevel: 'error' })
  const producer = here.producer()
  await producer.send('t', { value: 'a' })
  await producer.close()
  const consumer = here.consumer({ groupId: 'g', autoOffsetReset: 'earliest' })
  consumer.assign([{ topic: 't', partition: 0 }])
  const iterator = consumer[Symbol.asyncIterator]()
  await iterator.next()
  const waiting = iterator.next()
  await broker.stop()
  await assert.rejects(consumer.unsubscribe({ timeoutMs: -1 }), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(consumer.unsubscribe({ timeoutMs: 100 }), { code: 'TIMED_OUT' })
  assert.deepEqual(consumer.assignment, [])
  await assert.rejects(consumer.close({ timeoutMs: 100 }), { code: 'TIMED_OUT' })
  assert.equal((await waiting).done, true)
  await assert.rejects(consumer.commit(), { code: 'CLOSED' })
})

test('topics that are not read any more are not asked for, so that nobody makes them again', async () => {
  await using broker = await startBroker({ config: { 'group.initial.rebalance.delay.ms': '0' } })
  const here = new Kafka({ bootstrapServers: broker.bootstrap, metadataMaxAgeMs: 200, logLevel: 'error' })
  await using admin = here.admin()
  await using producer = here.producer()
  const topics = ['gone', 'before', 'given', 'asked', 'kept']
  for (const topic of topics) await producer.send(topic, { value: 'x', partition: 0 })
  await producer.close()
  await using consumer = here.consumer({ groupId: 'g', autoOffsetReset: 'earliest' })
  await using shared = here.shareConsumer({ groupId: 's' })
  shared.subscribe(['gone'])
  const waiting = shared[Symbol.asyncIterator]().next()
  waiting.catch(() => undefined)
  const records = consumer.subscribe(['gone'])[Symbol.asyncIterator]()
  await records.next()
  consumer.subscribe(['before'])
  await consumer.unsubscribe()
  consumer.assign([{ topic: 'given', partition: 0 }])
  await consumer.endOffsets([{ topic: 'asked', partition: 0 }])
  consumer.assign([{ topic: 'kept', partition: 0 }])
  shared.subscribe(['kept'])
  // A question may be under way that was asked before.
  await new Promise((resolve) => setTimeout(resolve, 500))
  await admin.deleteTopics(topics.slice(0, -1))
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const left = (await admin.listTopics()).map(({ name }) => name)
  assert.deepEqual(
    left.filter((name) => topics.includes(name)),
    ['kept'],
  )
})

test('what the application commits when it closes is committed', async () => {
  await using broker = await startBroker()
  const here = new Kafka({ bootstrapServers: broker.bootstrap })
  await using producer = here.producer()
  await producer.send('t', { value: 'a' })
  const consumer = here.consumer({ groupId: 'g', autoOffsetReset: 'earliest', enableAutoCommit: false })
  consumer.assign([{ topic: 't', partition: 0 }])
  for await (const _ of consumer) {
    const committing = consumer.commit([{ topic: 't', partition: 0, offset: 1 }])
    await consumer.close()
    await committing
  }
})

test('what a hook throws when no loop is there any more is told by closing; what it was told of is done', async () => {
  await using broker = await startBroker()
  const here = new Kafka({ bootstrapServers: broker.bootstrap })
  await using producer = here.producer()
  for (const value of ['a', 'b']) await producer.send('t', { value, partition: 0 })
  const place = { topic: 't', partition: 0 }
  const consumer = here.consumer({
    ...{ groupId: 'g', autoOffsetReset: 'earliest' },
    onCommitted() {
      throw new Error('not today')
    },
  })
  consumer.assign([place])
  const iterator = consumer[Symbol.asyncIterator]()
  for (let i = 0; i < 2; i++) await iterator.next()
  await assert.rejects(consumer.close(), /not today/)
  await using next = here.consumer({ groupId: 'g' })
  assert.equal((await next.committed([place]))[0]?.offset, 1)
})

test('what a hook throws while the application works is told by the loop, or by closing where nobody asks for more', async () => {
  await using broker = await startBroker()
  const here = new Kafka({ bootstrapServers: broker.bootstrap })
  await using producer = here.producer()
  for (const value of ['a', 'b']) await producer.send('t', { value, partition: 0 })
  for (const isAsked of [false, true]) {
    const consumer = here.consumer({
      ...{ groupId: `g-${isAsked}`, autoOffsetReset: 'earliest', enableAutoCommit: false },
      onCommitted() {
        throw new Error('not today')
      },
    })
    consumer.assign([{ topic: 't', partition: 0 }])
    const records = consumer[Symbol.asyncIterator]()
    await records.next()
    await consumer.commit()
    await new Promise(setImmediate)
    if (isAsked) await assert.rejects(records.next(), /not today/)
    await records.return?.()
    if (isAsked) await consumer.close()
    else await assert.rejects(consumer.close(), /not today/)
  }
})

test('who loops and has neither subscribed nor assigned is refused; a loop that waits behind unsubscribe waits', async () => {
  await using broker = await startBroker()
  const here = new Kafka({ bootstrapServers: broker.bootstrap })
  await using producer = here.producer()
  await producer.send('t', { value: 'a' })
  await using consumer = here.consumer({ groupId: 'g', autoOffsetReset: 'earliest' })
  const isRefused = { code: 'INVALID_ARGUMENT', message: /subscribe, or assign, comes first/ }
  await assert.rejects(consumer[Symbol.asyncIterator]().next(), isRefused)
  await assert.rejects(consumer.batches()[Symbol.asyncIterator]().next(), isRefused)
  const place = { topic: 't', partition: 0 }
  consumer.assign([place])
  const loop = consumer[Symbol.asyncIterator]()
  await loop.next()
  await consumer.unsubscribe()
  const next = loop.next()
  await assert.rejects(consumer[Symbol.asyncIterator]().next(), isRefused)
  consumer.assign([place])
  await producer.send('t', { value: 'b', partition: 0 })
  assert.equal((await next).done, false)
})

test('a topic, or a partition, that is not there is told of once, and waited for', async () => {
  const lines: string[] = []
  const write = process.stderr.write
  process.stderr.write = (line) => lines.push(String(line)) > 0
  try {
    await using broker = await startBroker()
    const here = new Kafka({ bootstrapServers: broker.bootstrap, retryBackoffMs: 10, retryBackoffMaxMs: 20 })
    await using admin = here.admin()
    await admin.createTopic('t', { partitions: 2 })
    await using consumer = here.consumer({ allowAutoCreateTopics: false, autoOffsetReset: 'earliest' })
    consumer.assign([
      { topic: 'gone', partition: 0 },
      { topic: 't', partition: 7 },
    ])
    const next = consumer[Symbol.asyncIterator]().next()
    await sleep(500)
    await consumer.close()
    assert.equal((await next).done, true)
  } finally {
    process.stderr.write = write
  }
  const told = (text: string): number => lines.filter((line) => line.includes(text)).length
  assert.equal(told("topic 'gone' is not there"), 1, lines.join(''))
  assert.equal(told("topic 't' has 2 partitions: 7 is waited for"), 1, lines.join(''))
})
