/**
 * Members of the classic protocol in a group of the consumer protocol (KIP-848, online migration): to them an epoch is a
 * generation, and each is told its own assignment. On the path from handlers 11 to 14.
 */
import { ApiError, MalformedError } from '../../base/index.ts'
import { type ConsumerProtocolSubscription, ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import { type JoinReply, keptProtocols, type MemberIdentity, type SyncReply } from './classic-member.ts'
import type { JoinRequest, SyncRequest } from './classic-protocol.ts'
import { consumerProtocolType, readSubscription, writeAssignment } from './consumer-bytes.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ClassicMetadata, type ConsumerMember, sameSubscription, sortedNames } from './consumer-member.ts'
import {
  type ConsumerProtocol,
  type Done,
  type Known,
  memberOf,
  type Removal,
  staticMemberOf,
} from './consumer-protocol.ts'
import type { ConsumerTopics } from './consumer-topics.ts'
import { quoted } from './group-event.ts'
import type { GroupRecord } from './group-record.ts'
import type { Leaving } from './group-requests.ts'
import type { MemberChange } from './member-change.ts'
import { joinFailed } from './rebalance.ts'
import type { ReportedPartitions } from './reconciliation.ts'

export interface ClassicInConsumerOptions {
  readonly context: ShardContext<GroupRecord>
  readonly protocol: ConsumerProtocol
  readonly topics: ConsumerTopics
  /** `group.consumer.migration.policy` is DISABLED. */
  readonly isMigrationDisabled: () => boolean
  readonly migration: MemberMigration
}

/** Where a member of the classic protocol comes back in the place of the last one of the consumer protocol. */
export interface MemberMigration {
  readonly mustFollow: (group: ConsumerGroup, replaced: ConsumerMember) => boolean
  readonly follow: (group: ConsumerGroup, followed: Followed, done: Done) => void
}

export interface Followed {
  readonly joining: ConsumerMember
  /** What was decided before, to be written first. */
  readonly records: readonly GroupRecord[]
  /** The assignment is of an older epoch. */
  readonly isStale: boolean
}

export class ClassicInConsumer {
  readonly #options: ClassicInConsumerOptions

  constructor(options: ClassicInConsumerOptions) {
    this.#options = options
  }

  // ---- join

  /** Throws ApiError; else answers once all is committed. */
  join(group: ConsumerGroup, request: JoinRequest, respond: (reply: JoinReply) => void): void {
    const { protocol } = this.#options
    const { groupInstanceId: instanceId } = request
    const memberId = request.memberId === '' ? (request.newConsumerMemberId ?? request.newMemberId) : request.memberId
    this.#checkPolicy(group)
    protocol.checkRoom(group, memberId)
    checkProtocols(group, request)
    if (request.memberId === '' && request.requireKnownMemberId && instanceId === null) {
      respond(joinFailed(ErrorCode.MEMBER_ID_REQUIRED, memberId))
      return
    }
    const subscription = subscriptionOf(request)
    const joins = instanceId === null || request.memberId === ''
    const sender = { memberId, memberEpoch: -1, instanceId, owned: [], joins, isClassic: true }
    const owner = group.staticMember(instanceId)
    const known = protocol.known(group, sender)
    const updated = updatedBy(known.member, request, subscription)
    const change = protocol.change(group, known.member, updated)
    change.subscribe()
    protocol.regexes.maybeStart(group, { member: known.member, updated, isNew: change.hasNewRegex })
    protocol.placeTaken(group, known, updated)
    const joining = { group, request, change, known, owned: this.#ownedBy(subscription), respond }
    if (owner !== undefined && this.#options.migration.mustFollow(group, owner)) this.#joinAsLast(joining)
    else this.#join(joining)
  }

  #checkPolicy({ groupId }: ConsumerGroup): void {
    if (!this.#options.isMigrationDisabled()) return
    throw new ApiError(
      ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
      `Cannot join the consumer group ${groupId} with the classic protocol because the group migration is disabled.`,
    )
  }

  #join({ group, request, change, known, owned, respond }: Joining): void {
    const { context, protocol } = this.#options
    const { epoch, target } = change.assign()
    change.reconcile(epoch, target, owned)
    const { member } = change
    const of = { groupId: group.groupId, memberId: member.memberId }
    context.append({
      records: [...known.records, ...change.records],
      // Also long after the answer: from then on it is a member, and owns partitions.
      settled: (code) => {
        if (code !== ErrorCode.NONE) {
          protocol.notChanged(group.groupId, known)
          return
        }
        if (group.member(member.memberId) === undefined) return
        protocol.timers.cancel('join', of)
        protocol.timers.start('session', of, request.sessionTimeoutMs)
        protocol.timers.start('sync', of, request.rebalanceTimeoutMs)
      },
      committed: () => respond(joinedAs(member)),
      failed: (code) => respond(joinFailed(code, member.memberId)),
    })
  }

  /** With it nobody of the consumer protocol is left: the group goes on as a classic one. */
  #joinAsLast({ group, change, known, owned, respond }: Joining): void {
    const isStale = group.assignmentEpoch < change.epoch
    if (!isStale) change.reconcile(group.assignmentEpoch, group.targetOf(change.member), owned)
    const joining = change.member
    const records = [...known.records, ...change.records]
    this.#options.migration.follow(
      group,
      { joining, records, isStale },
      {
        committed: () => respond(joinedAs(joining)),
        failed: (code) => respond(joinFailed(code, joining.memberId)),
      },
    )
  }

  #ownedBy({ ownedPartitions }: ConsumerProtocolSubscription): readonly ReportedPartitions[] {
    return ownedPartitions.flatMap(({ topic, partitions }) => {
      const topicId = this.#options.topics.idOf(topic)
      return topicId === undefined ? [] : [{ topicId, partitions }]
    })
  }

  // ---- sync

  /** Throws ApiError; else answers once what the member is to own is committed. */
  sync(group: ConsumerGroup, request: SyncRequest, respond: (reply: SyncReply) => void): void {
    const { context, protocol, topics } = this.#options
    const { groupId } = group
    const member = this.#sender(group, request, request.generationId)
    const classic = classicOf(member)
    checkSyncedProtocol(member, request)
    if (group.assignmentEpoch > member.memberEpoch && member.state !== 'unrevoked') {
      protocol.timers.startUnlessRunning('join', { groupId, memberId: member.memberId }, member.rebalanceTimeoutMs)
      throw new ApiError(
        ErrorCode.REBALANCE_IN_PROGRESS,
        `A new rebalance is triggered in group ${groupId} and member ${member.memberId} should rejoin to catch up.`,
      )
    }
    const { protocolType, protocolName } = request
    const assigned = new Map([...member.assigned].map(([topicId, partitions]) => [topicId, partitions.keys()]))
    const assignment = writeAssignment(firstProtocol(classic).metadata, assigned, (id) => topics.nameOf(id))
    context.append({
      records: [],
      committed: () => {
        const of = { groupId, memberId: member.memberId }
        const now = group.member(member.memberId)
        // It may have left since, joined again, or turned to the consumer protocol.
        if (now?.memberEpoch === member.memberEpoch && now.classic !== null) {
          protocol.timers.cancel('sync', of)
          protocol.timers.start('session', of, classic.sessionTimeoutMs)
        }
        respond({ errorCode: ErrorCode.NONE, protocolType, protocolName, assignment })
      },
      failed: (errorCode) =>
        respond({ errorCode, protocolType: null, protocolName: null, assignment: new Uint8Array() }),
    })
  }

  // ---- heartbeat

  /** NONE, or REBALANCE_IN_PROGRESS: the member is to join again. Throws ApiError. */
  heartbeat(group: ConsumerGroup, identity: MemberIdentity, generationId: number): number {
    const { protocol } = this.#options
    const member = this.#sender(group, identity, generationId)
    const of = { groupId: group.groupId, memberId: member.memberId }
    protocol.timers.start('session', of, classicOf(member).sessionTimeoutMs)
    const mustRejoin =
      member.memberEpoch < group.assignmentEpoch ||
      member.state === 'unrevoked' ||
      (member.state === 'unreleased' && !waitsForOthers(group, member))
    if (!mustRejoin) return ErrorCode.NONE
    protocol.timers.startUnlessRunning('join', of, member.rebalanceTimeoutMs)
    return ErrorCode.REBALANCE_IN_PROGRESS
  }

  // ---- leave

  /** Answers with an error code for each, once they are gone. */
  leave(group: ConsumerGroup, members: readonly Leaving[], respond: (codes: readonly number[]) => void): void {
    const codes: number[] = []
    const removals = new Map<string, Removal>()
    for (const leaving of members) {
      try {
        const member = leavingOf(group, leaving)
        removals.set(member.memberId, { member, cause: { kind: 'left', reason: quoted(leaving.reason) } })
        codes.push(ErrorCode.NONE)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        codes.push(error.code)
      }
    }
    this.#options.protocol.remove(group, [...removals.values()], {
      committed: () => respond(codes),
      failed: (code) => respond(codes.map((own) => (own === ErrorCode.NONE ? code : own))),
    })
  }

  #sender(group: ConsumerGroup, identity: MemberIdentity, generationId: number): ConsumerMember {
    const { memberId, groupInstanceId: instanceId } = identity
    const member = instanceId === null ? memberOf(group, memberId) : staticMemberOf(group, { memberId, instanceId })
    classicOf(member)
    if (generationId === member.memberEpoch) return member
    throw new ApiError(
      ErrorCode.ILLEGAL_GENERATION,
      `The request generation id ${generationId} is not equal to the member epoch ${member.memberEpoch} of member ${memberId}.`,
    )
  }
}

