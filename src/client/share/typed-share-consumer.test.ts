/** Records of typed topics as a share consumer hands them out, before scripted brokers, and what becomes of those that cannot be read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedCluster } from '../../../test/scripted-cluster.ts'
import { ScriptedShareGroup } from '../../../test/scripted-share-group.ts'
import { KafkaError } from '../kafka-error.ts'
import { json } from '../serdes/json.ts'
import type { Serde } from '../serdes/serde.ts'
import { string } from '../serdes/text.ts'
import { defineTopic, type TypedTopic } from '../typed-topic.ts'
import type { ShareRecord } from './delivery.ts'
import type { ShareConsumer } from './share-consumer.ts'
import type { ShareConsumerOptions } from './share-options.ts'

interface Scene {
  readonly cluster: ScriptedCluster
  readonly group: ScriptedShareGroup
  readonly consumer: ShareConsumer
}

async function play(options: Partial<ShareConsumerOptions>, work: (scene: Scene) => Promise<void>): Promise<void> {
  const cluster = new ScriptedCluster()
  const group = new ScriptedShareGroup(cluster)
  const consumer = cluster.kafka().shareConsumer({ groupId: 'g', ...options })
  await cluster.run(async () => {
    try {
      await work({ cluster, group, consumer })
    } finally {
      await consumer.close()
    }
  })
}

const number = json<number>({
  check: (value): number => {
    if (typeof value !== 'number') throw new TypeError('no number')
    return value
  },
})

/** Some turns later. */
const later: Serde<number> = {
  ...number,
  async deserialize(bytes, context) {
    for (let i = 0; i < 3; i++) await Promise.resolve()
    return number.deserialize(bytes, context)
  },
}

const ways: Readonly<Record<string, TypedTopic<'t', Buffer | Uint8Array | null, number>>> = {
  'at once': defineTopic('t', { value: number }),
  later: defineTopic('t', { value: later }),
}

async function failure(work: Promise<unknown>): Promise<KafkaError> {
  const error = await work.then(
    () => assert.fail('it should have failed'),
    (it: unknown) => it,
  )
  assert.ok(error instanceof KafkaError, String(error))
  return error
}

