/** In which log directories replicas lie, and are on their way to, as `kafka-reassign-partitions` asks for and tells it (KIP-113). */
import { type Admin, KafkaError, settled, type TopicPartition } from '../../client/index.ts'
import { byReplica, type PlacedReplica, partitionName, replicaName } from './reassignment-plan.ts'

export interface ReplicaDirectories {
  readonly current?: string
  readonly future?: string
}

type Replica = TopicPartition & { readonly brokerId: number }

/** By the names of replicas. What lies in no directory that works is not there. Throws KafkaError where a broker does not answer. */
export async function directoriesOf(
  admin: Admin,
  replicas: readonly Replica[],
): Promise<ReadonlyMap<string, ReplicaDirectories>> {
  const found = new Map<string, ReplicaDirectories>()
  const wanted = new Set(replicas.map(replicaName))
  if (wanted.size === 0) return found
  const ids = [...new Set(replicas.map(({ brokerId }) => brokerId))]
  for (const told of (await settled(admin.describeLogDirs(ids, { partitions: replicas }))).values()) {
    if (told instanceof KafkaError) throw told
    const all = told.logDirs.flatMap(({ path, replicas: them }) => them.map((it) => ({ ...it, path })))
    for (const { topic, partition, path, isFuture } of all) {
      const name = replicaName({ topic, partition, brokerId: told.brokerId })
      if (wanted.has(name)) found.set(name, { ...found.get(name), [isFuture ? 'future' : 'current']: path })
    }
  }
  return found
}

/** Whether it is where it should be, or can no longer come there by itself. */
function isOver({ current, future }: ReplicaDirectories): boolean {
  return current !== undefined && future === undefined
}

function stateText(replica: PlacedReplica, { current, future }: ReplicaDirectories): string {
  const { brokerId, logDir } = replica
  const place = `Partition ${partitionName(replica)}`
  if (current === undefined) {
    return (
      `${place} is not found in any live log dir on broker ${brokerId}. ` +
      'There is likely an offline log directory on the broker.'
    )
  }
  if (future !== undefined) {
    return future === logDir
      ? `Reassignment of replica ${replicaName(replica)} is still in progress.`
      : `${place} on broker ${brokerId} is being moved to log dir ${future} instead of ${logDir}.`
  }
  return current === logDir
    ? `Reassignment of replica ${replicaName(replica)} completed successfully.`
    : `${place} on broker ${brokerId} is not being moved from log dir ${current} to ${logDir}.`
}

export interface PlacedState {
  /** A line for each replica. */
  readonly text: string
  readonly isUnderWay: boolean
}

/** Pure. */
export function placedState(
  placed: readonly PlacedReplica[],
  directories: ReadonlyMap<string, ReplicaDirectories>,
): PlacedState {
  const of = (replica: PlacedReplica): ReplicaDirectories => directories.get(replicaName(replica)) ?? {}
  return {
    text: placed
      .toSorted(byReplica)
      .map((it) => stateText(it, of(it)))
      .join('\n'),
    isUnderWay: !placed.every((it) => isOver(of(it))),
  }
}
