/** `odradek cluster` against brokers of Apache Kafka's: what it sees, and moves with throttles that are gone in the end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, Run } from '../../src/cli/testdata/run.ts'
import { createEnv } from '../../src/env/index.ts'
import { createTopics, describeConfigs, ErrorCode, listOffsets, metadata, produce } from '../../src/protocol/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import { Wire } from '../wire.ts'
import { Cluster } from './cluster.ts'
import { until } from './kit.ts'

const topic = 'moved'
const partitionCount = 6
const topicType = 2
const brokerType = 4

const connect = (address: string): Promise<Wire> => {
  const [host = '', port = ''] = address.split(':')
  return Wire.connect(createEnv().network, host, Number(port))
}

async function odradek(address: string, ...args: readonly string[]): Promise<string> {
  const run = new Run(['cluster', ...args, '--bootstrap', address], process.cwd(), { path: command })
  assert.equal(await run.ended, 0, run.output)
  return run.output
}

/** Two replicas of each partition, and the first of each third partition on broker 3. */
async function makeTopic(wire: Wire): Promise<void> {
  const assignments = Array.from({ length: partitionCount }, (_, partitionIndex) => ({
    partitionIndex,
    brokerIds:
      [
        [3, 1],
        [1, 2],
        [2, 3],
      ][partitionIndex % 3] ?? [],
  }))
  const topics = [{ name: topic, numPartitions: -1, replicationFactor: -1, assignments }]
  const { topics: made } = await wire.call(createTopics, { topics, timeoutMs: 30_000 })
  assert.equal(made[0]?.errorCode, ErrorCode.NONE, made[0]?.errorMessage ?? '')
}

interface Seen {
  readonly leader: number
  readonly replicas: readonly number[]
}

async function partitionsOf(wire: Wire): Promise<readonly Seen[]> {
  const { topics } = await wire.call(metadata, { topics: [{ name: topic }] }, 8)
  const partitions = topics[0]?.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex) ?? []
  return partitions.map(({ leaderId, replicaNodes }) => ({ leader: leaderId, replicas: replicaNodes }))
}

/** Does `run` with each partition at its leader. */
async function atLeaders(cluster: Cluster, run: (wire: Wire, index: number) => Promise<void>): Promise<void> {
  const [first = ''] = cluster.bootstrap.split(',')
  const wire = await connect(first)
  for (const [index, { leader }] of (await partitionsOf(wire)).entries()) {
    const own = await connect(`127.0.0.1:${cluster.node(leader).ports.broker}`)
    await run(own, index)
    own.destroy()
  }
  wire.destroy()
}

/** Until the broker has heard that it leads. */
async function produceTo(wire: Wire, index: number): Promise<void> {
  const records = buildBatch([{ timestampMs: Date.now(), key: null, value: Buffer.alloc(200_000, index) }])
  const topicData = [{ name: topic, partitionData: [{ index, records }] }]
  const early: readonly (number | undefined)[] = [
    ErrorCode.NOT_LEADER_OR_FOLLOWER,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ]
  await until({
    what: `partition ${index} takes records`,
    timeoutMs: 30_000,
    condition: async () => {
      const { responses } = await wire.call(produce, { acks: -1, timeoutMs: 30_000, topicData }, 9)
      const code = responses[0]?.partitionResponses[0]?.errorCode
      if (!early.includes(code)) assert.equal(code, ErrorCode.NONE)
      return code === ErrorCode.NONE
    },
  })
}

async function checkEnd(wire: Wire, index: number): Promise<void> {
  const topics = [{ name: topic, partitions: [{ partitionIndex: index, timestamp: -1n }] }]
  await until({
    what: `the one batch of partition ${index} is there`,
    timeoutMs: 30_000,
    condition: async () => {
      const { topics: found } = await wire.call(listOffsets, { topics }, 7)
      return Number(found[0]?.partitions[0]?.offset) === 1
    },
  })
}

/** Of topic and brokers, what throttles there are. */
async function throttles(cluster: Cluster): Promise<readonly string[]> {
  const found: string[] = []
  for (const { id, ports } of cluster.brokers) {
    const wire = await connect(`127.0.0.1:${ports.broker}`)
    const resources = [
      { resourceType: brokerType, resourceName: String(id), configurationKeys: null },
      { resourceType: topicType, resourceName: topic, configurationKeys: null },
    ]
    const { results } = await wire.call(describeConfigs, { resources })
    for (const { resourceName, configs } of results) {
      for (const { name, value, configSource } of configs) {
        // 5: the default.
        if (name.includes('.replication.throttled.') && configSource !== 5)
          found.push(`${resourceName} ${name}=${value}`)
      }
    }
    wire.destroy()
  }
  return found
}

test('a broker of three is drained and gets its share again, with records, under a throttle', async () => {
  await using cluster = await Cluster.make({
    name: 'cluster-moves',
    nodes: [
      { id: 1, kind: 'kafka', roles: ['broker', 'controller'] },
      { id: 2, kind: 'kafka', roles: ['broker'] },
      { id: 3, kind: 'kafka', roles: ['broker'] },
    ],
  })
  await cluster.start()
  await cluster.serving()
  const [address = ''] = cluster.bootstrap.split(',')
  const status = async () => JSON.parse(await odradek(address, 'status', '--json'))
  await until({
    what: 'three brokers are unfenced',
    timeoutMs: 60_000,
    condition: async () =>
      (await status()).brokers.filter(({ isFenced }: { readonly isFenced: boolean }) => !isFenced).length === 3,
  })
  const wire = await connect(address)
  await makeTopic(wire)
  await atLeaders(cluster, produceTo)

  const drained = await odradek(address, 'drain', '--broker', '3', '--throttle', '10000000')
  assert.match(drained, /^4 partitions to change, 4 replicas to copy$/m)
  assert.match(drained, /^Broker 3 holds no replica\./m)
  for (const { leader, replicas } of await partitionsOf(wire)) {
    assert.deepEqual(replicas.toSorted(), [1, 2])
    assert.equal(leader, replicas[0])
  }
  assert.deepEqual(await throttles(cluster), [])
  await atLeaders(cluster, checkEnd)

  assert.match(await odradek(address, 'rebalance', '--batch', '1'), /The cluster is balanced\.\n$/)
  const { brokers, underReplicated, moving } = await status()
  for (const { replicas, leaders } of brokers) assert.deepEqual([replicas, leaders], [4, 2])
  assert.deepEqual([underReplicated, moving], [[], []])
  await atLeaders(cluster, checkEnd)
  wire.destroy()
  await cluster.stop()
})
