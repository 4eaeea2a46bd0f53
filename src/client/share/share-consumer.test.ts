/** The share consumer before brokers that are scripted. Before Apache Kafka's: `test/interop/share.test.ts`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedCluster } from '../../../test/scripted-cluster.ts'
import { ScriptedShareGroup } from '../../../test/scripted-share-group.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ShareRecord } from './delivery.ts'
import type { Acknowledged } from './pending-acknowledgement.ts'
import type { ShareConsumer } from './share-consumer.ts'
import type { ShareConsumerOptions } from './share-options.ts'

type Bytes = Uint8Array | null
type Iterator = AsyncIterator<ShareRecord<Bytes, Bytes>, undefined>

interface Scene {
  readonly cluster: ScriptedCluster
  readonly group: ScriptedShareGroup
  readonly consumer: ShareConsumer
  readonly iterator: Iterator
  /** What was acknowledged, in words: `partition:first-last verb`, with the code of an error. */
  readonly told: string[]
}

const words = ({ partition, ranges, error }: Acknowledged): string =>
  ranges
    .map(({ firstOffset, lastOffset, acknowledgement }) => {
      const text = `${partition}:${firstOffset}-${lastOffset} ${acknowledgement}`
      return error === undefined ? text : `${text} ${error.code}`
    })
    .join(', ')

interface Stage {
  readonly brokers?: number
  readonly partitions?: number
  readonly metadataMaxAgeMs?: number
  readonly replyBytesMax?: number
}

async function play(
  {
    brokers = 1,
    partitions = 1,
    metadataMaxAgeMs = 300_000,
    replyBytesMax,
    ...options
  }: Partial<ShareConsumerOptions> & Stage,
  work: (scene: Scene) => Promise<void>,
): Promise<void> {
  const cluster = new ScriptedCluster({ brokers, partitions })
  const group = new ScriptedShareGroup(cluster)
  const told: string[] = []
  const onAcknowledged = (results: readonly Acknowledged[]): void => void told.push(...results.map(words))
  const consumer = cluster
    .kafka({ metadataMaxAgeMs }, { ...(replyBytesMax !== undefined && { replyBytesMax }) })
    .shareConsumer({ groupId: 'g', onAcknowledged, ...options })
  consumer.subscribe(['t'])
  await cluster.run(async () => {
    try {
      await work({ cluster, group, consumer, iterator: consumer[Symbol.asyncIterator](), told })
    } finally {
      await consumer.close()
    }
  })
}

async function next(iterator: Iterator): Promise<ShareRecord<Bytes, Bytes>> {
  const { value } = await iterator.next()
  assert.ok(value !== undefined)
  return value
}

const text = ({ value, deliveryCount }: ShareRecord<Bytes, Bytes>): string => `${String(value)}*${deliveryCount}`

async function read(iterator: Iterator, count: number): Promise<string[]> {
  const texts: string[] = []
  while (texts.length < count) texts.push(text(await next(iterator)))
  return texts
}

test('a batch may be larger than what was asked for, and than any other answer', () =>
  play({ fetchMaxBytes: 1000, replyBytesMax: 10_000 }, async ({ group, iterator }) => {
    group.add(['x'.repeat(50_000)])
    assert.deepEqual(await read(iterator, 1), [`${'x'.repeat(50_000)}*1`])
  }))

test('a record is accepted when the next is asked for, and what was accepted goes with the next fetch, in one range', () =>
  play({ maxPollRecords: 3 }, async ({ group, iterator, told }) => {
    group.add(['a', 'b', 'c', 'd'])
    assert.deepEqual(await read(iterator, 4), ['a*1', 'b*1', 'c*1', 'd*1'])
    assert.deepEqual(group.heard, ['fetch 0 from 1 +0', 'fetch 1 from 1 0:0-2=1'])
    assert.deepEqual(told, ['0:0-2 accept'])
    assert.deepEqual(group.states(), ['a:accepted*1', 'b:accepted*1', 'c:accepted*1', 'd:acquired*1'])
  }))

