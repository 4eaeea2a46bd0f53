/**
 * Rebalancing of classic groups: when a generation ends, who is waited for and how long, and what becomes of members
 * that do not come back. Pure: time comes from the shard's context, replies leave through the members' callbacks.
 */

import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type ClassicMember, emptyBytes, type JoinReply, type SyncReply } from './classic-member.ts'
import {
  type EventMember,
  eventMember,
  type GroupChange,
  quoted,
  type RebalanceCause,
  type RemovalCause,
  type Several,
  type WaitedFor,
} from './group-event.ts'
import type { GroupEvents } from './group-events.ts'
import { classicGroupRecord, type GroupRecord } from './group-record.ts'

/** A member that has joined is kept this long while the others are waited for, heartbeats or not (as Kafka). */
const newMemberJoinTimeoutMs = 5 * 60_000

export interface RebalanceOptions {
  /** `group.initial.rebalance.delay.ms`: an empty group waits this long for more members. */
  readonly initialRebalanceDelayMs: () => number
  readonly context: ShardContext<GroupRecord>
  readonly events: GroupEvents
}

/** Members that were waited for, and did not come. */
interface Absent {
  readonly removed: readonly ClassicMember[]
  readonly kept: readonly ClassicMember[]
}

export class Rebalance {
  readonly #options: RebalanceOptions

  constructor(options: RebalanceOptions) {
    this.#options = options
  }

