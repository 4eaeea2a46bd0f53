/** Records of typed topics as they are handed out, before a broker of ours, and those that are not what their topic says. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  type Consumer,
  type ConsumerOptions,
  type DeserializeContext,
  defineTopic,
  int32,
  json,
  Kafka,
  KafkaError,
  orNull,
  type Producer,
  type ReadableTopic,
  type Serde,
  string,
} from '../../stack/client.ts'
import { type RunningBroker, startBroker } from '../../stack/index.ts'

let broker: RunningBroker
let kafka: Kafka
let producer: Producer
let names = 0

before(async () => {
  broker = await startBroker()
  kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  producer = kafka.producer({ lingerMs: 0 })
})

after(async () => {
  await producer.close()
  await broker.stop()
})

interface Order {
  readonly total: number
}

const open = (options: ConsumerOptions = {}): Consumer =>
  kafka.consumer({ autoOffsetReset: 'earliest', fetchMaxWaitMs: 50, ...options })
const partitionOf = <T>(topic: T) => ({ topic, partition: 0 })

/** The values of the next `count` records, or of the next batches until there are as many. */
async function take<T>(loop: AsyncIterator<T>, count: number): Promise<T[]> {
  const taken: T[] = []
  while (taken.length < count) {
    const next = await loop.next()
    if (next.done === true) break
    taken.push(next.value)
  }
  return taken
}

async function failure(work: Promise<unknown>): Promise<KafkaError> {
  const error = await work.then(
    () => assert.fail('it should have failed'),
    (it: unknown) => it,
  )
  assert.ok(error instanceof KafkaError, String(error))
  return error
}

/** Text that is read one turn later. */
const slowly: Serde<string> = {
  ...string,
  async deserialize(bytes, context) {
    await new Promise(setImmediate)
    return string.deserialize(bytes, context)
  },
}

test('several topics are one loop, whose records are told apart by topic', async () => {
  const orders = defineTopic('orders', { key: string, value: json<Order>() })
  const counts = defineTopic('counts', { key: orNull(slowly), value: orNull(int32) })
  await producer.send(orders, { key: 'a', value: { total: 3 } })
  await producer.send(counts, { value: 5 })
  await producer.send(counts, { key: 'gone', value: null })
  await producer.send('log', { value: 'line' })
  await using consumer = open({ groupId: `group-${names++}` })
  const seen: string[] = []
  for await (const record of consumer.subscribe([orders, counts, 'log'])) {
    if (record.topic === 'orders') seen.push(`${record.key}: ${record.value.total.toFixed(1)}`)
    else if (record.topic === 'counts') seen.push(`${record.key}: ${record.value}`)
    else seen.push(String(record.value))
    if (seen.length === 4) break
  }
  assert.deepEqual(seen.sort(), ['a: 3.0', 'gone: null', 'line', 'null: 5'])
})

test('a deserializer is told of the topic, and of the headers that the record has', async () => {
  const asked: DeserializeContext[] = []
  const noting: Serde<string> = {
    ...string,
    deserialize(bytes, context) {
      asked.push(context)
      return string.deserialize(bytes, context)
    },
  }
  const topic = defineTopic(`topic-${names++}`, { key: noting, value: noting })
  await producer.send(topic, { key: 'k', value: 'v', headers: { h: 'x' } })
  await using consumer = open()
  const [record] = await take(consumer.assign([partitionOf(topic)])[Symbol.asyncIterator](), 1)
  const headers = [{ key: 'h', value: Buffer.from('x') }]
  assert.deepEqual(record, {
    ...partitionOf(topic.name),
    offset: 0,
    timestampMs: record?.timestampMs,
    timestampType: 'CreateTime',
    leaderEpoch: 0,
    key: 'k',
    value: 'v',
    headers,
  })
  const context = { topic: topic.name, headers }
  assert.deepEqual(asked, [
    { ...context, isKey: true },
    { ...context, isKey: false },
  ])
})

/** Five records in one batch; that at offset 2 is none of `int32`. */
async function spoilt(): Promise<string> {
  const topic = `spoilt-${names++}`
  const numbers = defineTopic(topic, { value: int32 })
  await Promise.all([
    ...[1, 2].map((value) => producer.send(numbers, { value })),
    producer.send(topic, { value: 'texts' }),
    ...[4, 5].map((value) => producer.send(numbers, { value })),
  ])
  return topic
}

