/** A partition as its records left it. Immutable; on the control path. */
import type { Uuid } from '../../base/index.ts'
import type { PartitionChangeRecord, PartitionRecord } from '../../protocol/index.ts'
import { migratingDirectory } from './directory-id.ts'
import { sharedDirectories, sharedIds } from './shared-list.ts'

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

/** `topicId`: of the topic, so that its partitions share it. */
export function partitionFromRecord(record: PartitionRecord, topicId: Uuid = record.topicId): PartitionImage {
  const replicas = sharedIds(record.replicas)
  return {
    ...record,
    topicId,
    replicas,
    isr: sharedIds(record.isr),
    removingReplicas: sharedIds(record.removingReplicas),
    addingReplicas: sharedIds(record.addingReplicas),
    directories: sharedDirectories(directoriesOf(record.directories, replicas)),
    eligibleLeaderReplicas: sharedIds(record.eligibleLeaderReplicas),
    lastKnownElr: sharedIds(record.lastKnownElr),
  }
}

/** The partition after a change: its epoch rises by one, the leader epoch too if a leader is named, even the same. */
export function changedPartition(partition: PartitionImage, change: PartitionChangeRecord): PartitionImage {
  const replicas = change.replicas === null ? partition.replicas : sharedIds(change.replicas)
  const { isr, directories, removingReplicas, addingReplicas, eligibleLeaderReplicas, lastKnownElr } = change
  const leaderNamed = change.leader !== noLeaderChange
  return {
    ...partition,
    replicas,
    directories: sharedDirectories(directoriesOf(directories ?? partition.directories, replicas)),
    isr: isr === null ? partition.isr : sharedIds(isr),
    removingReplicas: removingReplicas === null ? partition.removingReplicas : sharedIds(removingReplicas),
    addingReplicas: addingReplicas === null ? partition.addingReplicas : sharedIds(addingReplicas),
    eligibleLeaderReplicas:
      eligibleLeaderReplicas === null ? partition.eligibleLeaderReplicas : sharedIds(eligibleLeaderReplicas),
    lastKnownElr: lastKnownElr === null ? partition.lastKnownElr : sharedIds(lastKnownElr),
    leader: leaderNamed ? change.leader : partition.leader,
    leaderEpoch: leaderNamed ? partition.leaderEpoch + 1 : partition.leaderEpoch,
    leaderRecoveryState:
      change.leaderRecoveryState === noRecoveryStateChange ? partition.leaderRecoveryState : change.leaderRecoveryState,
    partitionEpoch: partition.partitionEpoch + 1,
  }
}

/** Whether two images of one partition say the same. Lists that are equal are mostly the same; where not, no harm is done. */
export const isSamePartition = (a: PartitionImage, b: PartitionImage): boolean =>
  a.leader === b.leader &&
  a.leaderEpoch === b.leaderEpoch &&
  a.partitionEpoch === b.partitionEpoch &&
  a.leaderRecoveryState === b.leaderRecoveryState &&
  a.replicas === b.replicas &&
  a.isr === b.isr &&
  a.directories === b.directories &&
  a.removingReplicas === b.removingReplicas &&
  a.addingReplicas === b.addingReplicas &&
  a.eligibleLeaderReplicas === b.eligibleLeaderReplicas &&
  a.lastKnownElr === b.lastKnownElr &&
  a.unknownTags === b.unknownTags

/** Kafka leaves empty lists of eligible leader replicas out. */
export function recordOfPartition(partition: PartitionImage): PartitionRecord {
  const { eligibleLeaderReplicas, lastKnownElr } = partition
  return {
    ...partition,
    eligibleLeaderReplicas: eligibleLeaderReplicas.length > 0 ? eligibleLeaderReplicas : null,
    lastKnownElr: lastKnownElr.length > 0 ? lastKnownElr : null,
  }
}
