/**
 * A member of a group of the consumer protocol (KIP-848): what it is subscribed to, and how far it is on its way from
 * what it owns to what it is to own. Values: a change makes another member.
 */
import type { Uuid } from '../../base/index.ts'
import type { MemberProtocol } from './classic-member.ts'

/**
 *   stable      owns all that it is to own in its epoch
 *   unrevoked   must give partitions up before it goes on to the next epoch
 *   unreleased  is in the newest epoch, and waits for partitions that others still own
 *   unknown     written by a later version: it must begin anew
 */
export type MemberState = 'stable' | 'unrevoked' | 'unreleased' | 'unknown'

/** Partitions of topics, each with the epoch in which the member was given it (KIP-1251). No topic is empty. */
export type OwnedPartitions = ReadonlyMap<Uuid, ReadonlyMap<number, number>>

/** What it takes to speak the classic protocol to a member: it joined by JoinGroup. */
export interface ClassicMetadata {
  readonly sessionTimeoutMs: number
  readonly protocols: readonly MemberProtocol[]
}

/** What a member says of itself. */
export interface MemberSubscription {
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** Each once, sorted. */
  readonly topicNames: readonly string[]
  /** RE2; empty: none. */
  readonly topicRegex: string
  /** -1: none was told. */
  readonly rebalanceTimeoutMs: number
  /** Null: it has no wish. */
  readonly serverAssignor: string | null
  /** Null for a member that speaks the consumer protocol. */
  readonly classic: ClassicMetadata | null
}

/** Where a member stands. */
export interface MemberProgress {
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly state: MemberState
  readonly assigned: OwnedPartitions
  /** To be given up; owned until then. */
  readonly revoking: OwnedPartitions
}

export interface ConsumerMember extends MemberSubscription, MemberProgress {
  readonly memberId: string
}

/** A member leaves with this epoch; with the other one, a static member that comes back. */
export const leavingEpoch = -1
export const leavingStaticEpoch = -2

export const noPartitions: OwnedPartitions = new Map()

export const noProgress: MemberProgress = {
  memberEpoch: leavingEpoch,
  previousMemberEpoch: -1,
  state: 'stable',
  assigned: noPartitions,
  revoking: noPartitions,
}

/** As nobody has told anything of it. */
export const newMember = (memberId: string): ConsumerMember => ({
  memberId,
  instanceId: null,
  rackId: null,
  clientId: '',
  clientHost: '',
  topicNames: [],
  topicRegex: '',
  rebalanceTimeoutMs: -1,
  serverAssignor: null,
  classic: null,
  ...noProgress,
  memberEpoch: 0,
})

export const sortedNames = (names: readonly string[]): readonly string[] => [...new Set(names)].sort()

export const isReconciledTo = (member: MemberProgress, assignmentEpoch: number): boolean =>
  member.state === 'stable' && member.memberEpoch === assignmentEpoch

export function samePartitions(a: OwnedPartitions, b: OwnedPartitions): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const other = b.get(topicId)
    if (other?.size !== partitions.size) return false
    for (const [partition, epoch] of partitions) if (other.get(partition) !== epoch) return false
  }
  return true
}

export const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((name, i) => name === b[i]))

function sameClassic(a: ClassicMetadata | null, b: ClassicMetadata | null): boolean {
  if (a === null || b === null) return a === b
  return (
    a.sessionTimeoutMs === b.sessionTimeoutMs &&
    a.protocols.length === b.protocols.length &&
    a.protocols.every(({ name, metadata }, i) => {
      const other = b.protocols[i]
      return other?.name === name && Buffer.compare(other.metadata, metadata) === 0
    })
  )
}

export function sameSubscription(a: MemberSubscription, b: MemberSubscription): boolean {
  return (
    a === b ||
    (a.instanceId === b.instanceId &&
      a.rackId === b.rackId &&
      a.clientId === b.clientId &&
      a.clientHost === b.clientHost &&
      sameNames(a.topicNames, b.topicNames) &&
      a.topicRegex === b.topicRegex &&
      a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
      a.serverAssignor === b.serverAssignor &&
      sameClassic(a.classic, b.classic))
  )
}

/** What the record of its subscription holds of a member. */
export const subscriptionOf = (member: ConsumerMember): MemberSubscription => ({
  instanceId: member.instanceId,
  rackId: member.rackId,
  clientId: member.clientId,
  clientHost: member.clientHost,
  topicNames: member.topicNames,
  topicRegex: member.topicRegex,
  rebalanceTimeoutMs: member.rebalanceTimeoutMs,
  serverAssignor: member.serverAssignor,
  classic: member.classic,
})

/** What the record of its progress holds of a member. */
export const progressOf = (member: ConsumerMember): MemberProgress => ({
  memberEpoch: member.memberEpoch,
  previousMemberEpoch: member.previousMemberEpoch,
  state: member.state,
  assigned: member.assigned,
  revoking: member.revoking,
})
