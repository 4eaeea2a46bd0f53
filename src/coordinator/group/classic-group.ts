/**
 * One group of the classic protocol: its members, its generation, and the transitions between its states:
 *
 *   empty      -> preparing    a member joins
 *   preparing  -> completing   all members have (re)joined, or the time for it is over: the next generation begins
 *   preparing  -> empty        nobody is left when that time is over
 *   completing -> stable       the leader's assignment is committed
 *   completing -> preparing    a member joins anew, leaves, or does not sync in time; the assignment could not be stored
 *   stable     -> preparing    a member joins, leaves, changes what it offers, or is not heard of any more
 *   any        -> dead         the group is deleted, goes on in the consumer protocol, or its partition moves away
 *   dead       -> stable, empty  what ended it could not be stored
 *
 * Holds state and says what is so; `classic-protocol.ts` decides.
 */
import { assert } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import { ClassicMember, type MemberIdentity, type MemberProtocol } from './classic-member.ts'
import type { EventMember, WaitedFor } from './group-event.ts'
import { hashMapOrder } from './java-hash.ts'

export type ClassicState = 'empty' | 'preparing' | 'completing' | 'stable' | 'dead'

const before: Readonly<Record<ClassicState, readonly ClassicState[]>> = {
  empty: ['preparing'],
  preparing: ['empty', 'completing', 'stable'],
  completing: ['preparing'],
  stable: ['completing'],
  dead: ['empty', 'preparing', 'completing', 'stable', 'dead'],
}

/** All that a group without members asks for. */
export const offersProtocols = (protocolType: string, protocols: readonly MemberProtocol[]): boolean =>
  protocolType !== '' && protocols.length > 0

export class ClassicGroup {
  readonly groupId: string
  readonly #members = new Map<string, ClassicMember>()
  /** Member ids by group instance id: each has one member. */
  readonly #staticMembers = new Map<string, string>()
  /** Ids that were handed out (KIP-394) and have not come back yet. */
  readonly pendingJoins = new Set<string>()
  /** Members of this generation that have not asked for their assignment yet. */
  readonly pendingSyncs = new Set<string>()
  #state: ClassicState = 'empty'
  #stateSinceMs: number | undefined
  generationId = 0
  protocolType: string | null = null
  protocolName: string | null = null
  leaderId: string | undefined
  /** Since when joins, or then syncs, are waited for, by the monotonic clock. */
  waitingSinceMs = 0
  /** Who joined last, and when by that clock. */
  lastJoined: { readonly member: EventMember; readonly atMs: number } | undefined
  /** Who was waited for last and is so no longer, though it has not joined. */
  lastMissed: { readonly member: EventMember; readonly atMs: number; readonly was: WaitedFor['was'] } | undefined
  /** It was empty: the first members are waited for by time alone, and whether one more came decides how long. */
  waitsForFirst = false
  newMemberAdded = false
  /** The leader's assignment for this generation is on its way to the log. */
  isAssigning = false

  constructor(groupId: string, nowMs: number) {
    this.groupId = groupId
    this.#stateSinceMs = nowMs
  }

  get state(): ClassicState {
    return this.#state
  }

  /** Undefined where the log does not tell. */
  get stateSinceMs(): number | undefined {
    return this.#stateSinceMs
  }

