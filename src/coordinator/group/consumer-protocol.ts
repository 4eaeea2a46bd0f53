/**
 * The requests of the consumer protocol (KIP-848): a heartbeat joins, stays, tells what has changed, or leaves. On the
 * path from handler 68; `member-change.ts` says what a request changes, `reconciliation.ts` how a member goes on.
 */
import { ApiError } from '../../base/index.ts'
import type { ConsumerGroupConfig } from '../../config/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import type { Assignor } from './assignors/assignor.ts'
import { memberEvent, placeTaken, removalCause, slowRevocation } from './consumer-events.ts'
import { removalRecords, replacementRecords } from './consumer-exits.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import {
  type ConsumerMember,
  isReconciledTo,
  leavingEpoch,
  leavingStaticEpoch,
  newMember,
  noPartitions,
  type OwnedPartitions,
  progressOf,
  sameNames,
  samePartitions,
  sameSubscription,
  sortedNames,
} from './consumer-member.ts'
import type { ConsumerRecord } from './consumer-record.ts'
import type { ConsumerHeartbeat, ConsumerHeartbeatReply } from './consumer-requests.ts'
import { ConsumerTimers, type Late } from './consumer-timers.ts'
import type { ConsumerTopics } from './consumer-topics.ts'
import type { RemovalCause } from './group-event.ts'
import type { GroupEvents } from './group-events.ts'
import type { GroupRecord } from './group-record.ts'
import { MemberChange } from './member-change.ts'
import type { ReportedPartitions } from './reconciliation.ts'
import { RegexRefresh } from './regex-refresh.ts'

/** Of all groups. */
export interface ConsumerConfig {
  readonly assignors: readonly Assignor[]
  /** `group.consumer.max.size`. */
  readonly consumerSizeMax: number
  readonly regexRefreshIntervalMs: number
}

export interface ConsumerProtocolOptions {
  readonly context: ShardContext<GroupRecord>
  readonly topics: ConsumerTopics
  readonly config: () => ConsumerConfig
  readonly configOf: (groupId: string) => ConsumerGroupConfig
  readonly groupOf: (groupId: string) => ConsumerGroup | undefined
  /** True where the group becomes a classic one with its last member of this protocol: then that is done. */
  readonly downgrade: (group: ConsumerGroup, leaving: readonly ConsumerMember[], done: Done) => boolean
  readonly events: GroupEvents
}

export interface Done {
  readonly committed: () => void
  readonly failed: (code: number) => void
}

export interface Decision<T> {
  readonly records: readonly GroupRecord[]
  readonly reply: T
  /** The records never will be there. */
  readonly lost: () => void
}

/** A member that sends a request of either protocol, and how it has got its place. */
export interface Known {
  readonly member: ConsumerMember
  /** The static member whose place it takes, and what is to be written for that. */
  readonly replaced?: ConsumerMember
  readonly records: readonly ConsumerRecord[]
}

export interface Removal {
  readonly member: ConsumerMember
  readonly cause: RemovalCause
}

/** What a request says of its member, whichever the protocol. */
export interface Sender {
  readonly memberId: string
  readonly memberEpoch: number
  readonly instanceId: string | null
  readonly owned: readonly ReportedPartitions[] | null
  readonly isClassic: boolean
  readonly joins: boolean
}

export class ConsumerProtocol {
  readonly timers: ConsumerTimers
  readonly regexes: RegexRefresh
  readonly #options: ConsumerProtocolOptions