  get #context(): ShardContext<GroupRecord> {
    return this.#options.context
  }

  report(group: ClassicGroup, change: GroupChange, epoch = group.generationId): void {
    this.#options.events.report({ groupId: group.groupId, epoch, epochAfter: group.generationId, change })
  }

  /** Ends the current generation, or sees whether the one in preparation is complete. */
  start(group: ClassicGroup, cause: RebalanceCause): void {
    if (joins(cause)) group.lastJoined = { member: cause.member, atMs: this.#context.monotonicMs() }
    if (group.state === 'preparing') this.maybeComplete(group)
    else if (group.state !== 'dead') this.#prepare(group, cause)
  }

  #prepare(group: ClassicGroup, cause: RebalanceCause): void {
    const { timers } = this.#context
    if (group.state === 'completing') this.failSyncs(group, ErrorCode.REBALANCE_IN_PROGRESS)
    group.pendingSyncs.clear()
    timers.cancel(syncKey(group))
    group.isAssigning = false
    group.waitsForFirst = group.state === 'empty'
    group.lastMissed = undefined
    group.become('preparing', this.#context.nowMs())
    group.waitingSinceMs = this.#context.monotonicMs()
    this.report(group, { kind: 'rebalance', cause, memberCount: group.size })
    const delayMs = this.#options.initialRebalanceDelayMs()
    if (!group.waitsForFirst) {
      timers.schedule(joinKey(group), group.rebalanceTimeoutMs, () => this.#complete(group))
      this.maybeComplete(group)
    } else if (delayMs > 0) {
      this.#waitForFirst(group, { delayMs, remainingMs: group.rebalanceTimeoutMs })
    } else {
      this.#complete(group)
    }
  }

  /** The first members of a group seldom come alone: another round is waited as long as new ones come. */
  #waitForFirst(group: ClassicGroup, { delayMs, remainingMs }: { delayMs: number; remainingMs: number }): void {
    group.newMemberAdded = false
    this.#context.timers.schedule(joinKey(group), delayMs, () => {
      const leftMs = Math.max(0, remainingMs - delayMs)
      if (group.newMemberAdded && leftMs > 0) {
        const nextMs = Math.min(this.#options.initialRebalanceDelayMs(), leftMs)
        this.#waitForFirst(group, { delayMs: nextMs, remainingMs: leftMs })
      } else {
        this.#complete(group)
      }
    })
  }

  /** Completes the generation in preparation once nobody is missing. */
  maybeComplete(group: ClassicGroup): void {
    if (group.state === 'preparing' && group.allJoined && !group.waitsForFirst) this.#complete(group)
  }

  #complete(group: ClassicGroup): void {
    if (group.state !== 'preparing') return
    this.#context.timers.cancel(joinKey(group))
    const waitedMs = this.#context.monotonicMs() - group.waitingSinceMs
    const limitMs = group.rebalanceTimeoutMs
    const absent = group.members().filter((member) => member.awaitingJoin === undefined)
    // A static member may be on its way back: its session decides.
    const removed = absent.filter((member) => !member.isStatic)
    for (const member of removed) this.remove(group, member, { kind: 'no-rejoin', waitedMs, limitMs })
    if (group.size > 0 && !group.electJoinedLeader()) {
      const nextMs = group.rebalanceTimeoutMs
      this.report(group, { kind: 'wait', memberCount: group.size, nextMs })
      this.#context.timers.schedule(joinKey(group), nextMs, () => this.#complete(group))
      return
    }
    if (group.nextGeneration(this.#context.nowMs()) === 'empty') this.#storeEmpty(group)
    else this.#announce(group, { removed, kept: absent.filter((member) => member.isStatic) })
  }

  #storeEmpty(group: ClassicGroup): void {
    this.report(group, { kind: 'emptied' }, group.generationId - 1)
    this.#context.append({
      records: [classicGroupRecord(group, this.#context.nowMs())],
      committed: () => undefined,
      // Nobody waits for it: the next generation, or the next load, says the same again.
      failed: () => undefined,
      settled: (errorCode) => {
        if (errorCode === ErrorCode.NONE) return
        this.report(group, { kind: 'not-stored', what: 'its empty generation', errorCode })
      },
    })
  }

  #announce(group: ClassicGroup, { removed, kept }: Absent): void {
    const nowMs = this.#context.monotonicMs()
    const last = lastOf(group)
    const change = {
      kind: 'generation',
      protocolName: group.protocolName ?? '',
      leaderId: quoted(group.leaderId ?? ''),
      memberCount: group.size,
      tookMs: nowMs - group.waitingSinceMs,
      last,
      missed: missedOf(group, last?.afterMs ?? 0),
      waitedForFirst: group.waitsForFirst,
      removed: several(removed),
      kept: several(kept),
    } as const
    this.report(group, change, group.generationId - 1)
    group.waitingSinceMs = nowMs
    for (const member of group.members()) {
      this.replyToJoin(member, joined(group, member.memberId))
      this.heard(group, member)
      member.isNew = false
    }
    const timeoutMs = group.rebalanceTimeoutMs
    this.#context.timers.schedule(syncKey(group), timeoutMs, () => this.#expireSyncs(group, timeoutMs))
  }

  #expireSyncs(group: ClassicGroup, limitMs: number): void {
    if (group.state !== 'completing' && group.state !== 'stable') return
    const late = group.members().filter(({ memberId }) => group.pendingSyncs.has(memberId))
    const waitedMs = this.#context.monotonicMs() - group.waitingSinceMs
    for (const member of late) this.remove(group, member, { kind: 'no-sync', waitedMs, limitMs })
    const last = late.at(-1)
    if (last !== undefined) this.startWithout(group, last)
  }

  /** Neither joins nor syncs are waited for any longer. */
  stopWaiting(group: ClassicGroup): void {
    this.#context.timers.cancel(joinKey(group))
    this.#context.timers.cancel(syncKey(group))
  }

  /** The member gave a sign of life: its session starts anew. */
  heard(group: ClassicGroup, member: ClassicMember, limitMs: number = member.sessionTimeoutMs): void {
    member.session ??= this.#context.timers.timer(() => this.#silent(group, member))
    member.silenceMaxMs = limitMs
    member.session.start(limitMs)
  }

  #silent(group: ClassicGroup, member: ClassicMember): void {
    if (group.member(member.memberId) !== member) return
    // Who waits for us need not send heartbeats.
    if (!member.isNew && (member.awaitingJoin !== undefined || member.awaitingSync !== undefined)) {
      this.heard(group, member)
      return
    }
    const silentMs = this.#context.monotonicMs() - (member.session?.startedMs ?? 0)
    const limitMs = member.silenceMaxMs
    const cause = member.isNew
      ? ({ kind: 'no-generation', waitedMs: silentMs, limitMs } as const)
      : ({ kind: 'no-heartbeat', silentMs, limitMs } as const)
    this.removeAndRebalance(group, member, cause)
  }

  /** A new member waits for its first generation longer than a session. */
  joinedAsNew(group: ClassicGroup, member: ClassicMember): void {
    this.heard(group, member, newMemberJoinTimeoutMs)
  }

  removeAndRebalance(group: ClassicGroup, member: ClassicMember, cause: RemovalCause): void {
    this.remove(group, member, cause)
    this.startWithout(group, member)
  }

  /** Members are gone, `last` the last of them. */
  startWithout(group: ClassicGroup, last: ClassicMember): void {
    this.start(group, { kind: 'member-removed', member: eventMember(last) })
  }

  /** It need not be waited for any longer. */
  missed(group: ClassicGroup, member: EventMember, was: WaitedFor['was']): void {
    if (group.state === 'preparing') group.lastMissed = { member, was, atMs: this.#context.monotonicMs() }
  }

  /** Takes the member out; whatever of it waits is answered. */
  remove(group: ClassicGroup, member: ClassicMember, cause: RemovalCause): void {
    if (member.awaitingJoin === undefined && cause.kind !== 'no-rejoin')
      this.missed(group, eventMember(member), 'member')
    this.report(group, { kind: 'removal', member: eventMember(member), cause })
    this.dismiss(member, ErrorCode.UNKNOWN_MEMBER_ID)
    group.remove(member.memberId)
  }

  /** Whatever of the member waits is answered with `code`, and its session is no longer watched. */
  dismiss(member: ClassicMember, code: number): void {
    member.session?.cancel()
    // Who is no member has no id.
    this.replyToJoin(member, joinFailed(code, code === ErrorCode.UNKNOWN_MEMBER_ID ? '' : member.memberId))
    this.replyToSync(member, syncFailed(code))
  }

  replyToJoin(member: ClassicMember, reply: JoinReply): void {
    const respond = member.awaitingJoin
    member.awaitingJoin = undefined
    respond?.(reply)
  }

  replyToSync(member: ClassicMember, reply: SyncReply): void {
    const respond = member.awaitingSync
    member.awaitingSync = undefined
    respond?.(reply)
  }

  failSyncs(group: ClassicGroup, code: number): void {
    for (const member of group.members()) {
      member.assignment = emptyBytes
      this.replyToSync(member, syncFailed(code))
    }
  }
}