  become(state: ClassicState, nowMs: number): void {
    assert(before[state].includes(this.#state), `group ${this.groupId}: no way from ${this.#state} to ${state}`)
    this.#state = state
    this.#stateSinceMs = nowMs
  }

  /** What the log tells of a group that is loaded: it is stable if it has members. */
  restore(stored: {
    readonly protocolType: string
    readonly generationId: number
    readonly protocolName: string | null
    readonly leaderId: string | null
    readonly stateTimestampMs: number
  }): void {
    this.protocolType = stored.protocolType
    this.generationId = stored.generationId
    this.protocolName = stored.protocolName
    this.leaderId = stored.leaderId ?? this.leaderId
    this.#state = this.size > 0 ? 'stable' : 'empty'
    this.#stateSinceMs = stored.stateTimestampMs < 0 ? undefined : stored.stateTimestampMs
  }

  /** A group that was ended, and goes on: what ended it was not written. `sinceMs`: as it was before. */
  revive(sinceMs: number | undefined): void {
    assert(this.#state === 'dead', `group ${this.groupId} has not ended`)
    this.#state = this.size > 0 ? 'stable' : 'empty'
    this.#stateSinceMs = sinceMs
  }

  get size(): number {
    return this.#members.size
  }

  members(): readonly ClassicMember[] {
    return [...this.#members.values()]
  }

  member(memberId: string): ClassicMember | undefined {
    return this.#members.get(memberId)
  }

  staticMemberId(groupInstanceId: string): string | undefined {
    return this.#staticMembers.get(groupInstanceId)
  }

  /** Whether a request comes from the member that it names: NONE, UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID. */
  check({ memberId, groupInstanceId }: MemberIdentity): number {
    if (groupInstanceId !== null) {
      const owner = this.#staticMembers.get(groupInstanceId)
      if (owner === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
      if (owner !== memberId) return ErrorCode.FENCED_INSTANCE_ID
    }
    return this.#members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID
  }

  /** The first member leads; the others follow in the order in which they came. */
  add(member: ClassicMember, protocolType: string): void {
    if (this.#members.size === 0) this.protocolType = protocolType
    assert(this.protocolType === protocolType, 'members of a group speak one type of protocol')
    this.leaderId ??= member.memberId
    this.#register(member)
    this.pendingJoins.delete(member.memberId)
  }

  #register(member: ClassicMember): void {
    if (member.groupInstanceId !== null) {
      assert(!this.#staticMembers.has(member.groupInstanceId), 'a group instance id has one member')
      this.#staticMembers.set(member.groupInstanceId, member.memberId)
    }
    this.#members.set(member.memberId, member)
  }

  #unregister(memberId: string): void {
    const instanceId = this.#members.get(memberId)?.groupInstanceId ?? null
    if (instanceId !== null) this.#staticMembers.delete(instanceId)
    this.#members.delete(memberId)
  }

  /** A static member goes on under another id, with all that it has; what it waited for is the caller's to answer. */
  replace(old: ClassicMember, memberId: string): ClassicMember {
    const member = new ClassicMember({ ...old, memberId })
    member.assignment = old.assignment
    member.isNew = false
    this.#unregister(old.memberId)
    this.#register(member)
    if (this.leaderId === old.memberId) this.leaderId = memberId
    return member
  }

  /** A leader that did not rejoin hands over to a member that did; false if nobody did. */
  electJoinedLeader(): boolean {
    const joined = (member: ClassicMember | undefined): boolean => member?.awaitingJoin !== undefined
    if (this.leaderId !== undefined && joined(this.#members.get(this.leaderId))) return true
    const next = this.members().find(joined)
    if (next !== undefined) this.leaderId = next.memberId
    return next !== undefined
  }

  remove(memberId: string): void {
    this.#unregister(memberId)
    this.pendingSyncs.delete(memberId)
    if (this.leaderId === memberId) this.leaderId = this.#members.keys().next().value
  }

  /** Whether a member that offers `protocols` can take part: all must have one in common. */
  accepts(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (!offersProtocols(protocolType, protocols)) return false
    if (this.#members.size === 0) return true
    const common = this.commonProtocols()
    return this.protocolType === protocolType && protocols.some(({ name }) => common.has(name))
  }

  /** What all its members offer. */
  commonProtocols(): Set<string> {
    const counts = new Map<string, number>()
    for (const member of this.#members.values()) {
      for (const name of new Set(member.protocols.map((protocol) => protocol.name))) {
        counts.set(name, (counts.get(name) ?? 0) + 1)
      }
    }
    return new Set([...counts].filter(([, count]) => count === this.#members.size).map(([name]) => name))
  }

  /** The protocol with the most votes of those that all members offer; Java's hash table decides a tie, as in Kafka. */
  selectProtocol(): string {
    const candidates = this.commonProtocols()
    const votes = new Map<string, number>()
    for (const member of this.#members.values()) {
      const name = member.vote(candidates)
      assert(name !== undefined, 'members of a group have a protocol in common')
      votes.set(name, (votes.get(name) ?? 0) + 1)
    }
    const mostVotes = Math.max(...votes.values())
    const best = hashMapOrder(votes.keys()).find((name) => votes.get(name) === mostVotes)
    assert(best !== undefined, 'a group that selects a protocol has a member')
    return best
  }

  get allJoined(): boolean {
    return this.pendingJoins.size === 0 && this.members().every((member) => member.awaitingJoin !== undefined)
  }

  /** How long the slowest member may take to rejoin. */
  get rebalanceTimeoutMs(): number {
    return this.members().reduce((max, member) => Math.max(max, member.rebalanceTimeoutMs), 0)
  }

  /** Begins the next generation with the members that are here; returns the state that follows. */
  nextGeneration(nowMs: number): ClassicState {
    this.generationId++
    this.protocolName = this.size === 0 ? null : this.selectProtocol()
    if (this.size === 0) this.leaderId = undefined
    this.become(this.size === 0 ? 'empty' : 'completing', nowMs)
    for (const member of this.#members.values()) this.pendingSyncs.add(member.memberId)
    return this.#state
  }
}
