/** Topics with a replica on each broker, each partition preferably led by another: made, led, read, and their logs compared. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTopics, ErrorCode, electLeaders, listOffsets } from '../../src/protocol/index.ts'
import type { Cluster, ClusterNode } from './cluster.ts'
import { runTool } from './java-tool.ts'
import { until } from './kit.ts'
import { asked, partitionsOf, untilInSync } from './partitions-seen.ts'

const preferredElection = 0
const latestTimestamp = -1n

/** Partition 0 is preferably led by the first of `leaders`, and so on. Resolves when all replicas are in sync. */
export async function makeReplicated(
  cluster: Cluster,
  { name, leaders }: { readonly name: string; readonly leaders: readonly number[] },
): Promise<void> {
  const ids = cluster.brokers.map(({ id }) => id)
  const assignments = leaders.map((leader, partitionIndex) => {
    const brokerIds = [leader, ...ids.filter((id) => id !== leader)]
    return { partitionIndex, brokerIds }
  })
  const configs = [{ name: 'min.insync.replicas', value: '2' }]
  const topic = { name, numPartitions: -1, replicationFactor: -1, assignments, configs }
  const node = someBroker(cluster)
  const reply = await asked(node, (wire) => wire.call(createTopics, { topics: [topic], timeoutMs: 30_000 }))
  assert.equal(reply.topics[0]?.errorCode, ErrorCode.NONE, `${reply.topics[0]?.errorMessage}`)
  await untilInSync(node, name, ids)
}

/** Each partition is led by the first of its replicas again, as soon as that is in sync. */
export async function electPreferred(cluster: Cluster, topics: readonly string[]): Promise<void> {
  const node = someBroker(cluster)
  await until({
    what: `preferred leaders of ${topics}`,
    timeoutMs: 30_000,
    condition: async () => {
      const request = { electionType: preferredElection, topicPartitions: null, timeoutMs: 30_000 }
      const { errorCode } = await asked(node, (wire) => wire.call(electLeaders, request))
      if (errorCode !== ErrorCode.NONE) return false
      for (const topic of topics) {
        const partitions = await partitionsOf(node, topic)
        if (partitions.some(({ leader, replicas }) => leader !== replicas[0])) return false
      }
      return true
    },
  })
}

async function endOffsets(cluster: Cluster, topic: string): Promise<readonly number[]> {
  const partitions = await partitionsOf(someBroker(cluster), topic)
  const asking = partitions.map(async ({ leader }, partitionIndex) => {
    const topics = [{ name: topic, partitions: [{ partitionIndex, timestamp: latestTimestamp }] }]
    const reply = await asked(cluster.node(leader), (wire) => wire.call(listOffsets, { replicaId: -1, topics }))
    return reply.topics[0]?.partitions[0]?.offset ?? -1
  })
  return Promise.all(asking)
}

/** Each partition's values in the order of offsets, which have no gap, as Kafka's console consumer reads them. */
export async function readReplicated(cluster: Cluster, topic: string): Promise<string[][]> {
  const ends = await endOffsets(cluster, topic)
  const count = ends.reduce((sum, end) => sum + end, 0)
  const place = ['--bootstrap-server', cluster.bootstrap, '--topic', topic, '--from-beginning']
  const printed = ['partition', 'offset'].flatMap((what) => ['--formatter-property', `print.${what}=true`])
  const bounds = ['--max-messages', `${count}`, '--timeout-ms', '30000']
  const output = await runTool('consoleConsumer', [...place, ...printed, ...bounds], { timeoutMs: 300_000 })
  const read: string[][] = ends.map(() => [])
  for (const line of output.split('\n').filter((text) => text !== '')) {
    const [, partition, offset, value = ''] = /^Partition:(\d+)\tOffset:(\d+)\t(.*)$/.exec(line) ?? []
    const values = read[Number(partition)]
    assert.ok(values, line)
    assert.equal(Number(offset), values.length, `offsets of ${topic}-${partition}`)
    values.push(value)
  }
  assert.deepEqual(
    read.map(({ length }) => length),
    ends,
    `all of ${topic} is read`,
  )
  return read
}

/** The logs of `topic`, of one segment, are the same on all brokers, byte for byte, as soon as nobody writes. */
export async function untilSameReplicas(
  brokers: readonly ClusterNode[],
  topic: string,
  partitionCount: number,
): Promise<void> {
  for (let partition = 0; partition < partitionCount; partition++) {
    const name = join(`${topic}-${partition}`, '00000000000000000000.log')
    await until({
      what: `the logs of ${topic}-${partition} are the same`,
      timeoutMs: 10_000,
      condition: () => {
        const [first, ...others] = brokers.map(({ directory }) => readFileSync(join(directory, name)))
        return others.every((other) => first?.equals(other))
      },
    })
  }
}

function someBroker(cluster: Cluster): ClusterNode {
  const node = cluster.brokers.find(({ isRunning }) => isRunning)
  assert.ok(node, 'a broker that runs')
  return node
}