for (const [way, topic] of Object.entries(ways)) {
  test(`${way}: records are what their topic says, and are accepted as others are`, () =>
    play({}, async ({ group, consumer }) => {
      group.add(['1', '2', '3'])
      const seen: number[] = []
      for await (const record of consumer.subscribe([topic])) {
        const { value, timestampMs, timestampType, deliveryCount, leaderEpoch, headers, key } = record
        seen.push(value)
        assert.deepEqual([record.topic, record.partition, record.offset], ['t', 0, value - 1])
        assert.deepEqual([timestampMs, timestampType, deliveryCount, leaderEpoch], [7, 'CreateTime', 1, -1])
        assert.deepEqual([headers, key], [[], null])
        if (value === 2) record.reject()
        if (value === 3) break
      }
      assert.deepEqual(seen, [1, 2, 3])
      await consumer.commit()
      assert.deepEqual(group.states(), ['1:accepted*1', '2:rejected*1', '3:available*1'])
    }))

  test(`${way}: one that cannot be read is an error, and is rejected where the application says so`, () =>
    play({}, async ({ group, consumer }) => {
      group.add(['1', 'bad', '3'])
      const seen: unknown[] = []
      while (seen.at(-1) !== 3) {
        try {
          for await (const { value } of consumer.subscribe([topic])) {
            seen.push(value)
            if (value === 3) break
          }
        } catch (error) {
          assert.ok(error instanceof KafkaError && error.shareRecord !== undefined)
          const { code, shareRecord, record, message } = error
          assert.match(message, /t-0: the value of the record at offset 1 could not be deserialized/)
          seen.push(code, `${shareRecord.value}*${shareRecord.deliveryCount}`, record?.offset)
          await Promise.resolve()
          shareRecord.reject()
        }
      }
      assert.deepEqual(seen, [1, 'SERIALIZATION', 'bad*1', 1, 3])
      await consumer.commit()
      assert.deepEqual(group.states(), ['1:accepted*1', 'bad:rejected*1', '3:available*1'])
    }))

  for (const mode of ['implicit', 'explicit'] as const) {
    test(`${way}, ${mode}: where nothing is said of it, it is released when its loop goes on, and comes again`, () =>
      play({ shareAcknowledgementMode: mode, maxPollRecords: 1 }, async ({ group, consumer }) => {
        group.add(['bad', '2'])
        const loop = consumer.subscribe([topic])[Symbol.asyncIterator]()
        assert.equal((await failure(loop.next())).shareRecord?.deliveryCount, 1)
        assert.deepEqual(group.states(), ['bad:acquired*1', '2:available*0'])
        const again = await failure(loop.next())
        assert.equal(again.shareRecord?.deliveryCount, 2)
        again.shareRecord?.accept()
        assert.throws(() => again.shareRecord?.release(), { code: 'INVALID_RECORD_STATE' })
        assert.equal((await loop.next()).value?.value, 2)
        await consumer.commit()
        assert.equal(group.states()[0], 'bad:accepted*2')
      }))

    test(`${way}, ${mode}: it stays the application's own through commits, and while others begin loops`, () =>
      play({ shareAcknowledgementMode: mode, maxPollRecords: 1 }, async ({ cluster, group, consumer }) => {
        group.add(['bad', '2', 'worse'])
        const { shareRecord } = await failure(consumer.subscribe([topic])[Symbol.asyncIterator]().next())
        // Where it is kept in another topic first: meanwhile others of the same process work.
        assert.deepEqual(await consumer.commit(), [])
        const other = consumer.subscribe([topic])[Symbol.asyncIterator]()
        assert.equal((await other.next()).value?.value, 2)
        const worse = (await failure(other.next())).shareRecord
        await consumer.commit()
        await cluster.sleep(6000)
        shareRecord?.renew()
        await cluster.sleep(6000)
        shareRecord?.reject()
        await consumer.commit()
        assert.equal(group.states()[0], 'bad:rejected*1')
        // Of one of which nothing is said the lock runs out.
        assert.equal(worse?.deliveryCount, 1)
        assert.equal(group.states()[2], 'worse:available*1')
      }))
  }

  test(`${way}: it is released when its loop is left, and by closing`, () =>
    play({}, async ({ group, consumer }) => {
      group.add(['bad'])
      const loop = consumer.subscribe([topic])[Symbol.asyncIterator]()
      await failure(loop.next())
      await loop.return?.()
      const [told] = await consumer.commit()
      assert.deepEqual(told?.ranges, [{ firstOffset: 0, lastOffset: 0, acknowledgement: 'release' }])
      const { shareRecord } = await failure(consumer.subscribe([topic])[Symbol.asyncIterator]().next())
      assert.equal(shareRecord?.deliveryCount, 2)
      await consumer.close()
      assert.deepEqual(group.states(), ['bad:available*2'])
      assert.equal(group.heard.at(-1), 'acknowledge -1 at 1')
    }))

  test(`${way}: a batch ends before one that cannot be read; those behind it are not lost, and count as delivered once`, () =>
    play({}, async ({ cluster, group, consumer }) => {
      group.add(['1', '2', 'bad', '4', 'worse', '6'])
      const batches = consumer.subscribe([topic]).batches()[Symbol.asyncIterator]()
      const next = async (): Promise<unknown> => {
        const { value } = await batches.next()
        return value?.map((record: ShareRecord<unknown, unknown>) => `${record.value}*${record.deliveryCount}`)
      }
      assert.deepEqual(await next(), ['1*1', '2*1'])
      for (const [bad, behind] of [
        ['bad', '4*1'],
        ['worse', '6*1'],
      ]) {
        const { shareRecord } = await failure(next())
        assert.equal(String(shareRecord?.value), bad)
        shareRecord?.reject()
        await cluster.sleep(10)
        assert.deepEqual(await next(), [behind])
      }
      await consumer.commit()
      assert.deepEqual(
        group.states().map((state) => state.split(':')[1]),
        ['accepted*1', 'accepted*1', 'rejected*1', 'accepted*1', 'rejected*1', 'accepted*1'],
      )
    }))
}

