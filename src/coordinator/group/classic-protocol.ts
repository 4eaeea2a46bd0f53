/**
 * The requests of the classic group protocol: join, sync, heartbeat, leave, and whether a commit may come from whom it
 * says. On the path from the handlers 11 to 14 and 8; `rebalance.ts` drives the generations. Static members (KIP-345)
 * are not served yet: the handlers refuse a group instance id.
 */
import { ApiError } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import type { ClassicGroup } from './classic-group.ts'
import { ClassicMember, emptyBytes, type JoinReply, type MemberDescription, type SyncReply } from './classic-member.ts'
import { classicGroupRecord, type GroupRecord } from './group-record.ts'
import { joined, joinFailed, pendingKey, type Rebalance, syncFailed } from './rebalance.ts'

export interface JoinRequest extends MemberDescription {
  readonly protocolType: string
  /** From version 4 on a member first gets an id and comes back with it (KIP-394). */
  readonly requireKnownMemberId: boolean
  /** An id for a member that has none. */
  readonly newMemberId: string
  readonly reason: string
}

export interface SyncRequest {
  readonly memberId: string
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
}

export class ClassicProtocol {
  readonly #context: ShardContext<GroupRecord>
  readonly #rebalance: Rebalance
  readonly #groupSizeMax: () => number

  constructor({ context, rebalance, groupSizeMax }: ClassicProtocolOptions) {
    this.#context = context
    this.#rebalance = rebalance
    this.#groupSizeMax = groupSizeMax
  }

  /** Answers now, or when the group's next generation begins. */
  join(group: ClassicGroup, request: JoinRequest, respond: (reply: JoinReply) => void): void {
    const { memberId, protocols, protocolType } = request
    if (!this.#hasRoom(group, memberId)) {
      group.pendingJoins.delete(memberId)
      respond(joinFailed(ErrorCode.GROUP_MAX_SIZE_REACHED, memberId))
    } else if (!group.accepts(protocolType, protocols)) {
      respond(joinFailed(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId))
    } else if (memberId === '') {
      this.#joinAsNew(group, request, respond)
    } else if (group.pendingJoins.has(memberId)) {
      this.#context.timers.cancel(pendingKey(group, memberId))
      this.#add(group, request, respond)
    } else {
      this.#rejoin(group, request, respond)
    }
  }

