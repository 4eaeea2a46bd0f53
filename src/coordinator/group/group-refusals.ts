/**
 * Requests of members that a group refuses, as events of the group: what was refused, to whom, and what there is instead.
 * Of groups that are there alone: who names groups at will leaves nothing behind.
 */
import type { ApiError } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { ClassicGroups } from './classic-groups.ts'
import type { JoinRequest } from './classic-protocol.ts'
import { consumerProtocolType } from './consumer-bytes.ts'
import { memberEvent } from './consumer-events.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerGroups } from './consumer-groups.ts'
import type { ConsumerHeartbeat } from './consumer-requests.ts'
import type { ConsumerTimers } from './consumer-timers.ts'
import { eventMember, type GroupChange, quoted, type RefusalCause } from './group-event.ts'
import type { GroupEvents } from './group-events.ts'

export interface GroupRefusalsOptions {
  readonly classics: ClassicGroups
  readonly consumers: ConsumerGroups
  readonly events: GroupEvents
  readonly timers: ConsumerTimers
}

/** Of the names that members offer, so many are told. */
const namesMax = 10
const namesOf = (names: Iterable<string>): readonly string[] => [...names].slice(0, namesMax).map(quoted)

export class GroupRefusals {
  readonly #options: GroupRefusalsOptions

  constructor(options: GroupRefusalsOptions) {
    this.#options = options
  }

  /** A heartbeat of the consumer protocol. */
  heartbeat(groupId: string, request: ConsumerHeartbeat, error: ApiError): void {
    const { consumers, events } = this.#options
    const consumer = consumers.get(groupId)
    const epoch = this.#epochOf(groupId)
    // Who is fenced by its epoch has an event of its own.
    if (epoch === undefined || error.code === ErrorCode.FENCED_MEMBER_EPOCH) return
    const { memberId, newMemberId, instanceId, clientId, clientHost } = request
    const member = eventMember({
      memberId: memberId === '' ? newMemberId : memberId,
      groupInstanceId: instanceId,
      clientId,
      clientHost,
    })
    const what = request.memberEpoch === 0 ? 'join' : 'heartbeat'
    const cause = (consumer && this.#ownerOf(consumer, request, error)) ?? told(error)
    events.report({ groupId, epoch, change: { kind: 'refusal', what, member, errorCode: error.code, cause } })
  }

  /** Undefined: there is no such group, or nothing but its name. */
  #epochOf(groupId: string): number | undefined {
    const { classics, consumers } = this.#options
    const classic = classics.get(groupId)
    return consumers.get(groupId)?.epoch ?? (classic && classics.isStored(classic) ? classic.generationId : undefined)
  }

  #ownerOf(group: ConsumerGroup, { instanceId }: ConsumerHeartbeat, { code }: ApiError): RefusalCause | undefined {
    const owner = group.staticMember(instanceId)
    if (code !== ErrorCode.UNRELEASED_INSTANCE_ID || owner === undefined) return undefined
    const sessionLeftMs = this.#options.timers.leftMs('session', { groupId: group.groupId, memberId: owner.memberId })
    return { kind: 'instance-owned', owner: memberEvent(owner), sessionLeftMs }
  }

  /** A join of the classic protocol that the group itself has not seen. */
  join(groupId: string, request: JoinRequest, error: ApiError): void {
    const { consumers, events } = this.#options
    const consumer = consumers.get(groupId)
    const epoch = this.#epochOf(groupId)
    if (epoch === undefined) return
    const cause = (consumer && inconsistency(consumer, request, error)) ?? told(error)
    events.report({ groupId, epoch, change: joinRefusal(request, error.code, cause) })
  }
}

/** Of a consumer group that has members of the classic protocol. */
function inconsistency(
  { classicProtocols, classicSize }: ConsumerGroup,
  request: JoinRequest,
  { code, message }: ApiError,
): RefusalCause | undefined {
  const inGroup = [...classicProtocols.entries()].filter(([, count]) => count === classicSize).map(([name]) => name)
  const hasOne = classicSize === 0 || request.protocols.some(({ name }) => inGroup.includes(name))
  if (code !== ErrorCode.INCONSISTENT_GROUP_PROTOCOL || hasOne) return undefined
  return protocolsOf(request, { groupType: consumerProtocolType, inGroup, message })
}

const told = ({ message }: ApiError): RefusalCause => ({ kind: 'told', message: quoted(message) })

const joinRefusal = (request: JoinRequest, errorCode: number, cause: RefusalCause): GroupChange => ({
  kind: 'refusal',
  what: 'join',
  member: eventMember(request),
  errorCode,
  cause,
})

const protocolsOf = (
  { protocolType, protocols }: JoinRequest,
  of: { readonly groupType: string; readonly inGroup: Iterable<string>; readonly message: string },
): RefusalCause => ({
  kind: 'protocols',
  message: quoted(of.message),
  type: quoted(protocolType),
  offered: namesOf(protocols.map(({ name }) => name)),
  groupType: quoted(of.groupType),
  inGroup: namesOf(of.inGroup),
})

/**
 * A join of the classic protocol to a group of that. Undefined: there is no such group yet, or the member is removed for
 * want of room, which is told anyway.
 */
export function classicRefusal(
  group: ClassicGroup,
  request: JoinRequest,
  { errorCode, sizeMax }: { readonly errorCode: number; readonly sizeMax: number },
): GroupChange | undefined {
  if (group.size === 0 && group.generationId === 0) return undefined
  if (errorCode === ErrorCode.GROUP_MAX_SIZE_REACHED && group.member(request.memberId) !== undefined) return undefined
  return joinRefusal(request, errorCode, classicCause(group, request, { errorCode, sizeMax }))
}

function classicCause(
  group: ClassicGroup,
  request: JoinRequest,
  { errorCode, sizeMax }: { readonly errorCode: number; readonly sizeMax: number },
): RefusalCause {
  switch (errorCode) {
    case ErrorCode.GROUP_MAX_SIZE_REACHED:
      return { kind: 'full', memberCount: group.size, sizeMax }
    case ErrorCode.INCONSISTENT_GROUP_PROTOCOL: {
      const groupType = group.protocolType ?? ''
      return protocolsOf(request, { groupType, inGroup: group.commonProtocols(), message: '' })
    }
    default:
      return { kind: 'told', message: '' }
  }
}
