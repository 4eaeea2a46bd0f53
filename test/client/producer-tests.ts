/** The producer before a broker, whichever: what it has sent is where it says, and what the broker says is told. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { ConsumedRecord, Kafka, ProducerOptions } from '../../src/stack/client.ts'
import type { WorldOf } from './world.ts'

type Bytes = Uint8Array | null

/** The first `count` records of a partition. */
async function stored(
  kafka: Kafka,
  place: { readonly topic: string; readonly partition: number },
  count: number,
): Promise<ConsumedRecord<Bytes, Bytes>[]> {
  const found: ConsumedRecord<Bytes, Bytes>[] = []
  await using consumer = kafka.consumer({ autoOffsetReset: 'earliest' })
  consumer.assign([place])
  // Those that do not come, with acks 0, would be waited for without end.
  for (let attempts = 0, end = 0; end < count; attempts++) {
    assert.ok(attempts < 100, `${end} records are there of ${count}`)
    if (attempts > 0) await setTimeout(100)
    end = (await consumer.endOffsets([place]))[0] ?? 0
  }
  for await (const record of consumer) {
    found.push(record)
    if (found.length === count) break
  }
  return found
}

const texts = (records: readonly ConsumedRecord<Bytes, Bytes>[]): string[] => records.map(({ value }) => String(value))
const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`)

export function producerTests(world: WorldOf): void {
  describe('producer', () => {
    storing(world)
    packing(world)
    refusing(world)
  })
}

function storing(world: WorldOf): void {
  test('each record is where the producer says, in order, with all that it has', async () => {
    const { kafka, topic: newTopic } = world()
    const topic = await newTopic()
    await using producer = kafka().producer()
    const sent = await producer.sendAll(
      topic,
      numbers(100).map((value) => ({ value, partition: 1 })),
    )
    assert.deepEqual(
      sent.map(({ offset }) => offset),
      numbers(100).map(Number),
    )
    const headers = [
      ['a', 'x'],
      ['a', null],
      ['b', Buffer.from([0, 255])],
    ] as const
    const one = await producer.send(topic, {
      key: 'k',
      value: null,
      partition: 2,
      headers,
      timestampMs: 1_700_000_000_000,
    })
    assert.deepEqual(one, { topic, partition: 2, offset: 0, timestampMs: 1_700_000_000_000 })
    assert.deepEqual(texts(await stored(kafka(), { topic, partition: 1 }, 100)), numbers(100))
    const [found] = await stored(kafka(), { topic, partition: 2 }, 1)
    assert.ok(found !== undefined)
    assert.deepEqual([String(found.key), found.value, found.timestampMs], ['k', null, 1_700_000_000_000])
    assert.deepEqual(
      found.headers.map(({ key, value }) => [key, value === null ? null : Buffer.from(value).toString('latin1')]),
      [
        ['a', 'x'],
        ['a', null],
        ['b', '\u0000ÿ'],
      ],
    )
  })

  for (const acks of ['all', 1, 0] as const) {
    test(`acks ${acks}: all that was sent is there, once and in order`, async () => {
      const { kafka, topic: newTopic } = world()
      const topic = await newTopic()
      // Who sends with acks 0 to a leader that does not know it yet is not told that nothing came of it.
      const place = { topic, partition: 0 }
      await using first = kafka().producer()
      await first.send(topic, { value: 'first', partition: 0 })
      const options: ProducerOptions = acks === 'all' ? {} : { acks, enableIdempotence: false }
      await using producer = kafka().producer({ ...options, batchSize: 500, lingerMs: 1 })
      const sent = await Promise.all(numbers(1000).map((value) => producer.send(topic, { value, partition: 0 })))
      assert.deepEqual(
        sent.map(({ offset }) => offset),
        numbers(1000).map((i) => (acks === 0 ? -1 : Number(i) + 1)),
      )
      assert.deepEqual(texts(await stored(kafka(), place, 1001)), ['first', ...numbers(1000)])
    })
  }
}

function packing(world: WorldOf): void {
  for (const compressionType of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    test(`${compressionType}: small records and a large one come back as they were`, async () => {
      const { kafka, topic: newTopic } = world()
      const topic = await newTopic()
      await using producer = kafka().producer({ compressionType })
      const values = [...numbers(50), 'odradek '.repeat(60_000), '']
      await producer.sendAll(
        topic,
        values.map((value) => ({ value, partition: 0 })),
      )
      assert.deepEqual(texts(await stored(kafka(), { topic, partition: 0 }, values.length)), values)
    })
  }

  test('equal keys go to one partition, and records without one are spread', async () => {
    const { kafka, topic: newTopic } = world()
    const topic = await newTopic()
    await using producer = kafka().producer({ batchSize: 200, lingerMs: 0 })
    const keyed = await Promise.all(
      numbers(90).map((i) => producer.send(topic, { key: `k${Number(i) % 9}`, value: i })),
    )
    for (let i = 9; i < 90; i++) assert.equal(keyed[i]?.partition, keyed[i % 9]?.partition)
    assert.equal(new Set(keyed.map(({ partition }) => partition)).size, 3)
    const spread = await Promise.all(numbers(300).map((value) => producer.send(topic, { value: value.repeat(20) })))
    assert.equal(new Set(spread.map(({ partition }) => partition)).size, 3)
  })
}

function refusing(world: WorldOf): void {
  test('what the broker does not take is rejected by its name, and nothing else is', async () => {
    const { kafka, topic: newTopic } = world()
    const small = await newTopic({ 'max.message.bytes': '2000' })
    const compacted = await newTopic({ 'cleanup.policy': 'compact' })
    const stamped = await newTopic({ 'message.timestamp.type': 'LogAppendTime' })
    await using producer = kafka().producer({ lingerMs: 20 })
    const fits = producer.send(small, { value: 'a', partition: 0 })
    const tooLarge = producer.send(small, { value: 'b'.repeat(3000), partition: 0 })
    const behind = producer.send(small, { value: 'c', partition: 0 })
    await assert.rejects(tooLarge, { name: 'KafkaError', code: 'MESSAGE_TOO_LARGE' })
    assert.deepEqual([(await fits).offset, (await behind).offset], [0, 1])
    // One record without a key refuses its batch; the next one goes.
    await assert.rejects(producer.send(compacted, { value: 'no key', partition: 0 }), { code: 'INVALID_RECORD' })
    assert.equal((await producer.send(compacted, { key: 'k', value: 'v', partition: 0 })).offset, 0)
    const { timestampMs } = await producer.send(stamped, { value: 'a', timestampMs: 5000 })
    assert.ok(Math.abs(Date.now() - timestampMs) < 60_000, `LogAppendTime is the broker's: ${timestampMs}`)
  })

  test('a topic, and a partition, that are not there are told', async () => {
    const { kafka, topic: newTopic, group: name } = world()
    const topic = await newTopic()
    await using producer = kafka().producer({ maxBlockMs: 500, allowAutoCreateTopics: false })
    await assert.rejects(producer.send(name(), { value: 'a' }), { code: 'TIMED_OUT' })
    await assert.rejects(producer.send(topic, { value: 'a', partition: 3 }), { code: 'TIMED_OUT' })
    await assert.rejects(producer.send('no/topic', { value: 'a' }), { code: 'INVALID_TOPIC_EXCEPTION' })
    assert.equal((await producer.send(topic, { value: 'a', partition: 2 })).offset, 0)
  })
}
