/** A partition as its records left it. Immutable; on the control path. */
import type { Uuid } from '../../base/index.ts'
import type { PartitionChangeRecord, PartitionRecord } from '../../protocol/index.ts'
import { migratingDirectory } from './directory-id.ts'

/** A partition record whose eligible leader replicas (KIP-966) are lists, empty where the record has none. */
export type PartitionImage = PartitionRecord & {
  readonly eligibleLeaderReplicas: readonly number[]
  readonly lastKnownElr: readonly number[]
}

/** The leader of a partition that has none. */
export const noLeader = -1
/** In a partition change: the leader stays, and so does the leader epoch. */
export const noLeaderChange = -2
/** In a partition change: the leader recovery state stays. */
export const noRecoveryStateChange = -1

/** Every replica has a directory; those of records from before KIP-858 have one that we do not know, also when they change. */
function directoriesOf(
  directories: PartitionImage['directories'],
  replicas: PartitionImage['replicas'],
): PartitionImage['directories'] {
  return directories.every((directory) => directory === migratingDirectory)
    ? replicas.map(() => migratingDirectory)
    : directories
}

/** In which directory a replica is; undefined where the broker has none of the partition. */
export const directoryOf = (
  { replicas, directories }: Pick<PartitionImage, 'replicas' | 'directories'>,
  brokerId: number,
): Uuid | undefined => directories[replicas.indexOf(brokerId)]

const none: readonly never[] = []

/** A decoded list has room for more behind it, 130 bytes; what lives as long as a partition does without. */
const kept = <T>(list: readonly T[] | null): readonly T[] => (list === null || list.length === 0 ? none : list.slice())

/** Mostly all replicas are in sync: one list serves for both. */
const keptIsr = (isr: readonly number[], replicas: readonly number[]): readonly number[] =>
  isr.length === replicas.length && isr.every((id, i) => id === replicas[i]) ? replicas : kept(isr)

/** `topicId`: of the topic, so that its partitions share it. */
export function partitionFromRecord(record: PartitionRecord, topicId: Uuid = record.topicId): PartitionImage {
  const replicas = kept(record.replicas)
  return {
    ...record,
    topicId,
    replicas,
    isr: keptIsr(record.isr, replicas),
    removingReplicas: kept(record.removingReplicas),
    addingReplicas: kept(record.addingReplicas),
    directories: kept(directoriesOf(record.directories, replicas)),
    eligibleLeaderReplicas: kept(record.eligibleLeaderReplicas),
    lastKnownElr: kept(record.lastKnownElr),
  }
}

/** The partition after a change: its epoch rises by one, the leader epoch too if a leader is named, even the same. */
export function changedPartition(partition: PartitionImage, change: PartitionChangeRecord): PartitionImage {
  const replicas = change.replicas === null ? partition.replicas : kept(change.replicas)
  const { isr, directories, removingReplicas, addingReplicas, eligibleLeaderReplicas, lastKnownElr } = change
  const leaderNamed = change.leader !== noLeaderChange
  return {
    ...partition,
    replicas,
    directories: directoriesOf(directories === null ? partition.directories : kept(directories), replicas),
    isr: isr === null ? partition.isr : keptIsr(isr, replicas),
    removingReplicas: removingReplicas === null ? partition.removingReplicas : kept(removingReplicas),
    addingReplicas: addingReplicas === null ? partition.addingReplicas : kept(addingReplicas),
    eligibleLeaderReplicas:
      eligibleLeaderReplicas === null ? partition.eligibleLeaderReplicas : kept(eligibleLeaderReplicas),
    lastKnownElr: lastKnownElr === null ? partition.lastKnownElr : kept(lastKnownElr),
    leader: leaderNamed ? change.leader : partition.leader,
    leaderEpoch: leaderNamed ? partition.leaderEpoch + 1 : partition.leaderEpoch,
    leaderRecoveryState:
      change.leaderRecoveryState === noRecoveryStateChange ? partition.leaderRecoveryState : change.leaderRecoveryState,
    partitionEpoch: partition.partitionEpoch + 1,
  }
}

/** Kafka leaves empty lists of eligible leader replicas out. */
export function recordOfPartition(partition: PartitionImage): PartitionRecord {
  const { eligibleLeaderReplicas, lastKnownElr } = partition
  return {
    ...partition,
    eligibleLeaderReplicas: eligibleLeaderReplicas.length > 0 ? eligibleLeaderReplicas : null,
    lastKnownElr: lastKnownElr.length > 0 ? lastKnownElr : null,
  }
}