/** At once, and one turn later. */
const ways: Readonly<Record<string, Serde<number>>> = {
  'at once': int32,
  later: {
    ...int32,
    async deserialize(bytes, context) {
      await new Promise(setImmediate)
      return int32.deserialize(bytes, context)
    },
  },
}

for (const [way, value] of Object.entries(ways)) {
  test(`${way}: a record that is not what it should be comes again, until the application goes behind it`, async () => {
    const topic = defineTopic(await spoilt(), { value })
    await using consumer = open({ groupId: `group-${names++}`, enableAutoCommit: false })
    const records = consumer.assign([partitionOf(topic)])
    assert.deepEqual(await outcome(records), [1, 2, 'SERIALIZATION'])
    await consumer.commit()
    const [committed] = await consumer.committed([partitionOf(topic.name)])
    assert.equal(committed?.offset, 2)
    const error = await failure(take(records[Symbol.asyncIterator](), 1))
    assert.match(error.message, new RegExp(`${topic.name}-0: the value of the record at offset 2 .* int32: 5 bytes`))
    assert.ok(error.cause instanceof RangeError)
    assert.deepEqual([error.record?.offset, String(error.record?.value)], [2, 'texts'])
    consumer.seek({ ...partitionOf(topic.name), offset: 3 })
    assert.deepEqual(await outcome(records), [4, 5])
  })

  test(`${way}: a batch ends before a record that is not what it should be`, async () => {
    const topic = defineTopic(await spoilt(), { value })
    const groupId = `group-${names++}`
    {
      await using consumer = open({ groupId })
      const batches = consumer
        .assign([partitionOf(topic)])
        .batches()
        [Symbol.asyncIterator]()
      const [batch] = await take(batches, 1)
      assert.deepEqual(
        batch?.records.map((it) => it.value),
        [1, 2],
      )
      for (let i = 0; i < 2; i++) assert.equal((await failure(batches.next())).record?.offset, 2)
      // The batch before was done when the next was asked for.
      assert.equal(consumer.position(partitionOf(topic.name)), 2)
    }
    await using next = open({ groupId })
    const batches = next
      .assign([partitionOf(topic)])
      .batches()
      [Symbol.asyncIterator]()
    assert.equal((await failure(batches.next())).record?.offset, 2)
    next.seek({ ...partitionOf(topic.name), offset: 3 })
    assert.deepEqual(
      (await take(batches, 1))[0]?.records.map((it) => it.value),
      [4, 5],
    )
  })
}

/** Values until five are done, the last is there, or it fails: then the code. */
async function outcome(
  records: AsyncIterable<{ readonly value: number; readonly offset: number }>,
): Promise<unknown[]> {
  const seen: unknown[] = []
  try {
    for await (const { value, offset } of records) {
      seen.push(value)
      if (offset === 4) break
    }
  } catch (error) {
    seen.push(error instanceof KafkaError ? error.code : error)
  }
  return seen
}

test('who asks for several at once gets them in order, and loses none behind one that fails', async () => {
  const topic = defineTopic(await spoilt(), { value: ways['later'] ?? int32 })
  await using consumer = open({ groupId: `group-${names++}` })
  const loop = consumer.assign([partitionOf(topic)])[Symbol.asyncIterator]()
  const asked = await Promise.allSettled([1, 2, 3, 4].map(() => loop.next()))
  const told = asked.map((it) => (it.status === 'fulfilled' ? it.value.value?.value : it.reason.record.offset))
  assert.deepEqual(told, [1, 2, 2, 2])
  assert.deepEqual(
    asked.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'rejected'],
  )
})

test('what is committed while a record is being read does not count it among what is done', async () => {
  const topic = defineTopic(await spoilt(), { value: ways['later'] ?? int32 })
  await using consumer = open({ groupId: `group-${names++}`, enableAutoCommit: false })
  const loop = consumer.assign([partitionOf(topic)])[Symbol.asyncIterator]()
  await take(loop, 2)
  const reading = loop.next()
  const failed = failure(reading)
  await consumer.commit()
  assert.equal((await failed).record?.offset, 2)
  const [committed] = await consumer.committed([partitionOf(topic.name)])
  assert.equal(committed?.offset, 2)
  assert.equal((await failure(loop.next())).record?.offset, 2)
})

