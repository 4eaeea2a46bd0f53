/** Throttles of `kafka-reassign-partitions` (KIP-73, 455): set for what moves, and taken away from all when nothing does any more. */
import type { Admin, AlteredConfigs, PartitionReassignment } from '../../client/index.ts'
import { allDone } from './all-done.ts'
import { javaSetOrder } from './java-hash-order.ts'
import { type PlacedReplica, type PlannedPartition, partitionName } from './reassignment-plan.ts'
import { say } from './tool.ts'

const rateKeys = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate'] as const
const directoryRateKey = 'replica.alter.log.dirs.io.max.bytes.per.second'
const leadersKey = 'leader.replication.throttled.replicas'
const followersKey = 'follower.replication.throttled.replicas'

export interface PartitionMove {
  readonly topic: string
  readonly partition: number
  readonly sources: readonly number[]
  /** Those that are to get a copy: none of the sources. */
  readonly destinations: readonly number[]
}

/** Pure: what moves already, and what the plan adds to it. Where a partition moves already, its sources are those that it had then. */
export function movesOf(
  current: ReadonlyMap<string, PartitionReassignment>,
  proposed: readonly PlannedPartition[],
  had: ReadonlyMap<string, readonly number[]>,
): readonly PartitionMove[] {
  const moves = new Map<string, PartitionMove>()
  for (const [name, { topic, partition, replicas, addingReplicas }] of current) {
    const sources = replicas.filter((id) => !addingReplicas.includes(id))
    moves.set(name, { topic, partition, sources, destinations: addingReplicas })
  }
  for (const { topic, partition, replicas } of proposed) {
    const name = partitionName({ topic, partition })
    const sources = moves.get(name)?.sources ?? had.get(name) ?? []
    const destinations = replicas.filter((id) => !sources.includes(id))
    moves.set(name, { topic, partition, sources, destinations })
  }
  return [...moves.values()]
}

/** `partition:broker`, in the order of texts. */
const replicasText = (moves: readonly PartitionMove[], idsOf: (move: PartitionMove) => readonly number[]): string =>
  [...new Set(moves.flatMap((move) => idsOf(move).map((id) => `${move.partition}:${id}`)))].sort().join(',')

/** Pure: the configs of the topics of which something moves. */
export const topicThrottles = (moves: readonly PartitionMove[]): readonly AlteredConfigs[] =>
  Array.from(
    Map.groupBy(moves, ({ topic }) => topic),
    ([name, ofTopic]) => ({
      type: 'topic' as const,
      name,
      set: {
        [leadersKey]: replicasText(ofTopic, ({ sources }) => sources),
        [followersKey]: replicasText(ofTopic, ({ destinations }) => destinations),
      },
    }),
  )

const brokerConfigs = (ids: Iterable<number>, keys: readonly string[], value: number): readonly AlteredConfigs[] =>
  [...new Set(ids)].map((id) => ({
    type: 'broker',
    name: String(id),
    set: Object.fromEntries(keys.map((key) => [key, value])),
  }))

/** Throws KafkaError. */
export async function throttleMoves(
  admin: Admin,
  moves: readonly PartitionMove[],
  bytesPerSecond: number,
): Promise<void> {
  await allDone(admin.alterConfigs(topicThrottles(moves)))
  const ids = moves.flatMap(({ sources, destinations }) => [...sources, ...destinations])
  await allDone(admin.alterConfigs(brokerConfigs(ids, rateKeys, bytesPerSecond)))
  say(`The inter-broker throttle limit was set to ${bytesPerSecond} B/s`)
}

/** Throws KafkaError. */
export async function throttleDirectories(
  admin: Admin,
  placed: readonly PlacedReplica[],
  bytesPerSecond: number,
): Promise<void> {
  const ids = placed.map(({ brokerId }) => brokerId)
  await allDone(admin.alterConfigs(brokerConfigs(ids, [directoryRateKey], bytesPerSecond)))
  say(`The replica-alter-dir throttle limit was set to ${bytesPerSecond} B/s`)
}

/** Of all brokers, since nobody knows any more which of them have sent something; and of the topics of the plan. Throws KafkaError. */
export async function clearThrottles(admin: Admin, partitions: readonly PlannedPartition[]): Promise<void> {
  const { brokers } = await admin.describeCluster()
  const ids = javaSetOrder([...brokers.map(({ id }) => id), ...partitions.flatMap(({ replicas }) => replicas)])
  say(`Clearing broker-level throttles on broker${ids.length === 1 ? '' : 's'} ${ids.join(',')}`)
  const ofBroker = [...rateKeys, directoryRateKey]
  await allDone(admin.alterConfigs(ids.map((id) => ({ type: 'broker', name: String(id), delete: ofBroker }))))
  const topics = javaSetOrder(partitions.map(({ topic }) => topic))
  say(`Clearing topic-level throttles on topic${topics.length === 1 ? '' : 's'} ${topics.join(',')}`)
  const ofTopic = [leadersKey, followersKey]
  await allDone(admin.alterConfigs(topics.map((name) => ({ type: 'topic', name, delete: ofTopic }))))
}
