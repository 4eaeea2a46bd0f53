/**
 * The requests of the classic group protocol: join, sync, heartbeat, leave, and whether a commit may come from whom it
 * says. On the path from the handlers 11 to 14 and 8; `rebalance.ts` drives the generations, `static-members.ts` gives
 * a member that comes back its place.
 */
import { ApiError } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import type { ClassicGroup } from './classic-group.ts'
import {
  ClassicMember,
  emptyBytes,
  type JoinReply,
  keptProtocols,
  type MemberDescription,
  type MemberIdentity,
  type SyncReply,
} from './classic-member.ts'
import { eventMember, quoted } from './group-event.ts'
import { classicGroupRecord, type GroupRecord } from './group-record.ts'
import { classicRefusal } from './group-refusals.ts'
import type { Leaving } from './group-requests.ts'
import { joined, joinFailed, pendingKey, type Rebalance, syncFailed } from './rebalance.ts'
import { StaticMembers } from './static-members.ts'

export interface JoinRequest extends MemberDescription {
  readonly protocolType: string
  /** From version 4 on a member first gets an id and comes back with it (KIP-394). */
  readonly requireKnownMemberId: boolean
  /** From version 9 on a static leader that comes back is told not to assign (KIP-814). */
  readonly canSkipAssignment: boolean
  /** An id for a member that has none. */
  readonly newMemberId: string
  /** The same, where the group is of the consumer protocol: members of that have ids of another form. */
  readonly newConsumerMemberId?: string
  readonly reason: string
}

export interface SyncRequest extends MemberIdentity {
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignments: ReadonlyMap<string, Uint8Array>
}

export interface ClassicProtocolOptions {
  readonly context: ShardContext<GroupRecord>
  readonly rebalance: Rebalance
  /** `group.max.size`. */
  readonly groupSizeMax: () => number
  /** An id that was given out has not come back: the group may have nobody else. */
  readonly onPendingExpired: (group: ClassicGroup) => void
}

export class ClassicProtocol {
  readonly #context: ShardContext<GroupRecord>
  readonly #rebalance: Rebalance
  readonly #static: StaticMembers
  readonly #options: ClassicProtocolOptions

  constructor(options: ClassicProtocolOptions) {
    this.#context = options.context
    this.#rebalance = options.rebalance
    this.#static = new StaticMembers(options)
    this.#options = options
  }

  /** Answers now, or when the group's next generation begins. */
  join(group: ClassicGroup, request: JoinRequest, respond: (reply: JoinReply) => void): void {
    const { memberId, protocols, protocolType } = request
    if (!this.#hasRoom(group, memberId)) {
      this.#reportRefusal(group, request, ErrorCode.GROUP_MAX_SIZE_REACHED)
      this.#turnAway(group, memberId)
      respond(joinFailed(ErrorCode.GROUP_MAX_SIZE_REACHED, ''))
    } else if (!group.accepts(protocolType, protocols)) {
      this.#reportRefusal(group, request, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
      respond(joinFailed(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId))
    } else if (memberId === '') {
      this.#joinAsNew(group, request, respond)
    } else if (group.pendingJoins.has(memberId) && request.groupInstanceId === null) {
      this.#context.timers.cancel(pendingKey(group, memberId))
      this.#add(group, request, respond)
    } else {
      this.#rejoin(group, request, respond)
    }
  }

  #reportRefusal(group: ClassicGroup, request: JoinRequest, errorCode: number): void {
    const change = classicRefusal(group, request, { errorCode, sizeMax: this.#options.groupSizeMax() })
    if (change !== undefined) this.#rebalance.report(group, change)
  }

  #hasRoom(group: ClassicGroup, memberId: string): boolean {
    const sizeMax = this.#options.groupSizeMax()
    const known = group.member(memberId)
    if (group.state === 'empty' || group.state === 'dead') return true
    if (group.state !== 'preparing') return known !== undefined || group.size < sizeMax
    if (known?.awaitingJoin !== undefined) return true
    return group.members().filter((member) => member.awaitingJoin !== undefined).length < sizeMax
  }