test('two that are asked for at a time are both accepted when the next is asked for', () =>
  play({}, async ({ group, consumer, iterator, told }) => {
    group.add(['a', 'b', 'c'])
    await Promise.all([iterator.next(), iterator.next()])
    await iterator.next()
    await consumer.commit()
    assert.deepEqual(told, ['0:0-2 accept'])
  }))

test('what was accepted is sent within a second though no more is asked for', () =>
  play({}, async ({ cluster, group, iterator, told }) => {
    group.add(['a', 'b', 'c'])
    await read(iterator, 3)
    await cluster.sleep(1100)
    assert.deepEqual(group.heard, ['fetch 0 from 1 +0', 'acknowledge 1 at 1 0:0-1=1'])
    assert.deepEqual(told, ['0:0-1 accept'])
  }))

test('a broker that does not tell how long locks are held is believed to hold them as long as by itself', () =>
  play({}, async ({ cluster, group, iterator }) => {
    group.lockMs = 0
    group.add(['a', 'b'])
    await read(iterator, 1)
    await cluster.sleep(14_000)
    assert.deepEqual(await read(iterator, 1), ['b*1'])
  }))

test('where locks are short it is sent sooner', () =>
  play({}, async ({ cluster, group, iterator, told }) => {
    group.lockMs = 1600
    group.add(['a', 'b'])
    await read(iterator, 2)
    await cluster.sleep(150)
    assert.deepEqual(told, ['0:0-0 accept'])
  }))

test('who leaves the loop releases what is in hand, and gets it again; what else was said of it stands', () =>
  play({}, async ({ group, consumer }) => {
    group.add(['a', 'b', 'c'])
    const failing = async (): Promise<void> => {
      for await (const record of consumer) if (text(record) === 'b*1') throw new Error('not today')
    }
    await assert.rejects(failing(), /not today/)
    const seen: string[] = []
    for await (const record of consumer) {
      seen.push(text(record))
      if (seen.length < 2) continue
      record.reject()
      break
    }
    assert.deepEqual(seen, ['c*1', 'b*2'])
    const results = await consumer.commit()
    assert.deepEqual(results.map(words), ['0:1-1 reject'])
    assert.deepEqual(group.states(), ['a:accepted*1', 'b:rejected*2', 'c:accepted*1'])
  }))

test('explicit: nothing is said but what the application says, of several records at a time, each once', () =>
  play({ shareAcknowledgementMode: 'explicit' }, async ({ group, consumer, iterator, told }) => {
    group.add(['a', 'b', 'c', 'd', 'e'])
    const [a, b, c] = [await next(iterator), await next(iterator), await next(iterator)]
    assert.deepEqual(await consumer.commit(), [])
    c.accept()
    a.accept()
    b.release()
    assert.throws(() => b.accept(), { code: 'INVALID_RECORD_STATE' })
    const results = await consumer.commit()
    assert.deepEqual(results.map(words), ['0:0-0 accept, 0:1-1 release, 0:2-2 accept'])
    assert.deepEqual(told, results.map(words))
    assert.deepEqual(group.heard.slice(1), ['acknowledge 1 at 1 0:0-2=1,2,1'])
    assert.deepEqual(await read(iterator, 3), ['d*1', 'e*1', 'b*2'])
  }))

test('renew holds the lock for as long again; without it the record is somebody else’s, and saying so is in vain', () =>
  play({ shareAcknowledgementMode: 'explicit' }, async ({ cluster, group, consumer, iterator, told }) => {
    group.add(['a', 'b'])
    const [a, b] = [await next(iterator), await next(iterator)]
    for (let i = 0; i < 3; i++) {
      await cluster.sleep(6000)
      a.renew()
      await cluster.sleep(10)
    }
    a.accept()
    assert.deepEqual((await consumer.commit()).map(words), ['0:0-0 accept'])
    assert.deepEqual(told, [...new Array(3).fill('0:0-0 renew'), '0:0-0 accept'])
    b.accept()
    assert.deepEqual((await consumer.commit()).map(words), ['0:1-1 accept INVALID_RECORD_STATE'])
    assert.deepEqual(await read(iterator, 1), ['b*2'])
    assert.ok(group.heard.includes('acknowledge 1 at 1 0:0-0=4'))
  }))

