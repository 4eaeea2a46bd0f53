/**
 * Our share consumer before Apache Kafka's brokers (KIP-932): beside Java's in one group, killed, and with a broker that is killed. Our own
 * brokers do not serve share groups yet: against them all of this is skipped, and says so.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Broker } from '../../bench/broker.ts'
import { incrementalAlterConfigs } from '../../src/protocol/index.ts'
import {
  type Acknowledged,
  defineTopic,
  json,
  Kafka,
  KafkaError,
  type ShareConsumer,
  type ShareConsumerOptions,
  type ShareRecord,
} from '../../src/stack/client.ts'
import { bootstrap, records, uniqueName, until } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { startOwnBroker } from './own-broker.ts'
import { makePeers } from './peers.ts'
import { skipUnless } from './served.ts'
import { ShareMemberProcess } from './share-members.ts'
import { createTopic } from './topics.ts'

type Bytes = Uint8Array | null

const skip = skipUnless('shareConsumers')
const lockMs = 3000
const settings = {
  'group.share.heartbeat.interval.ms': '500',
  'group.share.min.heartbeat.interval.ms': '500',
  'group.share.session.timeout.ms': '6000',
  'group.share.min.session.timeout.ms': '6000',
  'group.share.record.lock.duration.ms': `${lockMs}`,
  'group.share.min.record.lock.duration.ms': '1000',
  'share.coordinator.state.topic.num.partitions': '4',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.num.partitions': '4',
}

const groupResource = 32
const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`)

/** A group that begins with what is there: it is the group's config, and no consumer's. */
async function shareGroup(more: Readonly<Record<string, string>> = {}): Promise<string> {
  const group = uniqueName('share')
  const peers = makePeers()
  const [host = '', port = ''] = bootstrap().split(':')
  const configs = Object.entries({ 'share.auto.offset.reset': 'earliest', ...more })
  const request = incrementalAlterConfigs.request.create({
    resources: [
      {
        resourceType: groupResource,
        resourceName: group,
        configs: configs.map(([name, value]) => ({ name, configOperation: 0, value })),
      },
    ],
  })
  const peer = peers.to({ host, port: Number(port) })
  try {
    const { responses } = await peer.send(incrementalAlterConfigs, request, { timeoutMs: 20_000 })
    assert.deepEqual(
      responses.map(({ errorCode }) => errorCode),
      [0],
    )
  } finally {
    peer.close()
  }
  return group
}

async function produce(topic: string, values: readonly string[], partitions = 1): Promise<void> {
  const kafka = new Kafka({ bootstrapServers: bootstrap() })
  for (const [i, compressionType] of (['lz4', 'zstd', 'none'] as const).entries()) {
    await using producer = kafka.producer({ compressionType, lingerMs: 5 })
    const part = values.filter((_, at) => at % 3 === i)
    await producer.sendAll(
      topic,
      part.map((value, at) => ({ value, partition: at % partitions })),
    )
  }
}

interface Open {
  readonly consumer: ShareConsumer
  readonly told: readonly Acknowledged[]
  next(): Promise<ShareRecord<Bytes, Bytes>>
}

function open(
  topic: string,
  groupId: string,
  mode: 'implicit' | 'explicit' = 'explicit',
  more: Pick<ShareConsumerOptions, 'maxPollRecords' | 'shareAcquireMode'> = {},
): Open {
  const told: Acknowledged[] = []
  const consumer = new Kafka({ bootstrapServers: bootstrap(), logLevel: 'error' }).shareConsumer({
    groupId,
    shareAcknowledgementMode: mode,
    onAcknowledged: (results) => void told.push(...results),
    ...more,
  })
  const iterator = consumer.subscribe([topic])[Symbol.asyncIterator]()
  return {
    consumer,
    told,
    async next() {
      const { value } = await iterator.next()
      assert.ok(value !== undefined)
      return value
    },
  }
}