interface Joining {
  readonly group: ConsumerGroup
  readonly request: JoinRequest
  readonly change: MemberChange
  readonly known: Known
  readonly owned: readonly ReportedPartitions[]
  readonly respond: (reply: JoinReply) => void
}

function checkProtocols(group: ConsumerGroup, { memberId, protocolType, protocols }: JoinRequest): void {
  const isOfAll = ({ name }: { readonly name: string }): boolean =>
    group.classicProtocols.of(name) === group.classicSize
  if (protocolType === consumerProtocolType && protocols.some(isOfAll)) return
  throw new ApiError(
    ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
    `The protocols of ${memberId === '' ? 'a new member' : `member ${quoted(memberId)}`} are not supported.`,
  )
}

function subscriptionOf({ protocols }: JoinRequest): ConsumerProtocolSubscription {
  try {
    return readSubscription(protocols[0]?.metadata ?? new Uint8Array())
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw new ApiError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, `the subscription cannot be read: ${error.message}`)
  }
}

function updatedBy(
  member: ConsumerMember,
  request: JoinRequest,
  subscription: ConsumerProtocolSubscription,
): ConsumerMember {
  const { rackId } = subscription
  const updated = {
    ...member,
    instanceId: request.groupInstanceId ?? member.instanceId,
    rackId: rackId === null || rackId === '' ? member.rackId : rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    topicNames: sortedNames(subscription.topics),
    topicRegex: '',
    clientId: request.clientId,
    clientHost: request.clientHost,
    classic: { sessionTimeoutMs: request.sessionTimeoutMs, protocols: keptProtocols(request.protocols) },
  }
  return sameSubscription(member, updated) ? member : updated
}

