/**
 * What a wanted change makes of a partition: a reassignment that is done with it, the eligible leader replicas (KIP-966), an
 * election, and the leader epoch. Pure: one partition in, at most one record out.
 */
import type { Uuid } from '../../base/index.ts'
import { type PartitionChangeRecord, partitionChangeRecord } from '../../protocol/index.ts'
import { noLeader, noLeaderChange, noRecoveryStateChange, type PartitionImage } from '../image/partition-image.ts'
import { type Elected, type ElectionKind, electLeader } from './partition-election.ts'
import { type Assignment, afterReassignment } from './reassignment.ts'

/** `LeaderRecoveryState` of records: after an unclean election the leader cleans up before it lets others into the ISR. */
export const recoveryState = { recovered: 0, recovering: 1 } as const

/** What is left out stays as it is. */
export interface WantedChange {
  readonly isr?: readonly number[] | undefined
  readonly replicas?: readonly number[] | undefined
  readonly addingReplicas?: readonly number[] | undefined
  readonly removingReplicas?: readonly number[] | undefined
  readonly leaderRecoveryState?: number | undefined
  /** A broker whose log may have lost its end: no longer eligible. */
  readonly uncleanShutdown?: number | undefined
}

export interface PartitionRules {
  readonly election: ElectionKind
  readonly isAcceptable: (brokerId: number) => boolean
  readonly minInSyncReplicas: number
  readonly elrEnabled: boolean
  /** Before `metadata.version` 3.6: followers learn of a smaller ISR by a new leader epoch. */
  readonly bumpsEpochOnShrink: boolean
  /** Of a replica that is new; undefined: `metadata.version` has no directories yet. */
  readonly directoryOfNew: ((brokerId: number) => Uuid) | undefined
}

const same = <T>(a: readonly T[], b: readonly T[]): boolean => a.length === b.length && a.every((it, i) => it === b[i])
const hasAll = (all: readonly number[], some: readonly number[]): boolean => some.every((id) => all.includes(id))
/** Undefined in a record: no change. */
const ifChanged = <T>(after: readonly T[], before: readonly T[]): readonly T[] | null =>
  same(after, before) ? null : after

/** Those who left an ISR that is now too small hold all that was committed: nothing is, below the minimum. */
function eligibleReplicas(
  partition: PartitionImage,
  { isr, replicas }: Assignment,
  { elrEnabled, minInSyncReplicas, uncleanShutdown }: PartitionRules & Pick<WantedChange, 'uncleanShutdown'>,
): readonly number[] {
  if (!elrEnabled || isr.length >= minInSyncReplicas) return []
  return [...new Set([...partition.eligibleLeaderReplicas, ...partition.isr])]
    .filter((id) => replicas.includes(id) && !isr.includes(id) && id !== uncleanShutdown)
    .sort((a, b) => a - b)
}

/** While there is no leader, the last one is remembered. */
function lastKnownAfter(partition: PartitionImage, leader: number): readonly number[] | null {
  const { leader: before, lastKnownElr } = partition
  if (leader === noLeader) return lastKnownElr.length === 0 && before !== noLeader ? [before] : null
  return leader >= 0 && lastKnownElr.length > 0 ? [] : null
}

/** Who leads from now on, if anything changes for the followers: the epoch rises also where the leader stays. */
function leaderAfter(options: {
  readonly partition: PartitionImage
  readonly target: Assignment
  readonly elected: Elected
  readonly isr: readonly number[] | null
  readonly rules: PartitionRules
}): number {
  const { partition, target, elected, isr, rules } = options
  if (elected.leader !== partition.leader) return elected.leader
  const leaves = !hasAll(target.replicas, partition.replicas)
  const shrinks = rules.bumpsEpochOnShrink && isr !== null && !hasAll(isr, partition.isr)
  return leaves || shrinks ? partition.leader : noLeaderChange
}

function directoriesAfter(
  { replicas, directories }: PartitionImage,
  after: readonly number[],
  directoryOfNew: PartitionRules['directoryOfNew'],
): readonly Uuid[] | null {
  if (directoryOfNew === undefined) return null
  const places = after.map((id) => directories[replicas.indexOf(id)] ?? directoryOfNew(id))
  return ifChanged(places, directories)
}

/** The change that follows, if any. */
export function changeOf(
  partition: PartitionImage,
  wanted: WantedChange,
  rules: PartitionRules,
): PartitionChangeRecord | undefined {
  const { elrEnabled } = rules
  const target: Assignment = afterReassignment({
    replicas: wanted.replicas ?? partition.replicas,
    isr: wanted.isr ?? partition.isr,
    addingReplicas: wanted.addingReplicas ?? partition.addingReplicas,
    removingReplicas: wanted.removingReplicas ?? partition.removingReplicas,
  })
  const eligible = eligibleReplicas(partition, target, { ...rules, uncleanShutdown: wanted.uncleanShutdown })
  const elected = electLeader({ ...rules, ...target, partition, elr: eligible, kind: rules.election })
  const { leader: next, unclean } = elected
  const changes = next !== partition.leader
  const alone = changes && (unclean || eligible.includes(next))
  const targetIsr = alone ? [next] : target.isr
  // Without eligible replicas to fall back on, the last of the ISR stays in it.
  const isr = targetIsr.length > 0 || elrEnabled ? ifChanged(targetIsr, partition.isr) : null
  const elr = changes && unclean ? [] : eligible.filter((id) => !changes || id !== next)
  const leader = leaderAfter({ partition, target, elected, isr, rules })
  const recovers = changes && unclean && partition.leaderRecoveryState !== recoveryState.recovering
  const wantedState = wanted.leaderRecoveryState ?? partition.leaderRecoveryState
  const restated = wantedState === partition.leaderRecoveryState ? noRecoveryStateChange : wantedState
  const change = {
    leader,
    isr,
    eligibleLeaderReplicas: ifChanged(elr, partition.eligibleLeaderReplicas),
    lastKnownElr: elrEnabled ? lastKnownAfter(partition, leader) : null,
    replicas: target.replicas.length > 0 ? ifChanged(target.replicas, partition.replicas) : null,
    directories: directoriesAfter(partition, target.replicas, rules.directoryOfNew),
    addingReplicas: ifChanged(target.addingReplicas, partition.addingReplicas),
    removingReplicas: ifChanged(target.removingReplicas, partition.removingReplicas),
    leaderRecoveryState: recovers && restated === noRecoveryStateChange ? recoveryState.recovering : restated,
  }
  const { leader: _, leaderRecoveryState, ...lists } = change
  const nothing = Object.values(lists).every((list) => list === null)
  if (nothing && leader === noLeaderChange && leaderRecoveryState === noRecoveryStateChange) return undefined
  return partitionChangeRecord.create({ topicId: partition.topicId, partitionId: partition.partitionId, ...change })
}