  #hasRoom(group: ClassicGroup, memberId: string): boolean {
    const sizeMax = this.#groupSizeMax()
    const known = group.member(memberId)
    if (group.state === 'empty' || group.state === 'dead') return true
    if (group.state !== 'preparing') return known !== undefined || group.size < sizeMax
    if (known?.awaitingJoin !== undefined) return true
    return group.members().filter((member) => member.awaitingJoin !== undefined).length < sizeMax
  }

  #joinAsNew(group: ClassicGroup, request: JoinRequest, respond: (reply: JoinReply) => void): void {
    const { newMemberId, sessionTimeoutMs } = request
    if (!request.requireKnownMemberId) {
      this.#add(group, { ...request, memberId: newMemberId }, respond)
      return
    }
    group.pendingJoins.add(newMemberId)
    this.#context.timers.schedule(pendingKey(group, newMemberId), sessionTimeoutMs, () => {
      group.pendingJoins.delete(newMemberId)
      this.#rebalance.maybeComplete(group)
    })
    respond(joinFailed(ErrorCode.MEMBER_ID_REQUIRED, newMemberId))
  }

  #add(group: ClassicGroup, request: JoinRequest, respond: (reply: JoinReply) => void): void {
    const member = new ClassicMember({ ...request, protocols: kept(request.protocols) })
    member.awaitingJoin = respond
    if (group.state === 'preparing' && group.generationId === 0) group.newMemberAdded = true
    group.add(member, request.protocolType)
    this.#rebalance.joinedAsNew(group, member)
    this.#rebalance.start(group, `member ${member.memberId} joined${because(request.reason)}`)
  }

  #rejoin(group: ClassicGroup, request: JoinRequest, respond: (reply: JoinReply) => void): void {
    const member = group.member(request.memberId)
    if (member === undefined) {
      respond(joinFailed(ErrorCode.UNKNOWN_MEMBER_ID, request.memberId))
      return
    }
    const changed = !member.offers(request.protocols)
    const mustRebalance =
      group.state === 'preparing' || changed || (group.state === 'stable' && group.leaderId === member.memberId)
    if (!mustRebalance) {
      // The reply to its last join was lost: the generation is still the one that it told of.
      respond(joined(group, member))
      return
    }
    member.protocols = kept(request.protocols)
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs
    member.sessionTimeoutMs = request.sessionTimeoutMs
    this.#rebalance.replyToJoin(member, joinFailed(ErrorCode.UNKNOWN_MEMBER_ID, member.memberId))
    member.awaitingJoin = respond
    this.#rebalance.start(group, `member ${member.memberId} rejoined${because(request.reason)}`)
  }

  /** Answers now, or when the leader's assignment is committed. */
  sync(group: ClassicGroup, request: SyncRequest, respond: (reply: SyncReply) => void): void {
    const member = group.member(request.memberId)
    const code = this.#syncError(group, request)
    if (code !== ErrorCode.NONE || member === undefined) {
      respond(syncFailed(member === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : code))
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
    if (group.leaderId === member.memberId) this.#assign(group, request.assignments)
  }

  #syncError(group: ClassicGroup, request: SyncRequest): number {
    const { generationId, protocolType, protocolName } = request
    if (group.state === 'dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE
    if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
    if (protocolType !== null && protocolType !== group.protocolType) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    if (protocolName !== null && protocolName !== group.protocolName) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    return group.state === 'preparing' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
  }

  #assign(group: ClassicGroup, assignments: ReadonlyMap<string, Uint8Array>): void {
    const { generationId } = group
    const current = (): boolean => group.state === 'completing' && group.generationId === generationId
    const given = new Map(
      group.members().map(({ memberId }) => [memberId, Uint8Array.from(assignments.get(memberId) ?? emptyBytes)]),
    )
    this.#context.append({
      records: [classicGroupRecord(group, this.#context.nowMs(), given)],
      committed: () => {
        if (!current()) return
        group.become('stable', this.#context.nowMs())
        for (const member of group.members()) {
          member.assignment = given.get(member.memberId) ?? emptyBytes
          if (member.awaitingSync === undefined) continue
          this.#rebalance.heard(group, member)
          this.#rebalance.replyToSync(member, synced(group, member))
        }
      },
      failed: (code) => {
        if (!current()) return
        this.#rebalance.failSyncs(group, code)
        this.#rebalance.start(group, `the assignment was not stored (error ${code})`)
      },
    })
  }

  /** Returns an error code. */
  heartbeat(group: ClassicGroup, memberId: string, generationId: number): number {
    const member = group.member(memberId)
    if (group.state === 'dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
    this.#rebalance.heard(group, member)
    return group.state === 'preparing' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
  }

  /** Takes one member out; returns an error code. */
  leave(group: ClassicGroup, memberId: string, reason: string): number {
    if (group.pendingJoins.delete(memberId)) {
      this.#context.timers.cancel(pendingKey(group, memberId))
      this.#rebalance.maybeComplete(group)
      return ErrorCode.NONE
    }
    const member = group.member(memberId)
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    this.#rebalance.removeAndRebalance(group, member, `member ${memberId} left${because(reason)}`)
    return ErrorCode.NONE
  }

  /** Throws unless the member may commit now. A negative generation is a client that manages its partitions itself. */
  checkCommit(group: ClassicGroup, memberId: string, generationId: number): void {
    if (generationId < 0 && group.state === 'empty') return
    if (generationId < 0 && memberId === '') {
      throw new ApiError(
        ErrorCode.UNKNOWN_MEMBER_ID,
        `group ${group.groupId} has members: only they commit its offsets`,
      )
    }
    const member = group.member(memberId)
    if (member === undefined) {
      throw new ApiError(ErrorCode.UNKNOWN_MEMBER_ID, `${memberId} is not a member of group ${group.groupId}`)
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

const because = (reason: string): string => (reason === '' ? '' : ` (${reason})`)

/** The bytes of a request are lent: what a member keeps is its own. */
const kept = (protocols: MemberDescription['protocols']): MemberDescription['protocols'] =>
  protocols.map(({ name, metadata }) => ({ name, metadata: Uint8Array.from(metadata) }))

function synced(group: ClassicGroup, member: ClassicMember): SyncReply {
  const { protocolType, protocolName } = group
  return { errorCode: ErrorCode.NONE, protocolType, protocolName, assignment: member.assignment }
}