test('what is being read when the consumer is closed is released, and its loop ends', () =>
  play({}, async ({ cluster, group, consumer }) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting: Serde<string> = {
      ...string,
      async deserialize(bytes, context) {
        await promise
        return string.deserialize(bytes, context)
      },
    }
    group.add(['a', 'b'])
    const loop = consumer.subscribe([defineTopic('t', { value: waiting })])[Symbol.asyncIterator]()
    const next = loop.next()
    await cluster.sleep(100)
    // What is committed does not count it among what is done.
    await consumer.commit()
    assert.deepEqual(group.states(), ['a:acquired*1', 'b:acquired*1'])
    await consumer.close()
    resolve()
    assert.equal((await next).done, true)
    assert.deepEqual(group.states(), ['a:available*1', 'b:available*1'])
  }))

test('a loop may be left at any moment of a decoding that fails: nothing of it is handed out twice, and nothing lost', async () => {
  for (let steps = 0; steps < 30; steps++) {
    await play({}, async ({ cluster, group, consumer }) => {
      const begun = Promise.withResolvers<void>()
      const watched: Serde<number> = {
        ...number,
        async deserialize(bytes, context) {
          begun.resolve()
          await Promise.resolve()
          return number.deserialize(bytes, context)
        },
      }
      group.add(['1', '2', 'bad', '4'])
      const loop = consumer
        .subscribe([defineTopic('t', { value: watched })])
        .batches()
        [Symbol.asyncIterator]()
      const next = loop.next()
      await begun.promise
      for (let step = 0; step < steps; step++) await Promise.resolve()
      await loop.return?.()
      await next.catch(() => undefined)
      const got: string[] = []
      const others = consumer[Symbol.asyncIterator]()
      const reading = (async () => {
        for (let it = await others.next(); it.done !== true; it = await others.next()) {
          got.push(`${it.value.value}`)
          await cluster.sleep(100)
        }
      })()
      await cluster.sleep(2000)
      await consumer.close()
      await reading
      assert.deepEqual(got.toSorted(), ['1', '2', '4', 'bad'], `left behind ${steps} steps`)
    })
  }
})

test('a loop ends with an error when others are read, and gives back what it does not read', () =>
  play({ maxPollRecords: 2 }, async ({ cluster, group, consumer }) => {
    const numbers = ways['at once'] ?? assert.fail()
    group.add(['1', '2'])
    const loop = consumer.subscribe([numbers])[Symbol.asyncIterator]()
    assert.equal((await loop.next()).value?.value, 1)
    const others = consumer.subscribe(['u'])[Symbol.asyncIterator]()
    await assert.rejects(loop.next(), { code: 'INVALID_ARGUMENT' })
    const waiting = others.next()
    await cluster.sleep(1500)
    // It is acquired no more, though the group does not know yet that it is not to be read.
    assert.deepEqual(group.states(), ['1:accepted*1', '2:available*1'])
    await consumer.close()
    assert.equal((await waiting).done, true)
  }))

test('topics that make no sense are refused', () =>
  play({}, async ({ consumer }) => {
    const [one, two] = [defineTopic('t', { value: string }), defineTopic('t', { value: json<number>() })]
    assert.throws(() => consumer.subscribe([one, two]), { code: 'INVALID_ARGUMENT', message: /'t'/ })
    assert.throws(() => consumer.subscribe([one, 't']), { code: 'INVALID_ARGUMENT' })
    assert.throws(() => consumer.subscribe(JSON.parse('[null]')), { code: 'INVALID_ARGUMENT' })
  }))
