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

/** Every replica has a directory; those of records from before KIP-858 have one that we do not know. */
function directoriesOf(
  directories: PartitionImage['directories'],
  replicas: PartitionImage['replicas'],
): PartitionImage['directories'] {
  return directories.length > 0 ? directories : replicas.map(() => migratingDirectory)
}

/** In which directory a replica is; undefined where the broker has none of the partition. */
export const directoryOf = (
  { replicas, directories }: Pick<PartitionImage, 'replicas' | 'directories'>,
  brokerId: number,
): Uuid | undefined => directories[replicas.indexOf(brokerId)]

export function partitionFromRecord(record: PartitionRecord): PartitionImage {
  return {
    ...record,
    directories: directoriesOf(record.directories, record.replicas),
    eligibleLeaderReplicas: record.eligibleLeaderReplicas ?? [],
    lastKnownElr: record.lastKnownElr ?? [],
  }
}

/** The partition after a change: its epoch rises by one, the leader epoch too if a leader is named, even the same. */
export function changedPartition(partition: PartitionImage, change: PartitionChangeRecord): PartitionImage {
  const replicas = change.replicas ?? partition.replicas
  const leaderNamed = change.leader !== noLeaderChange
  return {
    ...partition,
    replicas,
    directories: directoriesOf(change.directories ?? partition.directories, replicas),
    isr: change.isr ?? partition.isr,
    removingReplicas: change.removingReplicas ?? partition.removingReplicas,
    addingReplicas: change.addingReplicas ?? partition.addingReplicas,
    eligibleLeaderReplicas: change.eligibleLeaderReplicas ?? partition.eligibleLeaderReplicas,
    lastKnownElr: change.lastKnownElr ?? partition.lastKnownElr,
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