test('one record whose lock has run out unseen is told alone: what is said of the others of its partition is done', () =>
  play({ shareAcknowledgementMode: 'explicit' }, async ({ group, consumer, iterator, told }) => {
    group.add(['a', 'b', 'c', 'd', 'e'])
    const all: ShareRecord<Bytes, Bytes>[] = []
    while (all.length < 5) all.push(await next(iterator))
    group.runOut(3)
    for (const record of all) record.accept()
    const results = await consumer.commit()
    assert.deepEqual(results.map(words), ['0:0-2 accept', '0:3-3 accept INVALID_RECORD_STATE', '0:4-4 accept'])
    assert.deepEqual(told.toSorted(), results.map(words))
    assert.deepEqual(await read(iterator, 1), ['d*2'])
  }))

test('what waits for the application is kept by renewing it, and behind it no more is acquired than it is soon through with', () =>
  play({}, async ({ cluster, group, iterator, told }) => {
    const values = Array.from({ length: 12 }, (_, i) => `v${i}`)
    group.add(values)
    for (const value of values) {
      assert.equal(text(await next(iterator)), `${value}*1`)
      await cluster.sleep(2000)
    }
    assert.ok(told.every((it) => /^0:\d+-\d+ accept$/.test(it)))
    group.add(['more'])
    await read(iterator, 1)
    assert.deepEqual(
      group.states().slice(0, 12),
      values.map((value) => `${value}:accepted*1`),
    )
    assert.deepEqual([group.maxRecords[0], group.maxRecords.at(-1)], [500, 2])
  }))

test('a connection that is lost takes with it what was acquired: it comes again, and nothing is accepted that somebody else has', () =>
  play({}, async ({ group, consumer, iterator }) => {
    group.add(['a', 'b', 'c'])
    assert.deepEqual(await read(iterator, 2), ['a*1', 'b*1'])
    group.hangUp()
    const results = await consumer.commit()
    assert.deepEqual(results.map(words), ['0:0-1 accept NETWORK'])
    assert.deepEqual(await read(iterator, 3), ['a*2', 'b*2', 'c*2'])
    assert.deepEqual(group.heard.slice(-1), ['fetch 0 from 1 +0'])
  }))

test('a session that the broker does not know, or takes for another, begins anew', async () => {
  for (const code of [ErrorCode.SHARE_SESSION_NOT_FOUND, ErrorCode.INVALID_SHARE_SESSION_EPOCH]) {
    await play({ maxPollRecords: 1, shareAcquireMode: 'record_limit' }, async ({ group, iterator, told }) => {
      group.add(['a', 'b', 'c'])
      assert.deepEqual(await read(iterator, 2), ['a*1', 'b*1'])
      if (code === ErrorCode.SHARE_SESSION_NOT_FOUND) group.forgetSessions()
      else group.errors.push({ of: 'fetch', code })
      assert.deepEqual(await read(iterator, 1), ['c*1'])
      const name =
        code === ErrorCode.SHARE_SESSION_NOT_FOUND ? 'SHARE_SESSION_NOT_FOUND' : 'INVALID_SHARE_SESSION_EPOCH'
      assert.deepEqual(told, ['0:0-0 accept', `0:1-1 accept ${name}`])
      assert.deepEqual(group.heard.slice(-2), ['fetch 2 from 1 0:1-1=1', 'fetch 0 from 1 +0'])
    })
  }
})

test('a partition that moves is fetched from its new leader, and what the old one gave out comes again', () =>
  play({ brokers: 2, partitions: 2 }, async ({ cluster, group, iterator, told }) => {
    group.assignment = [0, 1]
    group.add(['a', 'b', 'c'])
    assert.deepEqual(await read(iterator, 1), ['a*1'])
    await cluster.sleep(600)
    group.lead(0, 2)
    assert.deepEqual(await read(iterator, 2), ['b*1', 'c*1'])
    // Whoever could tell who leads is silent: the answer to the fetch tells it.
    cluster.metadataError = ErrorCode.UNKNOWN_SERVER_ERROR
    assert.deepEqual(await read(iterator, 3), ['a*2', 'b*2', 'c*2'])
    assert.deepEqual(told, ['0:0-2 accept NOT_LEADER_OR_FOLLOWER'])
    assert.ok(group.heard.some((it) => /^fetch [1-9]\d* from 2.* \+0/.test(it)))
    cluster.metadataError = ErrorCode.NONE
  }))

