/**
 * A replica is added to a topic of some megabytes, throttled by the leader or by the new follower (KIP-73): it catches up at the
 * rate. Another topic, not throttled, is copied between the same brokers meanwhile, and a third one is produced to.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeMetrics } from '../../src/node/index.ts'
import {
  alterPartitionReassignments,
  createTopics,
  ErrorCode,
  incrementalAlterConfigs,
  produce,
} from '../../src/protocol/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import type { ClusterNode } from './cluster/cluster-node.ts'
import { SmallCluster } from './small-cluster.ts'

const times = { electionTimeoutMs: 500, fetchTimeoutMs: 1000, requestTimeoutMs: 2000, sessionTimeoutMs: 9000 }
const bytesPerSecond = 500_000
const batchBytes = 500_000
const batches = 12
/** `replica.fetch.max.bytes`: one fetch goes beyond the rate, and is waited for after that. */
const fetchBytes = 1_048_576
/** `replica.fetch.wait.max.ms`: a fetch that waits for the leader is not answered sooner. */
const fetchWaitMs = 500
const soonMs = 300
const lagMs = 3000
const topicResource = 2
const brokerResource = 4
const setOperation = 0

type Side = 'leader' | 'follower'

class CopiedTopics {
  readonly cluster = new SmallCluster({ ...times, delayMsMean: 0.3, brokers: 2, lagMs })

  get brokers(): readonly [leader: ClusterNode, follower: ClusterNode] {
    const [leader, follower] = this.cluster.nodes.filter(({ isBroker }) => isBroker)
    assert.ok(leader !== undefined && follower !== undefined)
    return [leader, follower]
  }

  get ids(): readonly [leader: number, follower: number] {
    const [leader, follower] = this.brokers
    return [leader.id, follower.id]
  }

  async start(): Promise<void> {
    await this.cluster.start()
    for (const name of ['slow', 'free']) await this.create(name, [this.ids[0]])
    for (let i = 0; i < batches; i++) for (const name of ['slow', 'free']) await this.produce(name, batchBytes)
  }

  async create(name: string, brokerIds: readonly number[]): Promise<void> {
    const assignments = [{ partitionIndex: 0, brokerIds: [...brokerIds] }]
    const topics = [{ name, numPartitions: -1, replicationFactor: -1, assignments }]
    const reply = await this.cluster.call(this.brokers[0], createTopics, { topics, timeoutMs: 10_000 })
    assert.equal(reply.topics[0]?.errorCode, ErrorCode.NONE)
    await this.cluster.until(`${name} is known`, () => this.brokers.every((it) => this.#state(it, name)))
  }

  #state({ node }: ClusterNode, name: string) {
    return node?.broker.image.topics.byName.get(name)?.partitions.get(0)
  }

  sizeOnFollower(name: string): number {
    return this.brokers[1].node?.broker.replicas.get(name, 0)?.log.sizeInBytes ?? 0
  }

  /** As the metrics of that broker have it. */
  byteRate(side: Side): number {
    const { node } = this.brokers[side === 'leader' ? 0 : 1]
    assert.ok(node !== undefined)
    const metric = nodeMetrics(node).find(({ name }) => name === `kafka_server_${side}replication_byte_rate`)
    return metric?.samples[0]?.value ?? Number.NaN
  }

  isCopied(name: string): boolean {
    return this.#state(this.brokers[0], name)?.isr.length === 2
  }

  async produce(name: string, sizeInBytes: number): Promise<void> {
    const [leader] = this.brokers
    const records = buildBatch([{ value: Buffer.alloc(sizeInBytes), timestampMs: 1 }])
    const topicId = leader.node?.broker.image.topics.byName.get(name)?.topicId
    const topicData = [{ name, topicId, partitionData: [{ index: 0, records }] }]
    const reply = await this.cluster.call(leader, produce, { acks: -1, timeoutMs: 30_000, topicData })
    assert.equal(reply.responses[0]?.partitionResponses[0]?.errorCode, ErrorCode.NONE)
  }

  /** As `kafka-reassign-partitions --throttle` does, on one side alone. */
  throttle(side: Side, topic = 'slow', to = bytesPerSecond): Promise<void> {
    const brokerId = this.ids[side === 'leader' ? 0 : 1]
    const rate = { name: `${side}.replication.throttled.rate`, value: `${to}` }
    const replicas = { name: `${side}.replication.throttled.replicas`, value: `0:${brokerId}` }
    return this.#alter([
      [brokerResource, `${brokerId}`, rate],
      [topicResource, topic, replicas],
    ])
  }

  unthrottle(side: Side): Promise<void> {
    return this.#alter([[topicResource, 'slow', { name: `${side}.replication.throttled.replicas`, value: '' }]])
  }

  async #alter(changes: readonly [type: number, name: string, config: { name: string; value: string }][]) {
    for (const [resourceType, resourceName, config] of changes) {
      // Each broker judges what is asked of it.
      const to = this.brokers.find(({ id }) => `${id}` === resourceName) ?? this.brokers[0]
      const resources = [{ resourceType, resourceName, configs: [{ ...config, configOperation: setOperation }] }]
      const reply = await this.cluster.call(to, incrementalAlterConfigs, { resources })
      assert.equal(reply.responses[0]?.errorCode, ErrorCode.NONE, `${reply.responses[0]?.errorMessage}`)
    }
  }

  async copy(names: readonly string[] = ['slow', 'free']): Promise<void> {
    const partitions = [{ partitionIndex: 0, replicas: [...this.ids] }]
    const topics = names.map((name) => ({ name, partitions }))
    const reply = await this.cluster.call(this.brokers[0], alterPartitionReassignments, { topics })
    assert.equal(reply.errorCode, ErrorCode.NONE)
  }
}

