/** A small cluster of three brokers with a topic of one partition and three replicas, of which two must be in sync. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTopics, ErrorCode, fetch, type ProduceResponse, produce } from '../../src/protocol/index.ts'
import { buildBatch, readRecords } from '../../src/records/index.ts'
import type { ClusterNode } from './cluster/cluster-node.ts'
import { SmallCluster } from './small-cluster.ts'

const times = { electionTimeoutMs: 500, fetchTimeoutMs: 1000, requestTimeoutMs: 2000, sessionTimeoutMs: 3000 }
export const topic = 'replicated'

export class ReplicatedTopic {
  readonly cluster: SmallCluster

  /** `configs`: of each node. */
  constructor(configs: Readonly<Record<string, string>> = {}) {
    this.cluster = new SmallCluster({ ...times, delayMsMean: 0.3, brokers: 3 }, configs)
  }

  get brokers(): readonly ClusterNode[] {
    return this.cluster.nodes.filter(({ isBroker }) => isBroker)
  }

  async start(): Promise<void> {
    await this.cluster.start()
    const configs = [
      { name: 'min.insync.replicas', value: '2' },
      // Its records are old.
      { name: 'retention.ms', value: '-1' },
    ]
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

export function inWorld(
  what: string,
  work: (it: ReplicatedTopic) => Promise<void>,
  configs: Readonly<Record<string, string>> = {},
): void {
  test(what, async () => {
    const it = new ReplicatedTopic(configs)
    await it.cluster.world.settle(
      it.start().then(() => work(it)),
      1_200_000,
    )
    assert.equal(it.cluster.failure, undefined)
  })
}