test('what waits is left out when it is known that another broker leads its partition', () =>
  play({ brokers: 2, metadataMaxAgeMs: 1000 }, async ({ cluster, group, iterator, told }) => {
    group.add(['a', 'b', 'c'])
    assert.deepEqual(await read(iterator, 1), ['a*1'])
    group.lead(0, 2)
    await cluster.sleep(1100)
    assert.deepEqual(await read(iterator, 3), ['a*2', 'b*2', 'c*2'])
    await cluster.sleep(1100)
    assert.equal(told[0], '0:0-0 accept NOT_LEADER_OR_FOLLOWER')
  }))

test('a handle of a delivery that is over says nothing of the next one', () =>
  play({ shareAcknowledgementMode: 'explicit' }, async ({ cluster, group, consumer, iterator }) => {
    group.add(['a'])
    const first = await next(iterator)
    await cluster.sleep(10_100)
    const second = await next(iterator)
    assert.equal(text(second), 'a*2')
    first.release()
    assert.deepEqual((await consumer.commit()).map(words), ['0:0-0 release INVALID_RECORD_STATE'])
    second.accept()
    assert.deepEqual((await consumer.commit()).map(words), ['0:0-0 accept'])
  }))

test('offsets that were acquired and hold no record are told as gaps, and the application hears nothing of them', () =>
  play({}, async ({ group, consumer, iterator, told }) => {
    group.add([null, 'a', null, null])
    assert.deepEqual(await read(iterator, 1), ['a*1'])
    await consumer.commit()
    assert.deepEqual(group.states(), ['null:gap*1', 'a:accepted*1', 'null:gap*1', 'null:gap*1'])
    assert.deepEqual(told, ['0:1-1 accept'])
  }))

test('a renewal goes before the next fetch, not with it', () =>
  play({ shareAcknowledgementMode: 'explicit' }, async ({ group, iterator, told }) => {
    group.add(['a'])
    const a = await next(iterator)
    a.renew()
    const waiting = iterator.next()
    group.add(['b'])
    assert.equal((await waiting).value?.offset, 1)
    assert.deepEqual([told, group.heard.slice(1)], [['0:0-0 renew'], ['acknowledge 1 at 1 0:0-0=4', 'fetch 2 from 1']])
  }))

test('a renewal does not wait, whatever else does', () =>
  play({ shareAcknowledgementMode: 'explicit' }, async ({ cluster, group, iterator, told }) => {
    group.add(['a', 'b'])
    const [a, b] = [await next(iterator), await next(iterator)]
    a.accept()
    await cluster.sleep(10)
    b.renew()
    await cluster.sleep(10)
    assert.deepEqual(told, ['0:0-0 accept, 0:1-1 renew'])
  }))

test('a fetch that waits is waited for before the session ends', () =>
  play({}, async ({ cluster, group, consumer, iterator }) => {
    const waiting = iterator.next()
    await cluster.sleep(100)
    const closed = consumer.close()
    group.add(['a'])
    assert.deepEqual(await waiting, { done: true, value: undefined })
    await closed
    assert.deepEqual(group.heard, ['fetch 0 from 1 +0', 'acknowledge -1 at 1'])
    assert.deepEqual(group.states(), ['a:available*1'])
  }))

test('partitions that are taken away are forgotten, and what was acquired of them is acknowledged all the same', () =>
  play({ partitions: 2 }, async ({ cluster, group, iterator, told }) => {
    group.assignment = [0, 1]
    group.add(['a', 'b'], 1)
    assert.deepEqual(await read(iterator, 1), ['a*1'])
    group.assignment = [0]
    await cluster.sleep(1100)
    group.add(['c'])
    assert.deepEqual(await read(iterator, 2), ['b*1', 'c*1'])
    assert.deepEqual(told, ['1:0-1 accept'])
    assert.deepEqual(group.heard.slice(-2), ['acknowledge 1 at 1 1:0-1=1', 'fetch 2 from 1 -1'])
  }))

