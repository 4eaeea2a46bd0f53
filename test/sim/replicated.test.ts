/** Three brokers have a topic of three replicas: what is acknowledged by all is there when the leader is not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createTopics,
  deleteRecords,
  ErrorCode,
  fetch,
  metadata,
  type ProduceResponse,
  produce,
} from '../../src/protocol/index.ts'
import { buildBatch, readRecords } from '../../src/records/index.ts'
import type { ClusterNode } from './cluster/cluster-node.ts'
import { SmallCluster } from './small-cluster.ts'

const times = { electionTimeoutMs: 500, fetchTimeoutMs: 1000, requestTimeoutMs: 2000, sessionTimeoutMs: 3000 }
const topic = 'replicated'

class ReplicatedTopic {
  readonly cluster = new SmallCluster({ ...times, delayMsMean: 0.3, brokers: 3 })

  get brokers(): readonly ClusterNode[] {
    return this.cluster.nodes.filter(({ isBroker }) => isBroker)
  }

  async start(): Promise<void> {
    await this.cluster.start()
    const configs = [{ name: 'min.insync.replicas', value: '2' }]
    const topics = [{ name: topic, numPartitions: 1, replicationFactor: 3, configs }]
    const reply = await this.cluster.call(this.cluster.broker, createTopics, { topics, timeoutMs: 10_000 })
    assert.equal(reply.topics[0]?.errorCode, ErrorCode.NONE)
    await this.cluster.until('it is known everywhere', () => this.brokers.every((it) => this.stateOn(it)))
  }

  stateOn({ node }: ClusterNode) {
    return node?.broker.image.topics.byName.get(topic)?.partitions.get(0)
  }

  logOn({ node }: ClusterNode) {
    return node?.broker.replicas.get(topic, 0)?.log
  }

  get leader(): ClusterNode {
    const states = this.brokers.flatMap((it) => this.stateOn(it) ?? [])
    const newest = states.reduce((a, b) => (b.leaderEpoch > a.leaderEpoch ? b : a))
    const leader = this.brokers.find(({ id }) => id === newest.leader)
    assert.ok(leader !== undefined, 'somebody leads')
    return leader
  }

  async produce(values: readonly string[], { to = this.leader, acks = -1 } = {}) {
    const records = buildBatch(values.map((value) => ({ value: Buffer.from(value), timestampMs: 1 })))
    const topicId = this.stateOn(to)?.topicId
    assert.ok(topicId !== undefined)
    const topicData = [{ name: topic, topicId, partitionData: [{ index: 0, records }] }]
    const reply: ProduceResponse = await this.cluster.call(to, produce, { acks, timeoutMs: 30_000, topicData })
    const { errorCode, baseOffset } = reply.responses[0]?.partitionResponses[0] ?? {}
    return { errorCode, baseOffset }
  }

  async read(from = this.leader): Promise<string[]> {
    const topicId = this.stateOn(from)?.topicId
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000, currentLeaderEpoch: -1 }]
    const reply = await this.cluster.call(from, fetch, {
      maxBytes: 1_000_000,
      topics: [{ topic, topicId, partitions }],
    })
    const { errorCode, records } = reply.responses[0]?.partitions[0] ?? {}
    assert.equal(errorCode, ErrorCode.NONE)
    assert.ok(records instanceof Uint8Array)
    const values: string[] = []
    for (let at = 0; at < records.length; ) {
      for (const { value } of readRecords(records.subarray(at), 0, 1_000_000))
        values.push(Buffer.from(value ?? []).toString())
      at += 12 + new DataView(records.buffer, records.byteOffset + at).getInt32(8)
    }
    return values
  }

  async untilInSync(ids: readonly number[]): Promise<void> {
    await this.cluster.until(`in sync are ${ids}`, () =>
      this.brokers.every((it) => {
        const isr = this.stateOn(it)?.isr
        return it.node === undefined || (isr?.length === ids.length && ids.every((id) => isr.includes(id)))
      }),
    )
  }

  get ids(): readonly number[] {
    return this.brokers.map(({ id }) => id)
  }
}

function inWorld(what: string, work: (it: ReplicatedTopic) => Promise<void>): void {
  test(what, async () => {
    const it = new ReplicatedTopic()
    await it.cluster.world.settle(
      it.start().then(() => work(it)),
      1_200_000,
    )
    assert.equal(it.cluster.failure, undefined)
  })
}

inWorld('what is produced is on all replicas, and readable when they have it', async (it) => {
  assert.deepEqual(await it.produce(['a', 'b']), { errorCode: ErrorCode.NONE, baseOffset: 0 })
  for (const broker of it.brokers) assert.equal(it.logOn(broker)?.logEndOffset, 2)
  assert.deepEqual(await it.read(), ['a', 'b'])
  await it.cluster.until('the others know that it is', () => it.brokers.every((b) => it.logOn(b)?.highWatermark === 2))
})

inWorld('the leader is killed: another one has all that was acknowledged, and the old one follows it', async (it) => {
  await it.produce(['a'])
  const old = it.leader
  await it.produce(['b'])
  old.kill()
  await it.cluster.until('another one leads', () => it.leader !== old)
  assert.deepEqual(await it.read(), ['a', 'b'])
  assert.equal((await it.produce(['c'])).errorCode, ErrorCode.NONE)
  old.start()
  await it.untilInSync(it.ids)
  assert.equal(it.logOn(old)?.logEndOffset, 3)
  assert.deepEqual(await it.read(), ['a', 'b', 'c'])
})

inWorld('a leader that nobody reaches loses what it alone has: it is cut where its epoch ended', async (it) => {
  await it.produce(['a'])
  const old = it.leader
  const { world } = it.cluster
  const others = it.cluster.nodes.filter((node) => node !== old).map(({ name }) => name)
  world.network.partition([old.name], others)
  const lost = it.produce(['lost'], { to: old, acks: 1 })
  assert.equal((await lost).errorCode, ErrorCode.NONE)
  await it.cluster.until('another one leads', () => it.leader !== old)
  assert.equal((await it.produce(['b'])).errorCode, ErrorCode.NONE)
  world.network.heal()
  await it.untilInSync(it.ids)
  assert.deepEqual(await it.read(), ['a', 'b'])
  await it.cluster.until('its log is theirs', () => it.logOn(old)?.logEndOffset === 2)
})

inWorld('a follower that is gone leaves the replicas in sync, and comes back with all', async (it) => {
  const follower = it.brokers.find((broker) => broker !== it.leader)
  assert.ok(follower !== undefined)
  follower.kill()
  await it.untilInSync(it.ids.filter((id) => id !== follower.id))
  assert.equal((await it.produce(['a'])).errorCode, ErrorCode.NONE)
  follower.start()
  await it.untilInSync(it.ids)
  assert.equal(it.logOn(follower)?.logEndOffset, 1)
})

inWorld(
  'with fewer in sync than the topic asks for, acks=all is refused, and what acks=1 has is not read',
  async (it) => {
    const { leader } = it
    for (const broker of it.brokers) if (broker !== leader) broker.kill()
    await it.untilInSync([leader.id])
    assert.equal((await it.produce(['a'])).errorCode, ErrorCode.NOT_ENOUGH_REPLICAS)
    assert.equal((await it.produce(['b'], { acks: 1 })).errorCode, ErrorCode.NONE)
    assert.deepEqual(await it.read(), [])
    for (const broker of it.brokers) if (broker !== leader) broker.start()
    await it.untilInSync(it.ids)
    await it.cluster.until('it is committed', async () => (await it.read()).length === 1)
  },
)

inWorld(
  'a topic loses its first records on all replicas, and one that comes back too late begins behind them',
  async (it) => {
    await it.produce(['a', 'b', 'c'])
    const { leader } = it
    const gone = it.brokers.find((broker) => broker !== leader)
    assert.ok(gone !== undefined)
    const deleteBefore = async (offset: number) => {
      const topics = [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }]
      const reply = await it.cluster.call(leader, deleteRecords, { topics, timeoutMs: 10_000 })
      const { errorCode, lowWatermark } = reply.topics[0]?.partitions[0] ?? {}
      assert.equal(errorCode, ErrorCode.NONE)
      return lowWatermark
    }
    assert.equal(await deleteBefore(1), 1)
    for (const broker of it.brokers) assert.equal(it.logOn(broker)?.logStartOffset, 1)
    gone.kill()
    await it.untilInSync(it.ids.filter((id) => id !== gone.id))
    await it.produce(['d', 'e'])
    assert.equal(await deleteBefore(4), 4)
    gone.start()
    await it.untilInSync(it.ids)
    await it.cluster.until('its log starts where theirs do', () => it.logOn(gone)?.logStartOffset === 4)
    assert.equal(it.logOn(gone)?.logEndOffset, 5)
  },
)

inWorld('clients are told by the metadata who leads', async (it) => {
  const reply = await it.cluster.call(it.cluster.broker, metadata, { topics: [{ name: topic }] })
  assert.equal(reply.topics[0]?.partitions[0]?.leaderId, it.leader.id)
})