  constructor(options: ConsumerProtocolOptions) {
    const { context, topics, groupOf, config, events } = options
    this.#options = options
    this.timers = new ConsumerTimers(context, (late) => this.#late(late))
    const refreshIntervalMs = (): number => config().regexRefreshIntervalMs
    this.regexes = new RegexRefresh({ context, topics, groupOf, events, refreshIntervalMs })
  }

  // ---- heartbeat

  /**
   * The answer to a member that has nothing to tell and nothing to learn, as with nearly all heartbeats: what `heartbeat`
   * would say, without looking for what may have changed. Undefined: that is to be asked.
   */
  stays(group: ConsumerGroup, request: ConsumerHeartbeat): ConsumerHeartbeatReply | undefined {
    const { groupId, epoch } = group
    if (group.assignmentEpoch !== epoch || group.mustLookAtMetadata || group.subscriptions.hasRegex) return undefined
    const member = group.member(request.memberId)
    if (member === undefined || request.memberEpoch !== epoch || !isReconciledTo(member, epoch)) return undefined
    if (!tellsNothing(member, request)) return undefined
    const { memberId } = member
    const { sessionTimeoutMs, heartbeatIntervalMs } = this.#options.configOf(groupId)
    this.timers.start('session', { groupId, memberId }, sessionTimeoutMs)
    return {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      memberId,
      memberEpoch: epoch,
      heartbeatIntervalMs,
      assigned: null,
    }
  }

  /** Throws ApiError. `group` is as it will be when what was decided on it before is written. */
  heartbeat(group: ConsumerGroup, request: ConsumerHeartbeat): Decision<ConsumerHeartbeatReply> {
    const joins = request.memberEpoch === 0
    const memberId = request.memberId === '' ? request.newMemberId : request.memberId
    this.checkRoom(group, request.memberId)
    const known = this.known(group, { ...request, memberId, joins, isClassic: false })
    const updated = updatedBy(known.member, request)
    const change = this.change(group, known.member, updated)
    change.subscribe()
    this.regexes.maybeStart(group, { member: known.member, updated, isNew: change.hasNewRegex })
    const { epoch, target } = change.assign()
    change.reconcile(epoch, target, request.owned)
    const { member } = change
    this.placeTaken(group, known, updated)
    this.#watch(group, updated, member)
    const isFull = request.rebalanceTimeoutMs !== -1 && hasSubscription(request) && request.owned !== null
    const isToldAssigned = joins || isFull || !samePartitions(known.member.assigned, member.assigned)
    return {
      records: [...known.records, ...change.records],
      reply: this.#reply(group.groupId, member, isToldAssigned ? member.assigned : null),
      lost: () => this.notChanged(group.groupId, known),
    }
  }

  #reply(groupId: string, member: ConsumerMember, assigned: OwnedPartitions | null): ConsumerHeartbeatReply {
    return {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      memberId: member.memberId,
      memberEpoch: member.memberEpoch,
      heartbeatIntervalMs: this.#options.configOf(groupId).heartbeatIntervalMs,
      assigned,
    }
  }

  change(group: ConsumerGroup, member: ConsumerMember, updated: ConsumerMember): MemberChange {
    const { topics, config, configOf, context, events } = this.#options
    return new MemberChange({
      group,
      member,
      updated,
      topics,
      context,
      events,
      assignors: config().assignors,
      assignmentIntervalMs: configOf(group.groupId).assignmentIntervalMs,
    })
  }

  /** The session begins anew; who has to give partitions up has its time-out for it. */
  #watch({ groupId, epoch }: ConsumerGroup, before: ConsumerMember, member: ConsumerMember): void {
    const of = { groupId, memberId: member.memberId }
    this.timers.start('session', of, this.#options.configOf(groupId).sessionTimeoutMs)
    if (member === before) return
    if (member.state === 'unrevoked') {
      this.watchRevocation(groupId, member)
      return
    }
    const waitedMs = before.state === 'unrevoked' ? this.timers.waitedMs('rebalance', of) : undefined
    const change = waitedMs === undefined ? undefined : slowRevocation(before, waitedMs)
    if (change !== undefined) this.#options.events.report({ groupId, epoch, change })
    this.timers.cancel('rebalance', of)
  }

  watchRevocation(groupId: string, { memberId, memberEpoch, rebalanceTimeoutMs }: ConsumerMember): void {
    const isStill = (): boolean => this.#options.groupOf(groupId)?.member(memberId)?.memberEpoch === memberEpoch
    this.timers.start('rebalance', { groupId, memberId }, rebalanceTimeoutMs, isStill)
  }

  checkRoom(group: ConsumerGroup, memberId: string): void {
    const { consumerSizeMax } = this.#options.config()
    if (group.size < consumerSizeMax || (memberId !== '' && group.member(memberId) !== undefined)) return
    throw new ApiError(
      ErrorCode.GROUP_MAX_SIZE_REACHED,
      `The consumer group has reached its maximum capacity of ${consumerSizeMax} members.`,
    )
  }

  // ---- who sends a request

  /** Throws UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, FENCED_INSTANCE_ID or UNRELEASED_INSTANCE_ID. */
  known(group: ConsumerGroup, sender: Sender): Known {
    return sender.instanceId === null ? this.#knownDynamic(group, sender) : this.#knownStatic(group, sender)
  }