function inWorld(what: string, work: (it: CopiedTopics) => Promise<void>): void {
  test(what, async () => {
    const it = new CopiedTopics()
    await it.cluster.world.settle(
      it.start().then(() => work(it)),
      1_200_000,
    )
    assert.equal(it.cluster.failure, undefined)
  })
}

for (const side of ['leader', 'follower'] as const) {
  inWorld(`throttled by the ${side}, a new replica catches up at the rate, and others are not slowed`, async (it) => {
    const { world } = it.cluster
    await it.create('used', it.ids)
    await it.throttle(side)
    await it.copy()
    const sinceMs = world.nowMs
    const seconds = (): number => (world.nowMs - sinceMs) / 1000
    let freeSeconds = 0
    const produceMs: number[] = []
    while (!it.isCopied('slow')) {
      assert.ok(seconds() < 60, `${it.sizeOnFollower('slow')} bytes are there`)
      const most = bytesPerSecond * (seconds() + 1) + fetchBytes
      assert.ok(it.sizeOnFollower('slow') <= most, `${it.sizeOnFollower('slow')} after ${seconds()} s`)
      if (freeSeconds === 0 && it.isCopied('free')) freeSeconds = seconds()
      const beforeMs = world.nowMs
      await it.produce('used', 100)
      produceMs.push(world.nowMs - beforeMs)
      await it.cluster.sleep(100)
    }
    const rate = it.byteRate(side)
    assert.ok(rate > 0.8 * bytesPerSecond && rate < 1.2 * bytesPerSecond, `the metric says ${rate}`)
    const expected = (batches * batchBytes) / bytesPerSecond
    assert.ok(seconds() > expected - fetchBytes / bytesPerSecond - 1, `it took ${seconds()} s`)
    assert.ok(seconds() < expected + 2, `it took ${seconds()} s`)
    assert.ok(freeSeconds > 0 && freeSeconds < 1.5, `the other one took ${freeSeconds} s`)
    // With acks=all, through the same fetcher.
    assert.ok(Math.max(...produceMs) < 100, `a produce took ${Math.max(...produceMs)} ms`)
  })

  // The follower looks by itself once in a second: one of two moments is far from that.
  for (const afterMs of [3000, 3400]) {
    inWorld(`throttled by the ${side} for ${afterMs} ms, it has all as soon as the configs say so`, async (it) => {
      await it.throttle(side)
      await it.copy(['slow'])
      await it.cluster.sleep(afterMs)
      assert.ok(it.sizeOnFollower('slow') < batches * batchBytes)
      await it.unthrottle(side)
      await it.cluster.sleep(soonMs + (side === 'leader' ? fetchWaitMs : 0))
      assert.ok(it.sizeOnFollower('slow') > batches * batchBytes)
    })
  }
}

inWorld('who is in sync stays so, whatever the rate is', async (it) => {
  await it.create('used', it.ids)
  for (const side of ['leader', 'follower'] as const) await it.throttle(side, 'used', 0)
  const untilMs = it.cluster.world.nowMs + 2 * lagMs
  while (it.cluster.world.nowMs < untilMs) {
    await it.produce('used', batchBytes)
    assert.ok(it.isCopied('used'))
    await it.cluster.sleep(200)
  }
  for (const side of ['leader', 'follower'] as const) assert.ok(it.byteRate(side) > bytesPerSecond)
})

inWorld('a follower that is killed and starts again is throttled as before', async (it) => {
  await it.throttle('follower')
  await it.copy(['slow'])
  await it.cluster.sleep(2000)
  const [, follower] = it.brokers
  follower.kill()
  follower.start()
  await it.cluster.until('it has what it had', () => it.sizeOnFollower('slow') > 0)
  const sinceMs = it.cluster.world.nowMs
  const before = it.sizeOnFollower('slow')
  await it.cluster.until('all is there', () => it.isCopied('slow'))
  const seconds = (it.cluster.world.nowMs - sinceMs) / 1000
  const expected = (batches * batchBytes - before) / bytesPerSecond
  assert.ok(seconds > expected - fetchBytes / bytesPerSecond - 1, `it took ${seconds} s for ${expected}`)
})
