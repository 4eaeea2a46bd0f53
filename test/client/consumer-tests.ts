/** The consumer before a broker, whichever: alone, and in groups of the classic protocol. Both protocols with Java's: `test/interop`. */
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Consumer, ConsumerOptions, Kafka, Producer } from '../../src/stack/client.ts'
import type { World, WorldOf } from './world.ts'

let world: World
let kafka: Kafka
let producer: Producer

/** A topic of three partitions with `values` in the first one. */
async function topicWith(values: readonly string[], partition = 0): Promise<string> {
  const topic = await world.topic()
  await producer.sendAll(
    topic,
    values.map((value) => ({ value, partition })),
  )
  return topic
}

const first = (topic: string) => ({ topic, partition: 0 })
const open = (options: ConsumerOptions = {}): Consumer => kafka.consumer({ autoOffsetReset: 'earliest', ...options })

/** One for each consumer: who begins another takes over. */
const loops = new WeakMap<Consumer, ReturnType<Consumer[typeof Symbol.asyncIterator]>>()

function loopOf(consumer: Consumer): ReturnType<Consumer[typeof Symbol.asyncIterator]> {
  const loop = loops.get(consumer) ?? consumer[Symbol.asyncIterator]()
  loops.set(consumer, loop)
  return loop
}

/** The next `count` values: those before the last one are done. */
async function read(consumer: Consumer, count: number): Promise<string[]> {
  const values: string[] = []
  const iterator = loopOf(consumer)
  while (values.length < count) {
    const next = await iterator.next()
    if (next.done === true) break
    values.push(String(next.value.value))
  }
  return values
}

/** Until they have three partitions together, each at least one. */
async function untilShared(...consumers: Consumer[]): Promise<void> {
  const isShared = (): boolean => {
    const counts = consumers.map(({ assignment }) => assignment.length)
    return counts.every((count) => count > 0) && counts.reduce((a, b) => a + b) === 3
  }
  while (!isShared()) await setTimeout(20)
}

export function consumerTests(worldOf: WorldOf): void {
  describe('consumer', () => {
    before(() => {
      world = worldOf()
      kafka = world.kafka()
      producer = kafka.producer({ lingerMs: 0 })
    })
    after(() => producer.close())
    reading()
    givingUp()
    committing()
    finding()
    findingByAge()
    prefetching()
    sharing()
    fallingSilent()
  })
}

function reading(): void {
  test('partitions that are assigned by hand are read from their beginning, in order, with all that a record has', async () => {
    const topic = await topicWith(['a'])
    await producer.send(topic, { key: 'k', value: null, partition: 0, headers: { h: 'x' }, timestampMs: 5000 })
    await using consumer = open()
    consumer.assign([first(topic)])
    const iterator = consumer[Symbol.asyncIterator]()
    assert.equal(String((await iterator.next()).value?.value), 'a')
    const { value: record } = await iterator.next()
    assert.ok(record !== undefined)
    const { key, value, headers, ...place } = record
    assert.deepEqual(place, {
      ...{ topic, partition: 0, offset: 1, timestampMs: 5000 },
      ...{ timestampType: 'CreateTime', leaderEpoch: 0 },
    })
    assert.deepEqual([String(key), value, headers.map((it) => `${it.key}=${String(it.value)}`)], ['k', null, ['h=x']])
    assert.deepEqual([consumer.position(first(topic)), consumer.lag(first(topic))], [2, 0])
  })
}

function givingUp(): void {
  test('what is done of a partition that is given up by hand is committed, and who has it again goes on there', async () => {
    const topic = await topicWith(['a', 'b', 'c'])
    await using consumer = open({ groupId: world.group() })
    consumer.assign([first(topic)])
    assert.deepEqual(await read(consumer, 2), ['a', 'b'])
    await consumer.commit([{ ...first(topic), offset: 1 }])
    const iterator = loopOf(consumer)
    assert.equal(String((await iterator.next()).value?.value), 'c')
    consumer.assign([])
    assert.deepEqual(consumer.assignment, [])
    consumer.assign([first(topic)])
    assert.deepEqual(await read(consumer, 1), ['c'])
  })

  test('a log that was cut is read on where it was cut, or not without being told (KIP-320)', async () => {
    const topic = await topicWith(['a', 'b'])
    const groupId = world.group()
    const beyond = { ...first(topic), offset: 7, leaderEpoch: 0 }
    {
      // By itself it would commit where it stands.
      await using consumer = open({ groupId, enableAutoCommit: false })
      consumer.assign([first(topic)])
      await consumer.commit([beyond])
    }
    await using careful = open({ groupId, autoOffsetReset: 'none' })
    careful.assign([first(topic)])
    await assert.rejects(read(careful, 1), { code: 'OFFSET_OUT_OF_RANGE', message: /was cut at offset 2/ })
    careful.seek({ ...beyond, offset: 1 })
    assert.deepEqual(await read(careful, 1), ['b'])
    await using consumer = open({ groupId })
    consumer.assign([first(topic)])
    while (consumer.position(first(topic)) !== 2) await setTimeout(5)
    await producer.send(topic, { value: 'c', partition: 0 })
    assert.deepEqual(await read(consumer, 1), ['c'])
  })
}