  /** There is no room: neither for its id nor for it. */
  #turnAway(group: ClassicGroup, memberId: string): void {
    this.#dropPending(group, memberId)
    const member = group.member(memberId)
    if (member === undefined) return
    this.#rebalance.removeAndRebalance(group, member, { kind: 'no-room', sizeMax: this.#options.groupSizeMax() })
  }

  /** False if nobody waits for the id. */
  #dropPending(group: ClassicGroup, memberId: string): boolean {
    if (!group.pendingJoins.delete(memberId)) return false
    this.#context.timers.cancel(pendingKey(group, memberId))
    return true
  }

  /** The group was loaded, and may be larger than it is to be now: whoever joins first stays. */
  checkSize(group: ClassicGroup): void {
    const sizeMax = this.#options.groupSizeMax()
    if (group.size > sizeMax) this.#rebalance.start(group, { kind: 'over-capacity', sizeMax })
  }

  #joinAsNew(group: ClassicGroup, request: JoinRequest, respond: (reply: JoinReply) => void): void {
    const { newMemberId, sessionTimeoutMs, groupInstanceId } = request
    const existing = groupInstanceId === null ? undefined : group.staticMemberId(groupInstanceId)
    const member = existing === undefined ? undefined : group.member(existing)
    if (member !== undefined) {
      this.#static.comeBack({ group, member, request, respond })
      return
    }
    if (!request.requireKnownMemberId || groupInstanceId !== null) {
      this.#add(group, { ...request, memberId: newMemberId }, respond)
      return
    }
    group.pendingJoins.add(newMemberId)
    const pending = eventMember({ ...request, memberId: newMemberId })
    this.#context.timers.schedule(pendingKey(group, newMemberId), sessionTimeoutMs, () => {
      group.pendingJoins.delete(newMemberId)
      this.#rebalance.missed(group, pending, 'pending')
      this.#rebalance.maybeComplete(group)
      this.#options.onPendingExpired(group)
    })
    respond(joinFailed(ErrorCode.MEMBER_ID_REQUIRED, newMemberId))
  }

  #add(group: ClassicGroup, request: JoinRequest, respond: (reply: JoinReply) => void): void {
    const member = new ClassicMember({ ...request, protocols: keptProtocols(request.protocols) })
    member.awaitingJoin = respond
    group.newMemberAdded = true
    group.add(member, request.protocolType)
    this.#rebalance.joinedAsNew(group, member)
    this.#rebalance.start(group, {
      kind: 'member-joined',
      member: eventMember(member),
      reason: quoted(request.reason),
    })
  }

  #rejoin(group: ClassicGroup, request: JoinRequest, respond: (reply: JoinReply) => void): void {
    const code = group.check(request)
    const member = group.member(request.memberId)
    if (code !== ErrorCode.NONE || member === undefined) {
      this.#reportRefusal(group, request, code)
      respond(joinFailed(code, request.memberId))
      return
    }
    const changed = !member.offers(request.protocols)
    const mustRebalance =
      group.state === 'preparing' || changed || (group.state === 'stable' && group.leaderId === member.memberId)
    if (!mustRebalance) {
      // The reply to its last join was lost: the generation is still the one that it told of.
      respond(joined(group, member.memberId))
      return
    }
    member.update(request)
    this.#rebalance.replyToJoin(member, joinFailed(ErrorCode.UNKNOWN_MEMBER_ID, member.memberId))
    member.awaitingJoin = respond
    this.#rebalance.start(group, {
      kind: 'member-rejoined',
      member: eventMember(member),
      reason: quoted(request.reason),
    })
  }

  /** Answers now, or when the leader's assignment is committed. */
  sync(group: ClassicGroup, request: SyncRequest, respond: (reply: SyncReply) => void): void {
    const member = group.member(request.memberId)
    const code = this.#syncError(group, request)
    if (code !== ErrorCode.NONE || member === undefined) {
      respond(syncFailed(code))
      return
    }
    group.pendingSyncs.delete(member.memberId)
    this.#rebalance.heard(group, member)
    if (group.state === 'stable') {
      respond(synced(group, member))
      return
    }
    this.#rebalance.replyToSync(member, syncFailed(ErrorCode.UNKNOWN_MEMBER_ID))
    member.awaitingSync = respond
    // A second one of the same generation would be stored over what members are given.
    if (group.leaderId === member.memberId && !group.isAssigning) this.#assign(group, request.assignments)
  }

  #syncError(group: ClassicGroup, request: SyncRequest): number {
    const { generationId, protocolType, protocolName } = request
    if (group.state === 'dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE
    const code = group.check(request)
    if (code !== ErrorCode.NONE) return code
    if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
    if (protocolType !== null && protocolType !== group.protocolType) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    if (protocolName !== null && protocolName !== group.protocolName) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    return group.state === 'preparing' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
  }

  #assign(group: ClassicGroup, assignments: ReadonlyMap<string, Uint8Array>): void {
    const { generationId } = group
    group.isAssigning = true
    const current = (): boolean => group.state === 'completing' && group.generationId === generationId
    const given = new Map(
      group.members().map(({ memberId }) => [memberId, Uint8Array.from(assignments.get(memberId) ?? emptyBytes)]),
    )
    this.#context.append({
      records: [classicGroupRecord(group, this.#context.nowMs(), given)],
      committed: () => {
        if (!current()) return
        this.#becomeStable(group)
        for (const member of group.members()) {
          member.assignment = given.get(member.memberId) ?? emptyBytes
          if (member.awaitingSync === undefined) continue
          this.#rebalance.heard(group, member)
          this.#rebalance.replyToSync(member, synced(group, member))
        }
      },
      failed: (errorCode) => {
        if (!current()) return
        this.#rebalance.failSyncs(group, errorCode)
        this.#rebalance.start(group, { kind: 'not-stored', errorCode })
      },
    })
  }

  #becomeStable(group: ClassicGroup): void {
    group.become('stable', this.#context.nowMs())
    const tookMs = this.#context.monotonicMs() - group.waitingSinceMs
    this.#rebalance.report(group, { kind: 'assignment-stored', memberCount: group.size, tookMs })
  }

  /** Returns an error code. */
  heartbeat(group: ClassicGroup, identity: MemberIdentity, generationId: number): number {
    const code = group.check(identity)
    const member = group.member(identity.memberId)
    if (group.state === 'dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE
    if (code !== ErrorCode.NONE || member === undefined) return code
    if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
    this.#rebalance.heard(group, member)
    return group.state === 'preparing' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
  }

  /** Takes members out, and begins anew once; returns an error code for each. */
  leave(group: ClassicGroup, leaving: readonly Leaving[]): readonly number[] {
    let last: ClassicMember | undefined
    const codes = leaving.map((one) => {
      const memberId = leavingId(group, one)
      if (this.#dropPending(group, memberId)) return ErrorCode.NONE
      const code = group.check({ ...one, memberId })
      const member = group.member(memberId)
      if (code !== ErrorCode.NONE || member === undefined) return code
      this.#rebalance.remove(group, member, { kind: 'left', reason: quoted(one.reason) })
      last = member
      return code
    })
    if (last === undefined) this.#rebalance.maybeComplete(group)
    else this.#rebalance.startWithout(group, last)
    return codes
  }

  /** Throws unless the member may commit now. A negative generation is a client that manages its partitions itself. */
  checkCommit(group: ClassicGroup, identity: MemberIdentity, generationId: number): void {
    const { memberId, groupInstanceId } = identity
    if (generationId < 0 && group.state === 'empty') return
    if (generationId < 0 && memberId === '' && groupInstanceId === null) {
      throw new ApiError(
        ErrorCode.UNKNOWN_MEMBER_ID,
        `group ${group.groupId} has members: only they commit its offsets`,
      )
    }
    const code = group.check(identity)
    const member = group.member(memberId)
    if (code === ErrorCode.FENCED_INSTANCE_ID) {
      throw new ApiError(code, `another member has taken the place of ${memberId} under ${groupInstanceId}`)
    }
    if (code !== ErrorCode.NONE || member === undefined) {
      throw new ApiError(code, `${memberId} is not a member of group ${group.groupId}`)
    }
    if (generationId !== group.generationId) {
      throw new ApiError(
        ErrorCode.ILLEGAL_GENERATION,
        `group ${group.groupId} is at generation ${group.generationId}, not ${generationId}`,
      )
    }
    if (group.state === 'completing') {
      throw new ApiError(ErrorCode.REBALANCE_IN_PROGRESS, `group ${group.groupId} waits for its assignment`)
    }
    this.#rebalance.heard(group, member)
  }
}

/** An administrator names a static member without its member id. */
const leavingId = (group: ClassicGroup, { memberId, groupInstanceId }: MemberIdentity): string =>
  memberId === '' && groupInstanceId !== null ? (group.staticMemberId(groupInstanceId) ?? '') : memberId

function synced(group: ClassicGroup, member: ClassicMember): SyncReply {
  const { protocolType, protocolName } = group
  return { errorCode: ErrorCode.NONE, protocolType, protocolName, assignment: member.assignment }
}
