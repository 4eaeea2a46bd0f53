/**
 * Static members (KIP-345): whoever joins with a group instance id that a member has takes the place of that member,
 * under a new member id. A stable group goes on as it was, unless it would now choose another protocol.
 */
import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { ClassicMember, JoinReply } from './classic-member.ts'
import type { JoinRequest } from './classic-protocol.ts'
import { eventMember, quoted } from './group-event.ts'
import { classicGroupRecord, type GroupRecord } from './group-record.ts'
import { joined, joinFailed, type Rebalance } from './rebalance.ts'

export interface ComeBack {
  readonly group: ClassicGroup
  /** Whose place is taken. */
  readonly member: ClassicMember
  readonly request: JoinRequest
  readonly respond: (reply: JoinReply) => void
}

export class StaticMembers {
  readonly #context: ShardContext<GroupRecord>
  readonly #rebalance: Rebalance

  constructor({ context, rebalance }: { context: ShardContext<GroupRecord>; rebalance: Rebalance }) {
    this.#context = context
    this.#rebalance = rebalance
  }

  comeBack({ group, member: old, request, respond }: ComeBack): void {
    const leaderBefore = group.leaderId
    // Two that claim one place: the newer one has it.
    this.#rebalance.dismiss(old, ErrorCode.FENCED_INSTANCE_ID)
    const byMemberId = quoted(request.newMemberId)
    this.#rebalance.report(group, {
      kind: 'fencing',
      member: eventMember(old),
      cause: { kind: 'instance-taken', byMemberId },
    })
    const member = group.replace(old, request.newMemberId)
    member.update(request)
    member.awaitingJoin = respond
    this.#rebalance.heard(group, member)
    if (group.state === 'stable' && group.selectProtocol() === group.protocolName) {
      this.#store({ group, old, member, leaderBefore, canSkipAssignment: request.canSkipAssignment })
    } else {
      this.#rebalance.start(group, {
        kind: 'member-returned',
        member: eventMember(member),
        replacedMemberId: quoted(old.memberId),
      })
    }
  }

  /** The group's generation stays; only the new id must be known to who loads the group. */
  #store(taken: {
    readonly group: ClassicGroup
    readonly old: ClassicMember
    readonly member: ClassicMember
    readonly leaderBefore: string | undefined
    readonly canSkipAssignment: boolean
  }): void {
    const { group, old, member } = taken
    const isCurrent = (): boolean => group.state === 'stable' && group.member(member.memberId) === member
    this.#context.append({
      records: [classicGroupRecord(group, this.#context.nowMs())],
      // If another rebalance has begun, the member waits for that one with the others.
      committed: () => {
        if (!isCurrent()) return
        const replacedMemberId = quoted(old.memberId)
        const change = { kind: 'return', type: 'classic', member: eventMember(member), replacedMemberId } as const
        this.#rebalance.report(group, change)
        this.#rebalance.replyToJoin(member, this.#reply(taken))
      },
      failed: (code) => {
        if (isCurrent()) this.#rebalance.replyToJoin(member, joinFailed(code, member.memberId))
      },
      settled: (code) => {
        // Or it has been put back: who took its place in turn was lost before it was.
        const current = group.member(member.memberId)
        if (code === ErrorCode.NONE || group.state !== 'stable' || current === undefined) return
        const what = `that ${quoted(member.memberId)} has the place of ${quoted(old.memberId)}`
        this.#rebalance.report(group, { kind: 'not-stored', what, errorCode: code })
        this.#rebalance.dismiss(current, code)
        const restored = group.replace(current, old.memberId)
        restored.update(old)
        this.#rebalance.heard(group, restored)
      },
    })
  }

  /** Who cannot be told to skip the assignment is not told either that it leads: it takes what it had. */
  #reply({
    group,
    member,
    leaderBefore,
    canSkipAssignment,
  }: {
    readonly group: ClassicGroup
    readonly member: ClassicMember
    readonly leaderBefore: string | undefined
    readonly canSkipAssignment: boolean
  }): JoinReply {
    const reply = joined(group, member.memberId)
    if (canSkipAssignment) return { ...reply, skipAssignment: group.leaderId === member.memberId }
    return { ...reply, leader: leaderBefore ?? '', members: [] }
  }
}