function committing(): void {
  test('who leaves the loop gets the record again that was in hand, unless it was committed', async () => {
    const topic = await topicWith(['a', 'b', 'c'])
    await using consumer = open({ groupId: world.group(), enableAutoCommit: false })
    consumer.assign([first(topic)])
    const failing = async (): Promise<void> => {
      for await (const { value } of consumer) if (String(value) === 'b') throw new Error('not today')
    }
    await assert.rejects(failing(), /not today/)
    for await (const { value } of consumer) {
      assert.equal(String(value), 'b')
      await consumer.commit()
      break
    }
    assert.deepEqual(await read(consumer, 1), ['c'])
    const [committed] = await consumer.committed([first(topic)])
    assert.equal(committed?.offset, 2)
  })

  test('what is done is committed by itself, and where the next consumer begins', async () => {
    const topic = await topicWith(['a', 'b', 'c', 'd'])
    const groupId = world.group()
    const told: number[] = []
    {
      await using consumer = open({
        groupId,
        onCommitted: (offsets) => told.push(...offsets.map(({ offset }) => offset)),
      })
      consumer.assign([first(topic)])
      const iterator = consumer[Symbol.asyncIterator]()
      for (let i = 0; i < 3; i++) await iterator.next()
      // The third one is in hand yet.
    }
    assert.deepEqual(told, [2])
    await using next = open({ groupId })
    next.assign([first(topic)])
    assert.deepEqual(await read(next, 2), ['c', 'd'])
  })
}

function finding(): void {
  test('batches come as they lie in the log', async () => {
    const topic = await topicWith(['a', 'b', 'c'])
    await using consumer = open()
    consumer.assign([first(topic)])
    for await (const { records, partition, highWatermark } of consumer.batches()) {
      assert.deepEqual([records.map(({ value }) => String(value)), partition, highWatermark], [['a', 'b', 'c'], 0, 3])
      break
    }
  })

  test('seek, pause and resume; ends and times', async () => {
    const topic = await topicWith(['a', 'b', 'c'])
    const second = { topic, partition: 1 }
    await producer.send(topic, { value: 'x', partition: 1, timestampMs: 1000 })
    await using consumer = open()
    consumer.assign([first(topic), second])
    consumer.pause([second])
    assert.deepEqual(await read(consumer, 3), ['a', 'b', 'c'])
    consumer.seek({ ...first(topic), offset: 1 })
    assert.deepEqual(await read(consumer, 2), ['b', 'c'])
    consumer.resume([second])
    assert.deepEqual(await read(consumer, 1), ['x'])
    assert.deepEqual(await consumer.beginningOffsets([first(topic), second]), [0, 0])
    assert.deepEqual(await consumer.endOffsets([first(topic), second]), [3, 1])
    const [none, found] = await consumer.offsetsForTime([{ topic, partition: 2 }, second], 500)
    assert.deepEqual([none, found?.offset, found?.timestampMs], [undefined, 0, 1000])
    assert.throws(() => consumer.seek({ topic, partition: 2, offset: 0 }), { code: 'INVALID_ARGUMENT' })
    assert.throws(() => consumer.seek({ ...second, offset: -1 }), { code: 'INVALID_ARGUMENT' })
  })

  test('an offset that is not there is found anew, or told where nobody says how', async () => {
    const topic = await topicWith(['a', 'b'])
    await using consumer = open()
    consumer.assign([first(topic)])
    consumer.seek({ ...first(topic), offset: 999 })
    assert.deepEqual(await read(consumer, 2), ['a', 'b'])
    await using strict = open({ autoOffsetReset: 'none' })
    strict.assign([first(topic)])
    await assert.rejects(read(strict, 1), { code: 'OFFSET_OUT_OF_RANGE' })
    strict.seek({ ...first(topic), offset: 1 })
    assert.deepEqual(await read(strict, 1), ['b'])
  })
}

function findingByAge(): void {
  test('a partition begins at the first record that is young enough, or at the end where none is (KIP-1106)', async () => {
    const topic = await world.topic()
    const minutesAgo = (minutes: number): number => Date.now() - minutes * 60_000
    for (const [value, minutes] of [
      ['a', 600],
      ['b', 180],
      ['c', 30],
      ['d', 0],
    ] as const) {
      await producer.send(topic, { value, partition: 0, timestampMs: minutesAgo(minutes) })
    }
    await producer.send(topic, { value: 'old', partition: 1, timestampMs: minutesAgo(180) })
    await using consumer = open({ autoOffsetReset: 'by_duration:PT1H' })
    const places = [0, 1, 2].map((partition) => ({ topic, partition }))
    consumer.assign(places)
    const isKnown = (): boolean => places.every((each) => consumer.position(each) !== undefined)
    while (!isKnown()) await setTimeout(5)
    assert.deepEqual(
      places.map((each) => consumer.position(each)),
      [2, 1, 0],
    )
    assert.deepEqual(await read(consumer, 2), ['c', 'd'])
    await producer.send(topic, { value: 'new', partition: 1 })
    assert.deepEqual(await read(consumer, 1), ['new'])
    await using all = open({ autoOffsetReset: 'by_duration:P99999D' })
    all.assign([first(topic)])
    assert.deepEqual(await read(all, 4), ['a', 'b', 'c', 'd'])
  })
}