const joins = (
  cause: RebalanceCause,
): cause is Extract<RebalanceCause, { kind: `member-${'joined' | 'rejoined' | 'returned'}` }> =>
  cause.kind === 'member-joined' || cause.kind === 'member-rejoined' || cause.kind === 'member-returned'

function lastOf(group: ClassicGroup): { readonly member: EventMember; readonly afterMs: number } | undefined {
  const { lastJoined, waitingSinceMs } = group
  const isHere = group.members().some(({ memberId }) => quoted(memberId) === lastJoined?.member.memberId)
  if (lastJoined === undefined || !isHere) return undefined
  return { member: lastJoined.member, afterMs: Math.max(0, lastJoined.atMs - waitingSinceMs) }
}

function missedOf({ lastMissed, waitsForFirst, waitingSinceMs }: ClassicGroup, afterMs: number): WaitedFor | undefined {
  // Of first members it is the time that is waited for.
  if (lastMissed === undefined || waitsForFirst) return undefined
  const { member, was, atMs } = lastMissed
  const untilMs = atMs - waitingSinceMs
  return untilMs > afterMs ? { member, was, untilMs } : undefined
}

function several(members: readonly ClassicMember[]): Several | undefined {
  const [first] = members
  return first && { first: eventMember(first), count: members.length }
}

const joinKey = (group: ClassicGroup): string => `join ${group.groupId}`
const syncKey = (group: ClassicGroup): string => `sync ${group.groupId}`
export const pendingKey = (group: ClassicGroup, memberId: string): string => `pending ${group.groupId} ${memberId}`

export function joined(group: ClassicGroup, memberId: string): JoinReply {
  const leads = group.leaderId === memberId
  return {
    errorCode: ErrorCode.NONE,
    memberId,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    skipAssignment: false,
    members: leads
      ? group.members().map((member) => ({
          memberId: member.memberId,
          groupInstanceId: member.groupInstanceId,
          metadata: member.metadataOf(group.protocolName),
        }))
      : [],
  }
}

export function joinFailed(errorCode: number, memberId: string): JoinReply {
  return {
    errorCode,
    memberId,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    members: [],
  }
}

export function syncFailed(errorCode: number): SyncReply {
  return { errorCode, protocolType: null, protocolName: null, assignment: emptyBytes }
}