const text = ({ value, deliveryCount }: ShareRecord<Bytes, Bytes>): string => `${String(value)}*${deliveryCount}`
const codes = (results: readonly Acknowledged[]): string[] => results.map(({ error }) => error?.code ?? 'done')

describe('share groups', { skip }, () => {
  let broker: Broker
  before(async () => {
    broker = await startOwnBroker({ name: 'share', settings })
  })
  after(() => broker.stop())

  test('two of ours and one of Java’s share records, each of which is accepted once', {
    timeout: 120_000,
  }, async (context) => {
    const partitions = 3
    const topic = await createTopic({ prefix: 'share', partitions })
    const group = await shareGroup()
    const members = [await ShareMemberProcess.java(topic, group)]
    const sent: string[] = []
    const send = async (count: number): Promise<void> => {
      const values = Array.from({ length: count }, (_, i) => `${sent.length + i}`)
      await produce(topic, values, partitions)
      sent.push(...values)
    }
    try {
      const accepted = (): string[] => members.flatMap((member) => member.accepted)
      members.push(ShareMemberProcess.ours(topic, group), ShareMemberProcess.ours(topic, group))
      // Who comes first has the first ones: it goes on until each has had some.
      await until({
        what: 'each has something',
        timeoutMs: 60_000,
        condition: async () => {
          await send(records(300))
          return sent.length >= records(10_000) && members.every((member) => member.given.length > 0)
        },
        seen: () => members.map((it) => `${it.given.length} ${it.accepted.length} ${it.stderr}`).join('\n'),
      })
      const count = sent.length
      await until({
        what: `${count} records are accepted`,
        timeoutMs: 60_000,
        condition: () => accepted().length >= count,
        seen: () => members.map((it) => `${it.given.length} ${it.accepted.length} ${it.stderr}`).join('\n'),
      })
      await Promise.all(members.map((member) => member.end()))
      assert.deepEqual([accepted().length, new Set(accepted()).size], [count, count])
      const values = members.flatMap(({ given }) => given.map(({ value }) => value))
      assert.deepEqual(new Set(values), new Set(sent))
      assert.deepEqual(
        members.flatMap(({ refused }) => refused),
        [],
      )
      context.diagnostic(`accepted: ${members.map((member) => member.accepted.length)}`)
    } finally {
      await Promise.all(members.map((member) => member.kill()))
    }
  })

  test('what a member had that is killed is delivered again, for the second time', { timeout: 90_000 }, async () => {
    const topic = await createTopic({ prefix: 'share' })
    const group = await shareGroup()
    await produce(topic, numbers(20))
    const slow = ShareMemberProcess.ours(topic, group, 60_000)
    try {
      await until({ what: 'it has one', timeoutMs: 30_000, condition: () => slow.given.length === 1 })
    } finally {
      await slow.kill()
    }
    const { consumer, next } = open(topic, group)
    try {
      const again: string[] = []
      while (again.length < 20) {
        const record = await next()
        again.push(text(record))
        record.accept()
      }
      assert.deepEqual(codes(await consumer.commit()), ['done'])
      assert.deepEqual(new Set(again), new Set(numbers(20).map((value) => `${value}*2`)))
    } finally {
      await consumer.close()
    }
  })

  test('rejected: never again; released: at once again; not renewed: again when its lock has run out', {
    timeout: 90_000,
  }, async () => {
    const topic = await createTopic({ prefix: 'share' })
    const group = await shareGroup()
    await produce(topic, ['rejected', 'released', 'renewed', 'forgotten'])
    const { consumer, next, told } = open(topic, group)
    try {
      const byValue = new Map<string, ShareRecord<Bytes, Bytes>>()
      for (let i = 0; i < 4; i++) {
        const record = await next()
        byValue.set(String(record.value), record)
      }
      byValue.get('rejected')?.reject()
      byValue.get('released')?.release()
      assert.deepEqual(codes(await consumer.commit()), ['done'])
      const released = await next()
      assert.equal(text(released), 'released*2')
      released.accept()
      for (let i = 0; i < 3; i++) {
        await delay(lockMs / 2)
        byValue.get('renewed')?.renew()
        assert.deepEqual(codes(await consumer.commit()), ['done'])
      }
      const forgotten = await next()
      assert.equal(text(forgotten), 'forgotten*2')
      forgotten.accept()
      byValue.get('renewed')?.accept()
      assert.deepEqual(codes(await consumer.commit()), ['done'])
      byValue.get('forgotten')?.accept()
      assert.deepEqual(codes(await consumer.commit()), ['INVALID_RECORD_STATE'])
      assert.deepEqual(
        codes(told).filter((code) => code !== 'done'),
        ['INVALID_RECORD_STATE'],
      )
    } finally {
      await consumer.close()
    }
    await produce(topic, ['last'])
    const after = open(topic, group)
    try {
      assert.equal(text(await after.next()), 'last*1')
    } finally {
      await after.consumer.close()
    }
  })

  test('what was not handed out when the consumer closes is somebody else’s at once', { timeout: 60_000 }, async () => {
    const topic = await createTopic({ prefix: 'share' })
    const group = await shareGroup()
    await produce(topic, numbers(9))
    const first = open(topic, group, 'implicit')
    const done = [await first.next(), await first.next()].map(({ value }) => String(value))
    await first.consumer.close()
    const { consumer, next } = open(topic, group, 'implicit')
    try {
      const sinceMs = Date.now()
      const rest: ShareRecord<Bytes, Bytes>[] = []
      while (rest.length < 8) rest.push(await next())
      assert.ok(Date.now() - sinceMs < lockMs, `${Date.now() - sinceMs} ms`)
      const values = rest.map(({ value }) => String(value))
      assert.deepEqual(new Set([...values, done[0]]), new Set(numbers(9)))
      // It was delivered, says the broker, though nobody had seen it.
      assert.deepEqual(new Set(rest.map(({ deliveryCount }) => deliveryCount)), new Set([2]))
    } finally {
      await consumer.close()
    }
  })

  test('with a limit on records the rest of a batch is others’ at once', { timeout: 60_000 }, async () => {
    const topic = await createTopic({ prefix: 'share' })
    const group = await shareGroup()
    const kafka = new Kafka({ bootstrapServers: bootstrap() })
    await using producer = kafka.producer({ lingerMs: 50 })
    await producer.sendAll(
      topic,
      numbers(10).map((value) => ({ value })),
    )
    const limited = open(topic, group, 'explicit', { maxPollRecords: 2, shareAcquireMode: 'record_limit' })
    const other = open(topic, group, 'explicit')
    try {
      const taken = [await limited.next(), await limited.next()]
      const sinceMs = Date.now()
      const rest: ShareRecord<Bytes, Bytes>[] = []
      while (rest.length < 8) rest.push(await other.next())
      const all = [...taken, ...rest]
      for (const record of all) record.accept()
      assert.deepEqual(new Set(all.map(text)), new Set(numbers(10).map((value) => `${value}*1`)))
      assert.ok(Date.now() - sinceMs < lockMs, `${Date.now() - sinceMs} ms`)
      assert.deepEqual(
        [codes(await limited.consumer.commit()), codes(await other.consumer.commit())],
        [['done'], ['done']],
      )
    } finally {
      await Promise.all([limited.consumer.close(), other.consumer.close()])
    }
  })

  test('a slow application keeps what waits, by renewing it: nothing is delivered twice', {
    timeout: 90_000,
  }, async () => {
    const topic = await createTopic({ prefix: 'share' })
    const group = await shareGroup()
    await produce(topic, numbers(16))
    const { consumer, next, told } = open(topic, group, 'implicit')
    try {
      const seen: string[] = []
      while (seen.length < 16) {
        seen.push(text(await next()))
        await delay(lockMs / 6)
      }
      assert.deepEqual(new Set(seen), new Set(numbers(16).map((value) => `${value}*1`)))
      await consumer.commit()
      assert.deepEqual(
        codes(told).filter((code) => code !== 'done'),
        [],
      )
    } finally {
      await consumer.close()
    }
  })

  test('transactions: all records, or the committed ones, as the group is told; what else the log has is passed over', {
    timeout: 90_000,
  }, async () => {
    const topic = await createTopic({ prefix: 'share' })
    const prefix = `${topic}-`
    await librdkafka('transactions', { topic, prefix, count: 5 })
    const of = (kind: string): string[] => Array.from({ length: 5 }, (_, i) => `${prefix}${kind}-${i}*1`)
    const levels = [
      ['read_uncommitted', [...of('aborted'), ...of('committed')]],
      ['read_committed', of('committed')],
    ] as const
    for (const [level, expected] of levels) {
      const { consumer, next, told } = open(topic, await shareGroup({ 'share.isolation.level': level }), 'implicit')
      try {
        const seen: string[] = []
        while (seen.length < expected.length) seen.push(text(await next()))
        assert.deepEqual(seen, expected)
        await consumer.commit()
        assert.deepEqual(
          codes(told).filter((code) => code !== 'done'),
          [],
        )
      } finally {
        await consumer.close()
      }
    }
  })

  test('a record that is not what its topic says comes again, until it is rejected', { timeout: 90_000 }, async () => {
    const topic = await createTopic({ prefix: 'share' })
    const group = await shareGroup()
    await produce(topic, ['1', 'bad', '3'])
    await using consumer = new Kafka({ bootstrapServers: bootstrap(), logLevel: 'error' }).shareConsumer({
      groupId: group,
    })
    const numbered = consumer.subscribe([defineTopic(topic, { value: json<number>() })])
    const seen: (number | string)[] = []
    while (seen.length < 4) {
      try {
        for await (const { value } of numbered) {
          seen.push(value)
          if (seen.length === 4) {
            await consumer.commit()
            break
          }
        }
      } catch (error) {
        assert.ok(error instanceof KafkaError && error.shareRecord !== undefined, String(error))
        seen.push(text(error.shareRecord))
        if (error.shareRecord.deliveryCount === 2) error.shareRecord.reject()
      }
    }
    assert.deepEqual(seen.toSorted(), [1, 3, 'bad*1', 'bad*2'].toSorted())
    // Nothing is left.
    const rest = numbered[Symbol.asyncIterator]().next()
    const later = await Promise.race([rest, delay(2 * lockMs)])
    assert.equal(later, undefined)
  })

  test('a broker that is killed and starts again gives out all that was not accepted', {
    timeout: 120_000,
  }, async (context) => {
    const topic = await createTopic({ prefix: 'share', partitions: 2 })
    const group = await shareGroup()
    await produce(topic, numbers(1000), 2)
    const members = [ShareMemberProcess.ours(topic, group, 2), ShareMemberProcess.ours(topic, group, 2)]
    try {
      const accepted = (): string[] => members.flatMap((member) => member.accepted)
      await until({ what: 'some are accepted', timeoutMs: 40_000, condition: () => accepted().length > 100 })
      await broker.process.kill()
      broker = await broker.again()
      await until({
        what: 'all are accepted',
        timeoutMs: 60_000,
        condition: () => new Set(accepted()).size === 1000,
        seen: () => members.map((it) => `${it.given.length} ${it.accepted.length} ${it.stderr}`).join('\n'),
      })
      const given = members.flatMap((member) => member.given)
      context.diagnostic(`${given.length} given, ${accepted().length} accepted`)
      assert.equal(accepted().length, 1000)
    } finally {
      await Promise.all(members.map((member) => member.kill()))
    }
  })
})