test('null is an error where the topic does not say that it may be', async () => {
  const name = `topic-${names++}`
  await producer.send(name, { value: null })
  await using consumer = open()
  const strict = consumer.assign([partitionOf(defineTopic(name, { value: json<Order>() }))])
  assert.match((await failure(take(strict[Symbol.asyncIterator](), 1))).message, /offset 0 .*null.*orNull/)
  const deleted = consumer.assign([partitionOf(defineTopic(name, { value: orNull(json<Order>()) }))])
  const [record] = await take(deleted[Symbol.asyncIterator](), 1)
  assert.equal(record?.value, null)
})

test('a loop goes on while all that is read is its own, and is told when something else is', async () => {
  const [a, b] = ['a', 'b'].map((it) => defineTopic(`${it}-${names++}`, { value: string }))
  assert.ok(a !== undefined && b !== undefined)
  await producer.send(a, { value: 'a' })
  await producer.send(b, { value: 'b' })
  await using consumer = open()
  const loop = consumer.assign([partitionOf(a)])[Symbol.asyncIterator]()
  assert.equal((await take(loop, 1))[0]?.value, 'a')
  consumer.assign([partitionOf(a), { topic: a, partition: 1 }])
  const waiting = loop.next()
  const both = consumer.assign([partitionOf(a), partitionOf(b)])[Symbol.asyncIterator]()
  assert.equal((await failure(waiting)).code, 'INVALID_ARGUMENT')
  assert.equal((await take(both, 1))[0]?.value, 'b')
  consumer.assign([partitionOf(a)])
  await producer.send(a, { value: 'again' })
  assert.equal((await take(both, 1))[0]?.value, 'again')
  // The consumer itself hands out what it always did.
  consumer.seek({ ...partitionOf(a.name), offset: 1 })
  assert.deepEqual((await take(consumer[Symbol.asyncIterator](), 1))[0]?.value, Buffer.from('again'))
})

test('two loops at once are none: who subscribes to other topics, or loops again, takes over, and no record is left out', async () => {
  const [a, b] = ['a', 'b'].map((it) => defineTopic(`${it}-${names++}`, { value: string }))
  assert.ok(a !== undefined && b !== undefined)
  for (const topic of [a, b]) await producer.send(topic, { value: topic.name, partition: 0 })
  await producer.send(a, { value: 'more', partition: 0 })
  await using consumer = open({ groupId: `group-${names++}` })
  const ofA = consumer.subscribe([a])[Symbol.asyncIterator]()
  assert.equal((await take(ofA, 1))[0]?.value, a.name)
  const ofB = consumer.subscribe([b])[Symbol.asyncIterator]()
  assert.equal((await take(ofB, 1))[0]?.value, b.name)
  assert.equal((await failure(ofA.next())).code, 'INVALID_ARGUMENT')
  const both = consumer.subscribe([a, b])[Symbol.asyncIterator]()
  // What each had in hand is not done.
  const seen = new Set((await take(both, 3)).map(({ value }) => value))
  assert.deepEqual(seen, new Set([a.name, b.name, 'more']))
  assert.equal((await failure(ofB.next())).code, 'INVALID_ARGUMENT')
})

test('loops end when the consumer is closed, also while a record is being read', async () => {
  const never: Serde<string> = { ...string, deserialize: () => new Promise((then) => setTimeout(then, 200, 'late')) }
  const topic = defineTopic(`topic-${names++}`, { value: never })
  await producer.send(topic, { value: 'a' })
  const consumer = open()
  const loop = consumer.assign([partitionOf(topic)])[Symbol.asyncIterator]()
  const next = loop.next()
  await new Promise((then) => setTimeout(then, 100))
  await consumer.close()
  assert.equal((await next).done, true)
})

test('what cannot be read is refused', async () => {
  await using consumer = open({ groupId: 'g' })
  const orders = defineTopic('orders', { value: string })
  const twice: readonly ReadableTopic<'orders', unknown, unknown>[] = [orders, defineTopic('orders', { value: int32 })]
  assert.throws(() => consumer.subscribe(twice), { code: 'INVALID_ARGUMENT', message: /'orders'/ })
  assert.throws(() => consumer.subscribe([orders, 'orders']), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => consumer.subscribe(JSON.parse('[null]')), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => consumer.assign(JSON.parse('[{"topic": 5, "partition": 0}]')), { code: 'INVALID_ARGUMENT' })
  assert.deepEqual(consumer.assignment, [])
})