  #knownDynamic(group: ConsumerGroup, sender: Sender): Known {
    const { memberId, joins, isClassic } = sender
    const member = joins ? (group.member(memberId) ?? newMember(memberId)) : memberOf(group, memberId)
    if (!isClassic) this.#checkEpoch(group, member, sender)
    return { member, records: [] }
  }

  #knownStatic(group: ConsumerGroup, sender: Sender): Known {
    const { memberId, instanceId, joins, isClassic } = sender
    const owner = group.staticMember(instanceId)
    if (!joins) {
      const member = staticMemberOf(group, { memberId, instanceId })
      if (!isClassic) this.#checkEpoch(group, member, sender)
      return { member, records: [] }
    }
    if (owner === undefined) return { member: group.member(memberId) ?? newMember(memberId), records: [] }
    if (!isClassic && owner.classic === null && owner.memberEpoch !== leavingStaticEpoch) {
      throw new ApiError(
        ErrorCode.UNRELEASED_INSTANCE_ID,
        `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${owner.memberId} member.`,
      )
    }
    const member = { ...owner, memberId, memberEpoch: 0, previousMemberEpoch: 0 }
    return { member, replaced: owner, records: replacementRecords(group, owner, member) }
  }

  /** What was decided is about to be written: whoever had the place of a static member is waited for no more. */
  placeTaken({ groupId, epoch }: ConsumerGroup, { replaced }: Known, by: ConsumerMember): void {
    if (replaced === undefined) return
    this.timers.cancelAll({ groupId, memberId: replaced.memberId })
    for (const change of placeTaken(replaced, by)) this.#options.events.report({ groupId, epoch, change })
  }

  /** What was decided was not written: who was there before is there again, and is watched as it was. */
  notChanged(groupId: string, { member, replaced }: Known): void {
    this.resume(groupId, (replaced ?? member).memberId)
  }

  /** A member whose last answer was lost still has the epoch before, and owns nothing that it is not given any more. */
  #checkEpoch(group: ConsumerGroup, member: ConsumerMember, { memberEpoch, owned }: Sender): void {
    if (memberEpoch === 0 || memberEpoch === member.memberEpoch) return
    const isAhead = memberEpoch > member.memberEpoch
    if (!isAhead && memberEpoch === member.previousMemberEpoch && ownsNoMore(owned, member.assigned)) return
    const cause = { kind: 'wrong-epoch', epoch: memberEpoch, expectedEpoch: member.memberEpoch } as const
    const change = { kind: 'fencing', member: memberEvent(member), cause } as const
    this.#options.events.report({ groupId: group.groupId, epoch: group.epoch, change })
    throw new ApiError(
      ErrorCode.FENCED_MEMBER_EPOCH,
      `The consumer group member has a ${isAhead ? 'greater' : 'smaller'} member epoch (${memberEpoch}) than the one known by the group coordinator (${member.memberEpoch}). The member must abandon all its partitions and rejoin.`,
    )
  }

  // ---- leaving

  /** Throws UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID. */
  leave(group: ConsumerGroup, request: ConsumerHeartbeat, done: Done): void {
    const { memberId, instanceId, memberEpoch } = request
    const member = instanceId === null ? memberOf(group, memberId) : staticMemberOf(group, { memberId, instanceId })
    if (instanceId !== null && memberEpoch === leavingStaticEpoch) {
      this.#options.context.append({ records: [leftForNow(group, member)], ...done })
      return
    }
    this.remove(group, [{ member, cause: { kind: 'left', reason: '' } }], done)
  }

  remove(group: ConsumerGroup, removals: readonly Removal[], done: Done): void {
    const { groupId, epoch } = group
    const { topics, context, events, downgrade } = this.#options
    const members = removals.map(({ member }) => member)
    const [first] = members
    if (first === undefined) {
      context.append({ records: [], ...done })
      return
    }
    for (const { member, cause } of removals) {
      this.timers.cancelAll({ groupId, memberId: member.memberId })
      events.report({ groupId, epoch, change: { kind: 'removal', member: memberEvent(member), cause } })
    }
    if (downgrade(group, members, done)) return
    const cause = { kind: 'member-removed', member: memberEvent(first) } as const
    const memberCount = group.size - members.length
    events.report({ groupId, epoch, epochAfter: epoch + 1, change: { kind: 'rebalance', cause, memberCount } })
    context.append({
      records: removalRecords(group, members, topics),
      committed: done.committed,
      failed: done.failed,
      settled: (errorCode) => {
        if (errorCode === ErrorCode.NONE) return
        events.report({ groupId, epoch, change: { kind: 'not-stored', what: 'that members are gone', errorCode } })
        // They are still there: their sessions go on.
        for (const { memberId } of members) this.resume(groupId, memberId)
      },
    })
  }

  /** Watches a member that was loaded, or is there again. */
  resume(groupId: string, memberId: string): void {
    const member = this.#options.groupOf(groupId)?.member(memberId)
    if (member === undefined) return
    this.timers.start('session', { groupId, memberId }, this.#options.configOf(groupId).sessionTimeoutMs)
    if (member.state === 'unrevoked') this.watchRevocation(groupId, member)
  }

  #late(late: Late): void {
    const { groupId, memberId } = late
    const group = this.#options.groupOf(groupId)
    const member = group?.member(memberId)
    if (group === undefined || member === undefined) return
    // It has turned to the consumer protocol since, under the same id.
    if ((late.kind === 'join' || late.kind === 'sync') && member.classic === null) return
    const nobodyWaits = { committed: () => undefined, failed: () => undefined }
    this.remove(group, [{ member, cause: removalCause(late, member) }], nobodyWaits)
  }
}

