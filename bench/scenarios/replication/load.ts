/**
 * Three combined nodes, topics with three replicas, acks=all: produced at full speed to all three at once, and end to end at
 * 5,000 records a second, five in a request, as a producer has them that lingers for a millisecond. (One in each request is more than
 * three of Kafka's nodes on two cores can do: in one run of two a leader was fenced.) CPU and memory are those of all three nodes.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster, ClusterNode } from '../../cluster.ts'
import { cpuSeconds, rssMb } from '../../cpu.ts'
import { figure, type LoadResult, load } from '../../loadgen.ts'
import { createLedTopic } from '../../replication/led-topic.ts'
import { threeNodes } from '../../replication/three-nodes.ts'
import type { Scenario } from '../../scenario.ts'

const settleMs = 5000
const warmBytes = 0.5e9
/** Of each of the three topics. */
const bytes = 1e9
const rate = 5000
const each = 5

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const cpuOf = ({ nodes }: Cluster): number => sum(nodes.map(({ pid }) => cpuSeconds(pid)))

async function ledByEach({ nodes }: Cluster, prefix: string): Promise<Map<ClusterNode, string>> {
  const topics = new Map<ClusterNode, string>()
  for (const leader of nodes) {
    const name = `${prefix}-${leader.id}`
    await createLedTopic({ name, leader, followers: nodes.filter((node) => node !== leader) })
    topics.set(leader, name)
  }
  return topics
}

function produceToAll(topics: ReadonlyMap<ClusterNode, string>, bytesOfEach: number): Promise<LoadResult[]> {
  const shape = { batch: 65536, record: 1024, inflight: 5, connections: 1, acks: -1, bytes: Math.ceil(bytesOfEach) }
  return Promise.all([...topics].map(([{ ports }, topic]) => load('produce', { port: ports.broker, topic, ...shape })))
}

export const replicationLoad: Scenario = {
  name: 'replication/load',
  figures: [
    { name: 'replicated CPU', unit: 's/GB', bar: { kind: 'ratio', bound: 'at-most', value: 0.6 } },
    { name: 'replicated', unit: 'MB/s', bar: { kind: 'ratio', bound: 'at-least', value: 1.5 } },
    { name: 'replicated e2e p50', unit: 'ms' },
    { name: 'replicated e2e p99', unit: 'ms', bar: { kind: 'ratio', bound: 'at-most', value: 0.7 } },
    { name: 'replicated e2e CPU', unit: '% of a core' },
    { name: 'RSS of three nodes', unit: 'MB', bar: { kind: 'ratio', bound: 'at-most', value: 0.25 } },
  ],
  measure(session) {
    return session.inCluster(threeNodes, async (cluster) => {
      const topics = await ledByEach(cluster, 'replicated')
      await produceToAll(topics, warmBytes * session.scale)
      const before = cpuOf(cluster)
      const startMs = performance.now()
      const results = await produceToAll(topics, bytes * session.scale)
      const seconds = (performance.now() - startMs) / 1000
      const spent = cpuOf(cluster) - before
      const gb = sum(results.map((result) => figure(result, 'bytes'))) / 1e9
      await delay(settleMs * session.scale)
      const atRate = await endToEnd(cluster, session.scale)
      return {
        'replicated CPU': spent / gb,
        replicated: (gb * 1000) / seconds,
        ...atRate,
        'RSS of three nodes': sum(cluster.nodes.map(({ pid }) => rssMb(pid))),
      }
    })
  },
}

async function endToEnd(cluster: Cluster, scale: number): Promise<Record<string, number>> {
  const [leader, ...followers] = cluster.nodes
  if (leader === undefined) throw new Error('the cluster has no node')
  const topic = 'at-a-rate'
  await createLedTopic({ name: topic, leader, followers })
  const shape = { topic, rate, each, record: 1024, seconds: 15 * scale, warmup: 5 * scale, acks: -1 }
  const before = cpuOf(cluster)
  const startMs = performance.now()
  const result = await load('e2e', { port: leader.ports.broker, ...shape })
  const seconds = (performance.now() - startMs) / 1000
  return {
    'replicated e2e p50': figure(result, 'p50Ms'),
    'replicated e2e p99': figure(result, 'p99Ms'),
    'replicated e2e CPU': ((cpuOf(cluster) - before) / seconds) * 100,
  }
}
