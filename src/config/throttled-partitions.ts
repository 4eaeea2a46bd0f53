/**
 * Of which partitions of a topic the replica on one broker is throttled (KIP-73): `leader.replication.throttled.replicas` and that
 * of followers.
 */

export type ThrottledPartitions = 'all' | ReadonlySet<number>

const none: ReadonlySet<number> = new Set()

/** `replicas`: `*`, or pairs of partition and broker, as they were validated. */
export function throttledPartitions(replicas: readonly string[], brokerId: number): ThrottledPartitions {
  if (replicas.length === 0) return none
  if (replicas.length === 1 && replicas[0] === '*') return 'all'
  const pairs = replicas.map((it) => it.split(':').map(Number))
  return new Set(pairs.flatMap(([partitionId = -1, broker]) => (broker === brokerId ? [partitionId] : [])))
}

export const isThrottled = (partitions: ThrottledPartitions, partitionId: number): boolean =>
  partitions === 'all' || partitions.has(partitionId)
