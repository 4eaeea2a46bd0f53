/**
 * One node and two of Odradek's under the same load: one record of 100 bytes a request, to two partitions, four connections with twenty in
 * flight for each. The second node leads one of the two. The CPU of a request is what tells: on two cores, which the generators
 * share, throughput cannot grow.
 */
import type { Cluster, NodeSpec } from '../cluster.ts'
import { cpuSeconds } from '../cpu.ts'
import { figure, type LoadResult, load } from '../loadgen.ts'
import { createLedTopic } from '../replication/led-topic.ts'
import type { Scenario } from '../scenario.ts'

type Nodes = readonly Omit<NodeSpec, 'kind'>[]

const oneNode: Nodes = [{ id: 1, roles: ['controller', 'broker'] }]
const twoNodes: Nodes = [...oneNode, { id: 2, roles: ['broker'] }]
const led = 2
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

interface Measured {
  readonly perSecond: number
  readonly cpuUsEach: number
}

async function measured(cluster: Cluster, scale: number): Promise<Measured> {
  const targets: { readonly port: number; readonly topic: string }[] = []
  for (let i = 0; i < led; i++) {
    const leader = cluster.node((i % cluster.nodes.length) + 1)
    const topic = `led-${i}`
    await createLedTopic({ name: topic, leader, followers: [] })
    targets.push({ port: leader.ports.broker, topic })
  }
  const requests = (seconds: number): Promise<LoadResult[]> =>
    Promise.all(targets.map((target) => load('requests', { ...target, seconds })))
  const spent = (): number => sum(cluster.nodes.map(({ pid }) => cpuSeconds(pid)))
  await requests(5 * scale)
  const before = spent()
  const results = await requests(10 * scale)
  const cpu = spent() - before
  const total = (name: string): number => sum(results.map((result) => figure(result, name)))
  return { perSecond: total('requestsPerSecond'), cpuUsEach: (cpu * 1e6) / total('requests') }
}

export const secondNode: Scenario = {
  name: 'two-nodes',
  figures: [
    { name: 'request CPU, one node', unit: 'us each' },
    { name: 'request CPU, two nodes', unit: 'us each' },
    { name: 'request CPU, two by one', unit: 'x', bar: { kind: 'absolute', bound: 'at-most', value: 1.05 } },
    { name: 'requests, one node', unit: '/s' },
    { name: 'requests, two nodes', unit: '/s' },
  ],
  async measure(session) {
    if (session.broker.name !== 'odradek') return {}
    const one = await session.inCluster(oneNode, (cluster) => measured(cluster, session.scale))
    const two = await session.inCluster(twoNodes, (cluster) => measured(cluster, session.scale))
    return {
      'request CPU, one node': one.cpuUsEach,
      'request CPU, two nodes': two.cpuUsEach,
      'request CPU, two by one': two.cpuUsEach / one.cpuUsEach,
      'requests, one node': one.perSecond,
      'requests, two nodes': two.perSecond,
    }
  },
}