function prefetching(): void {
  test('what is fetched ahead is bounded, however many partitions have something', async () => {
    const topic = await world.topic()
    const value = Buffer.alloc(100_000)
    // In batches of their own: a broker gives whole ones.
    for (let i = 0; i < 60; i++) await producer.send(topic, { value, partition: i % 3 })
    let bytes = 0
    const count = (event: unknown): void => {
      if (typeof event === 'object' && event !== null && 'bytes' in event) bytes += Number(event.bytes)
    }
    subscribe('odradek:consumer:fetch', count)
    try {
      await using consumer = open({ prefetchBytes: 1_000_000 })
      consumer.assign([0, 1, 2].map((partition) => ({ topic, partition })))
      const iterator = consumer[Symbol.asyncIterator]()
      await iterator.next()
      await setTimeout(500)
      assert.ok(bytes < 1_500_000, `${bytes} bytes were fetched for one record`)
      for (let i = 1; i < 60; i++) assert.equal((await iterator.next()).done, false)
      assert.ok(bytes > 6_000_000)
    } finally {
      unsubscribe('odradek:consumer:fetch', count)
    }
  })
}

function sharing(): void {
  test('what a group takes away can be committed by the application that is told of it', async () => {
    const topic = await topicWith(['a', 'b', 'c'])
    const groupId = world.group()
    const seen: unknown[] = []
    const member = open({
      groupId,
      enableAutoCommit: false,
      async onRevoked(partitions) {
        await member.commit()
        seen.push(partitions.length, member.position(first(topic)))
      },
    })
    member.subscribe([topic])
    assert.deepEqual(await read(member, 2), ['a', 'b'])
    await member.close()
    assert.equal(seen[0], 3)
    await using next = open({ groupId })
    const [committed] = await next.committed([first(topic)])
    // The second one was in hand.
    assert.equal(committed?.offset, 1)
  })

  test('two members share the partitions; what one leaves the other goes on with', async () => {
    for (const strategy of ['range', 'cooperative-sticky'] as const) {
      const topic = await world.topic()
      const values = Array.from({ length: 60 }, (_, i) => ({ value: `v${i}`, partition: i % 3 }))
      await producer.sendAll(topic, values)
      const groupId = world.group()
      const events: string[] = []
      const member = (name: string): Consumer => {
        const note = (what: string) => (them: readonly unknown[]) => void events.push(`${name} ${what} ${them.length}`)
        const options = { onAssigned: note('gets'), onRevoked: note('gives'), onLost: note('loses') }
        const consumer = open({
          groupId,
          heartbeatIntervalMs: 100,
          ...options,
          partitionAssignmentStrategy: [strategy],
        })
        consumer.subscribe([topic])
        return consumer
      }
      const one = member('one')
      assert.equal(new Set(await read(one, 60)).size, 60)
      const waiting = read(one, 1)
      const two = member('two')
      const others = read(two, 1)
      await untilShared(one, two)
      await one.close()
      assert.deepEqual(await waiting, [])
      await untilShared(two)
      await producer.send(topic, { value: 'last', partition: 2 })
      assert.deepEqual(await others, ['last'])
      await two.close()
      // By the old way all is given up each time, by the new one what another one is to have.
      const [begin, ...more] = events
      assert.equal(begin, 'one gets 3')
      if (strategy === 'range') assert.equal(more[0], 'one gives 3')
      else assert.deepEqual(more, ['one gives 1', 'two gets 1', 'one gives 2', 'two gets 2', 'two gives 3'])
    }
  })
}

function fallingSilent(): void {
  test('who keeps a record for too long loses what it has to others, and comes back when it asks again', async () => {
    const topic = await world.topic()
    await producer.sendAll(
      topic,
      Array.from({ length: 6 }, (_, i) => ({ value: `v${i}`, partition: i % 3 })),
    )
    const told: string[] = []
    await using consumer = open({
      groupId: world.group(),
      heartbeatIntervalMs: 50,
      maxPollIntervalMs: 300,
      onLost: (them) => void told.push(`lost ${them.length}`),
      onAssigned: (them) => void told.push(`got ${them.length}`),
    })
    consumer.subscribe([topic])
    const before = await read(consumer, 3)
    await untilShared(consumer)
    while (told.length < 2) await setTimeout(20)
    assert.deepEqual([told, consumer.assignment], [['got 3', 'lost 3'], []])
    // Two of the three were done, but nothing was committed: all are read again.
    const again = await read(consumer, 6)
    assert.equal(new Set(again).size, 6)
    assert.ok(before.every((value) => again.includes(value)))
  })
}
