/** Three combined nodes with 3,000 partitions of three replicas that nobody writes or reads: what that costs. */
import { setTimeout as delay } from 'node:timers/promises'
import { createTopic } from '../../admin.ts'
import { cpuSeconds, rssMb } from '../../cpu.ts'
import { threeNodes } from '../../replication/three-nodes.ts'
import type { Scenario } from '../../scenario.ts'

const topics = 60
const partitions = 50
const settleMs = 20_000
const measuredMs = 30_000

export const replicationIdle: Scenario = {
  name: 'replication/idle',
  figures: [
    { name: 'idle replicas CPU', unit: '% of a core', bar: { kind: 'ratio', bound: 'at-most', value: 1 } },
    { name: 'idle replicas RSS of three nodes', unit: 'MB' },
  ],
  measure(session) {
    return session.inCluster(threeNodes, async (cluster) => {
      const pids = cluster.nodes.map(({ pid }) => pid)
      const sum = (of: (pid: number) => number): number => pids.reduce((total, pid) => total + of(pid), 0)
      for (let i = 0; i < topics * session.scale; i++) {
        const name = `idle-${i}`
        await createTopic(cluster.node(1).ports.broker, { name, partitions, replicationFactor: 3, settings: {} })
      }
      await delay(settleMs * session.scale)
      const before = sum(cpuSeconds)
      await delay(measuredMs * session.scale)
      const spent = sum(cpuSeconds) - before
      return {
        'idle replicas CPU': (spent / (measuredMs * session.scale)) * 1000 * 100,
        'idle replicas RSS of three nodes': sum(rssMb),
      }
    })
  },
}