test('an error that passes is tried again, and one that does not is told', () =>
  play({ shareAcknowledgementMode: 'explicit' }, async ({ cluster, group, consumer, iterator }) => {
    group.add(['a', 'b'])
    const [a, b] = [await next(iterator), await next(iterator)]
    group.acknowledgeError = ErrorCode.COORDINATOR_NOT_AVAILABLE
    a.accept()
    const committed = consumer.commit()
    await cluster.sleep(150)
    group.acknowledgeError = ErrorCode.NONE
    assert.deepEqual((await committed).map(words), ['0:0-0 accept'])
    group.acknowledgeError = ErrorCode.TOPIC_AUTHORIZATION_FAILED
    b.accept()
    assert.deepEqual((await consumer.commit()).map(words), ['0:1-1 accept TOPIC_AUTHORIZATION_FAILED'])
    group.partitionError = ErrorCode.TOPIC_AUTHORIZATION_FAILED
    await assert.rejects(iterator.next(), { code: 'TOPIC_AUTHORIZATION_FAILED' })
    group.partitionError = ErrorCode.NONE
    group.errors.push({ of: 'fetch', code: ErrorCode.GROUP_AUTHORIZATION_FAILED })
    await assert.rejects(iterator.next(), { code: 'GROUP_AUTHORIZATION_FAILED' })
    group.add(['c'])
    assert.deepEqual(await read(iterator, 1), ['c*1'])
  }))

test('close sends what was said, releases what is in hand, gives back the rest, and leaves', () =>
  play({}, async ({ group, consumer, iterator, told }) => {
    group.add(['a', 'b', 'c', 'd'])
    const waiting = consumer[Symbol.asyncIterator]()
    await read(iterator, 3)
    const end = consumer.close()
    assert.deepEqual(await waiting.next(), { done: true, value: undefined })
    await end
    assert.deepEqual(group.heard.slice(1), ['acknowledge -1 at 1 0:0-2=1,1,2'])
    assert.deepEqual(told, ['0:0-1 accept, 0:2-2 release'])
    assert.deepEqual(group.states(), ['a:accepted*1', 'b:accepted*1', 'c:available*1', 'd:available*1'])
    assert.deepEqual(group.heartbeats.at(-1), -1)
    assert.throws(() => consumer.subscribe(['t']), { code: 'CLOSED' })
    await assert.rejects(consumer.commit(), { code: 'CLOSED' })
  }))

test('a member that is not known any more joins anew; who does not ask for too long leaves, and comes back', () =>
  play({ maxPollIntervalMs: 20_000 }, async ({ cluster, group, iterator }) => {
    group.errors.push({ of: 'heartbeat', code: ErrorCode.UNKNOWN_MEMBER_ID })
    group.add(['a', 'b'])
    assert.deepEqual(await read(iterator, 1), ['a*1'])
    assert.deepEqual(group.heartbeats.slice(0, 2), [0, 0])
    group.errors.push({ of: 'heartbeat', code: ErrorCode.FENCED_MEMBER_EPOCH })
    await cluster.sleep(1500)
    assert.equal(group.heartbeats.at(-1), 0)
    await cluster.sleep(25_000)
    assert.equal(group.heartbeats.at(-1), -1)
    const count = group.heartbeats.length
    await cluster.sleep(5000)
    assert.equal(group.heartbeats.length, count)
    // What waited is somebody else's by now, and so is what was in hand.
    await cluster.sleep(10_000)
    assert.deepEqual(await read(iterator, 2), ['a*2', 'b*2'])
    assert.equal(group.heartbeats[count], 0)
  }))

test('who has nothing to fetch from asks more often for a while, and at once when it subscribes to something else', () =>
  play({}, async ({ cluster, group, consumer, iterator }) => {
    group.assignment = []
    group.add(['a'])
    const waiting = iterator.next()
    await cluster.sleep(250)
    assert.equal(group.heartbeats.length, 2)
    group.assignment = [0]
    const sinceMs = cluster.world.nowMs
    await waiting
    assert.ok(cluster.world.nowMs - sinceMs < 200)
    const count = group.heartbeats.length
    await cluster.sleep(100)
    consumer.subscribe(['t', 'u'])
    await cluster.sleep(50)
    assert.equal(group.heartbeats.length, count + 1)
    await cluster.sleep(5000)
    assert.equal(group.heartbeats.length, count + 6)
  }))