/** A member of the consumer protocol is none that the classic one knows. */
function classicOf({ memberId, classic }: ConsumerMember): ClassicMetadata {
  if (classic !== null) return classic
  throw new ApiError(ErrorCode.UNKNOWN_MEMBER_ID, `Member ${memberId} does not use the classic protocol.`)
}

function firstProtocol({ protocols }: ClassicMetadata) {
  const [first] = protocols
  return first ?? { name: '', metadata: new Uint8Array() }
}

const joinedAs = (member: ConsumerMember): JoinReply => ({
  errorCode: ErrorCode.NONE,
  memberId: member.memberId,
  generationId: member.memberEpoch,
  protocolType: consumerProtocolType,
  protocolName: firstProtocol(classicOf(member)).name,
  leader: '',
  skipAssignment: false,
  members: [],
})

function checkSyncedProtocol(member: ConsumerMember, { protocolType, protocolName }: SyncRequest): void {
  const { name } = firstProtocol(classicOf(member))
  const isRight =
    (protocolType === null || protocolType === consumerProtocolType) && (protocolName === null || protocolName === name)
  if (isRight) return
  throw new ApiError(
    ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
    `member ${member.memberId} speaks ${consumerProtocolType}, ${name}`,
  )
}

/** Of what it is to own, something is still another's: there is nothing to be told yet. */
function waitsForOthers(group: ConsumerGroup, member: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.target(member.memberId)) {
    const assigned = member.assigned.get(topicId)
    for (const partition of partitions) {
      if (!assigned?.has(partition) && group.owners.isOwned(topicId, partition)) return true
    }
  }
  return false
}

/** An administrator names static members by their instance id alone. */
function leavingOf(group: ConsumerGroup, { memberId, groupInstanceId: instanceId }: Leaving): ConsumerMember {
  if (instanceId === null) return memberOf(group, memberId)
  const owner = memberId === '' ? group.staticMember(instanceId) : undefined
  return owner ?? staticMemberOf(group, { memberId, instanceId })
}
