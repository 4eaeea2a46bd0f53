/**
 * Whoever is in sync has all that is committed: as the leader has it, and as the controller has it. And nobody cuts what it knows
 * to be committed.
 */
import assert from 'node:assert/strict'
import type { PartitionImage } from '../../../../src/metadata/index.ts'
import type { Partition } from '../../../../src/replication/index.ts'
import type { LogLine } from '../../../../src/sim/index.ts'
import type { ClusterWorld } from '../cluster-world.ts'
import type { Invariant } from '../invariant.ts'

const losses: ReadonlySet<string> = new Set([
  'the log is cut where it leaves that of the leader',
  'the log of the leader ends before this one',
])

export class InSyncLogs implements Invariant {
  logged({ node, level, message, fields }: LogLine): void {
    assert.ok(level !== 'error' || !losses.has(message), `${node}: ${message} ${JSON.stringify(fields)}`)
  }

  inspect(cluster: ClusterWorld): void {
    const topics = cluster.leader?.node?.quorum.image.topics.byId ?? new Map()
    for (const { name, partitions } of topics.values()) {
      for (const [index, state] of partitions) checkPartition(cluster, { topic: name, index, state })
    }
  }
}

interface Place {
  readonly topic: string
  readonly index: number
  readonly state: PartitionImage
}

function checkPartition(cluster: ClusterWorld, { topic, index, state }: Place): void {
  const replicaOn = (id: number): Partition | undefined => {
    const node = cluster.brokers.find((one) => one.id === id)?.node
    return node?.isBroker === true ? node.broker.replicas.get(topic, index) : undefined
  }
  const leader = replicaOn(state.leader)
  if (leader?.isLeader !== true || leader.leaderEpoch !== state.leaderEpoch) return
  for (const id of state.isr) {
    const follower = replicaOn(id)
    // One that is away in the leader's eyes may have been taken out, and in again, by another one.
    if (follower === undefined || follower.isStopped || !leader.isr.includes(id)) continue
    if (follower.topicId !== leader.topicId) continue
    const { highWatermark } = leader.log
    const { logEndOffset } = follower.log
    const text = `${topic}-${index} is committed up to ${highWatermark}, and broker ${id}, which is in sync, ends at ${logEndOffset}`
    assert.ok(logEndOffset >= highWatermark, text)
  }
}