test('what the group refuses is told to who asks for records', () =>
  play({}, async ({ group, iterator }) => {
    group.errors.push({ of: 'heartbeat', code: ErrorCode.GROUP_MAX_SIZE_REACHED })
    await assert.rejects(iterator.next(), { code: 'GROUP_MAX_SIZE_REACHED' })
    group.add(['a'])
    assert.deepEqual(await read(iterator, 1), ['a*1'])
  }))

test('a broker without share groups is told as such', async () => {
  const cluster = new ScriptedCluster()
  const group = new ScriptedShareGroup(cluster)
  cluster.versionsMax = { 76: 0 }
  await cluster.run(async () => {
    await using consumer = cluster.kafka().shareConsumer({ groupId: 'g' })
    consumer.subscribe(['t'])
    await assert.rejects(consumer[Symbol.asyncIterator]().next(), { code: 'NOT_SERVED' })
    assert.deepEqual(group.heartbeats, [])
  })
})

test('with a limit on records one broker is asked at a time, in turns', () =>
  play(
    { brokers: 2, partitions: 2, maxPollRecords: 2, shareAcquireMode: 'record_limit' },
    async ({ group, consumer, iterator }) => {
      group.assignment = [0, 1]
      group.add(['a', 'b', 'c'])
      group.add(['x', 'y', 'z'], 1)
      const first = await read(iterator, 1)
      assert.equal(group.heard.length, 1)
      const all = [...first, ...(await read(iterator, 5))]
      await consumer.commit()
      assert.deepEqual(all.toSorted(), ['a*1', 'b*1', 'c*1', 'x*1', 'y*1', 'z*1'])
      const from = group.heard.filter((it) => it.startsWith('fetch')).map((it) => /from (\d)/.exec(it)?.[1])
      assert.deepEqual(new Set(from.slice(0, 2)).size, 2)
    },
  ))

test('batches: all that came of a partition is done together', () =>
  play({ maxPollRecords: 2 }, async ({ group, consumer, told }) => {
    group.add(['a', 'b', 'c'])
    const sizes: number[] = []
    for await (const records of consumer.batches()) {
      sizes.push(records.length)
      if (sizes.length === 2) break
    }
    await consumer.commit()
    assert.deepEqual(
      [sizes, told],
      [
        [2, 1],
        ['0:0-1 accept', '0:2-2 release'],
      ],
    )
  }))

test('what makes no sense is refused, by name', () => {
  const kafka = new ScriptedCluster().kafka()
  const wrong: readonly [string, RegExp][] = [
    ['{}', /groupId/],
    ['{"groupId": ""}', /groupId/],
    ['{"groupId": "g", "maxPollRecords": 0}', /maxPollRecords/],
    ['{"groupId": "g", "fetchMinBytes": -1}', /fetchMinBytes/],
    ['{"groupId": "g", "fetchMaxWaitMs": -1}', /fetchMaxWaitMs/],
    ['{"groupId": "g", "shareAcquireMode": "all"}', /'all'/],
    ['{"groupId": "g", "shareAcknowledgementMode": "never"}', /'never'/],
    ['{"groupId": "g", "group": "g"}', /'group'/],
  ]
  for (const [options, message] of wrong) assert.throws(() => kafka.shareConsumer(JSON.parse(options)), message)
  assert.throws(() => kafka.shareConsumer({ groupId: 'g' }).subscribe([]), { code: 'INVALID_ARGUMENT' })
})

test('who has subscribed to nothing does not wait for ever; who closes meanwhile is told the end', async () => {
  const consumer = new ScriptedCluster().kafka().shareConsumer({ groupId: 'g' })
  const nothing = { code: 'INVALID_ARGUMENT', message: /there is nothing to read: subscribe comes first/ }
  await assert.rejects(() => consumer[Symbol.asyncIterator]().next(), nothing)
  const batches = consumer.batches()[Symbol.asyncIterator]()
  await assert.rejects(() => batches.next(), nothing)
  await consumer.close()
  assert.deepEqual(await batches.next(), { done: true, value: undefined })
})