const hasSubscription = ({ topicNames, topicRegex }: ConsumerHeartbeat): boolean =>
  topicNames !== null || topicRegex !== null

export function memberOf(group: ConsumerGroup, memberId: string): ConsumerMember {
  const member = group.member(memberId)
  if (member !== undefined) return member
  throw new ApiError(ErrorCode.UNKNOWN_MEMBER_ID, `Member ${memberId} is not a member of group ${group.groupId}.`)
}

/** An empty member id stands for whoever has the instance id. */
export function staticMemberOf(
  group: ConsumerGroup,
  { memberId, instanceId }: { readonly memberId: string; readonly instanceId: string | null },
): ConsumerMember {
  const member = group.staticMember(instanceId)
  if (member === undefined) throw new ApiError(ErrorCode.UNKNOWN_MEMBER_ID, `Instance id ${instanceId} is unknown.`)
  if (member.memberId === memberId) return member
  throw new ApiError(
    ErrorCode.FENCED_INSTANCE_ID,
    `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.memberId}.`,
  )
}

const ownsNoMore = (owned: readonly ReportedPartitions[] | null, assigned: OwnedPartitions): boolean =>
  owned?.every(({ topicId, partitions }) => {
    const given = assigned.get(topicId)
    return given !== undefined && partitions.every((partition) => given.has(partition))
  }) ?? false

/** The same object where the request tells nothing new. */
function updatedBy(member: ConsumerMember, request: ConsumerHeartbeat): ConsumerMember {
  if (tellsNothing(member, request)) return member
  const updated = {
    ...member,
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    topicNames: namesOf(member, request),
    topicRegex: request.topicRegex ?? member.topicRegex,
    serverAssignor: request.serverAssignor ?? member.serverAssignor,
    clientId: request.clientId,
    clientHost: request.clientHost,
    classic: null,
  }
  return sameSubscription(member, updated) ? member : updated
}

/** So it is of nearly all heartbeats. */
const tellsNothing = (member: ConsumerMember, request: ConsumerHeartbeat): boolean =>
  request.topicNames === null &&
  request.topicRegex === null &&
  request.serverAssignor === null &&
  request.rebalanceTimeoutMs === -1 &&
  request.rackId === null &&
  (request.instanceId === null || request.instanceId === member.instanceId) &&
  request.clientId === member.clientId &&
  request.clientHost === member.clientHost &&
  member.classic === null

function namesOf(member: ConsumerMember, { topicNames }: ConsumerHeartbeat): readonly string[] {
  if (topicNames === null) return member.topicNames
  const names = sortedNames(topicNames)
  return sameNames(names, member.topicNames) ? member.topicNames : names
}

/** Its partitions stay its own, but whatever it commits of them later is of another time. */
function leftForNow({ groupId }: ConsumerGroup, member: ConsumerMember): ConsumerRecord {
  const assigned = new Map(
    [...member.assigned].map(([topicId, partitions]) => [
      topicId,
      new Map([...partitions.keys()].map((partition) => [partition, 0])),
    ]),
  )
  const left = { ...member, memberEpoch: leavingStaticEpoch, assigned, revoking: noPartitions }
  return { kind: 'consumer-current', groupId, memberId: member.memberId, value: progressOf(left) }
}

export const leaves = ({ memberEpoch }: ConsumerHeartbeat): boolean =>
  memberEpoch === leavingEpoch || memberEpoch === leavingStaticEpoch
