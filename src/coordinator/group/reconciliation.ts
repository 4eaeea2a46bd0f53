/**
 * The way of one member from what it owns to what it is to own (KIP-848): first it gives up what is not its own any
 * more, then it goes to the newest epoch, then it is given what others have given up. Pure.
 */
import { ApiError, type Uuid } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { Assignment } from './assignors/assignor.ts'
import { type ConsumerMember, noPartitions, type OwnedPartitions, samePartitions } from './consumer-member.ts'
import type { PartitionOwners } from './partition-owners.ts'

/** Partitions that a member says it owns, by topic. */
export interface ReportedPartitions {
  readonly topicId: Uuid
  readonly partitions: readonly number[]
}

export interface ReconciliationOptions {
  readonly member: ConsumerMember
  readonly targetEpoch: number
  readonly target: Assignment
  /** What it is subscribed to has changed with this request. */
  readonly hasSubscriptionChanged: boolean
  /** Null where it does not say. */
  readonly reported: readonly ReportedPartitions[] | null
  /** Ids of the topics that the member is subscribed to, as far as they exist. */
  readonly topicIds: ReadonlySet<Uuid>
  readonly owners: PartitionOwners
}

/** The member as it goes on from here; the same object if it stays. Throws FENCED_MEMBER_EPOCH. */
export function reconcile(options: ReconciliationOptions): ConsumerMember {
  const { member, targetEpoch, hasSubscriptionChanged, reported } = options
  switch (member.state) {
    case 'stable':
      if (member.memberEpoch !== targetEpoch) return advance(options, member.memberEpoch)
      return hasSubscriptionChanged ? giveUpUnsubscribed(options) : member
    case 'unrevoked':
      if (!stillOwns(reported, member.revoking)) return advance(options, member.memberEpoch)
      return hasSubscriptionChanged ? giveUpUnsubscribed(options) : member
    case 'unreleased':
      return advance(options, member.memberEpoch)
    case 'unknown':
      if (reported?.length === 0) return advance(options, targetEpoch)
      throw new ApiError(
        ErrorCode.FENCED_MEMBER_EPOCH,
        'The consumer group member is in a unknown state. The member must abandon all its partitions and rejoin.',
      )
  }
}

/** Who does not say what it owns may own all that it was given. */
function stillOwns(reported: readonly ReportedPartitions[] | null, revoked: OwnedPartitions): boolean {
  if (reported === null) return true
  return reported.some(({ topicId, partitions }) => {
    const given = revoked.get(topicId)
    return given !== undefined && partitions.some((partition) => given.has(partition))
  })
}

/** Between two assignments: of topics that the member has unsubscribed from, it owns nothing. */
function giveUpUnsubscribed({ member, topicIds, reported }: ReconciliationOptions): ConsumerMember {
  const assigned = new Map(member.assigned)
  const revoking = new Map(member.revoking)
  for (const [topicId, partitions] of member.assigned) {
    if (topicIds.has(topicId)) continue
    assigned.delete(topicId)
    revoking.set(topicId, new Map([...(revoking.get(topicId) ?? []), ...partitions]))
  }
  if (assigned.size === member.assigned.size) return member
  const moved = { ...member, previousMemberEpoch: member.memberEpoch, assigned }
  return stillOwns(reported, revoking) ? { ...moved, state: 'unrevoked', revoking } : moved
}

interface Shares {
  /** Owned, and to be owned. */
  readonly kept: Map<Uuid, ReadonlyMap<number, number>>
  /** Owned, and not to be owned. */
  readonly revoked: Map<Uuid, ReadonlyMap<number, number>>
  /** To be owned, and free. */
  readonly free: Map<Uuid, readonly number[]>
  /** Some that are to be owned are still another's. */
  readonly areUnreleased: boolean
}

/** `memberEpoch` is the epoch that the member stays in while it gives partitions up. */
function advance(options: ReconciliationOptions, memberEpoch: number): ConsumerMember {
  const { member, targetEpoch, reported } = options
  const { kept, revoked, free, areUnreleased } = shares(options)
  if (revoked.size > 0 && stillOwns(reported, revoked)) {
    return moved(member, { state: 'unrevoked', memberEpoch, assigned: kept, revoking: revoked })
  }
  for (const [topicId, partitions] of free) {
    const given = partitions.map((partition) => [partition, targetEpoch] as const)
    kept.set(topicId, new Map([...(kept.get(topicId) ?? []), ...given]))
  }
  const state = areUnreleased ? 'unreleased' : 'stable'
  return moved(member, { state, memberEpoch: targetEpoch, assigned: kept, revoking: noPartitions })
}

type Next = Pick<ConsumerMember, 'state' | 'memberEpoch' | 'assigned' | 'revoking'>

/** A member that waits and is told nothing new writes no record. */
function moved(member: ConsumerMember, next: Next): ConsumerMember {
  const isSame =
    member.state === next.state &&
    member.memberEpoch === next.memberEpoch &&
    member.previousMemberEpoch === member.memberEpoch &&
    samePartitions(member.assigned, next.assigned) &&
    samePartitions(member.revoking, next.revoking)
  return isSame ? member : { ...member, ...next, previousMemberEpoch: member.memberEpoch }
}

function shares({ member, target, topicIds, owners }: ReconciliationOptions): Shares {
  const kept = new Map<Uuid, ReadonlyMap<number, number>>()
  const revoked = new Map<Uuid, ReadonlyMap<number, number>>()
  const free = new Map<Uuid, readonly number[]>()
  let areUnreleased = false
  for (const topicId of new Set([...target.keys(), ...member.assigned.keys()])) {
    const wanted = topicIds.has(topicId) ? target.get(topicId) : undefined
    const owned = [...(member.assigned.get(topicId) ?? [])]
    const keeps = new Map(owned.filter(([partition]) => wanted?.has(partition)))
    const gives = owned.filter(([partition]) => !wanted?.has(partition))
    const missing = [...(wanted ?? [])].filter((partition) => !keeps.has(partition))
    // What the member itself has just given up is free for it.
    const given = member.revoking.get(topicId)
    const released = missing.filter((partition) => given?.has(partition) || !owners.isOwned(topicId, partition))
    areUnreleased ||= released.length < missing.length
    if (keeps.size > 0) kept.set(topicId, keeps)
    if (gives.length > 0) revoked.set(topicId, new Map(gives))
    if (released.length > 0) free.set(topicId, released)
  }
  return { kept, revoked, free, areUnreleased }
}
