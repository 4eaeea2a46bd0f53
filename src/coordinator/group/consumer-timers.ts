/** What is waited for of a member of a consumer group, and for how long; whoever does not come in time is removed. */
import { getOrInsert } from '../../base/index.ts'
import type { ShardContext, ShardTimer } from '../shard-context.ts'

export interface MemberOf {
  readonly groupId: string
  readonly memberId: string
}

/** Which of the limits was passed. */
export type Lateness =
  /** No heartbeat. */
  | 'session'
  /** Partitions were to be given up. */
  | 'rebalance'
  /** A classic member was to join again. */
  | 'join'
  /** A classic member was to ask for its assignment. */
  | 'sync'

export interface Late extends MemberOf {
  readonly kind: Lateness
  readonly waitedMs: number
  readonly limitMs: number
}

/** One limit of one member. */
interface Watch {
  readonly timer: ShardTimer
  limitMs: number
  isStill: () => boolean
}

type Watches = { [kind in Lateness]: Watch | undefined }

const kinds: readonly Lateness[] = ['session', 'rebalance', 'join', 'sync']
const always = (): boolean => true

export type TimersContext = Pick<ShardContext<never>, 'timers' | 'monotonicMs'>

export class ConsumerTimers {
  readonly #context: TimersContext
  readonly #late: (late: Late) => void
  /** By group and member; whoever has no timer running is not in it. */
  readonly #groups = new Map<string, Map<string, Watches>>()

  constructor(context: TimersContext, late: (late: Late) => void) {
    this.#context = context
    this.#late = late
  }

  /** Takes the place of one of the same kind; `isStill` says when it comes whether it still matters. */
  start(kind: Lateness, member: MemberOf, limitMs: number, isStill = always): void {
    const watches = this.#watchesOf(member)
    watches[kind] ??= this.#watch(kind, member)
    const watch = watches[kind]
    watch.limitMs = limitMs
    watch.isStill = isStill
    watch.timer.start(limitMs)
  }

  #watchesOf({ groupId, memberId }: MemberOf): Watches {
    const members = getOrInsert(this.#groups, groupId, () => new Map<string, Watches>())
    return getOrInsert(members, memberId, () => ({
      session: undefined,
      rebalance: undefined,
      join: undefined,
      sync: undefined,
    }))
  }

  #watch(kind: Lateness, { groupId, memberId }: MemberOf): Watch {
    const watch: Watch = {
      timer: this.#context.timers.timer(() => this.#due(kind, { groupId, memberId }, watch)),
      limitMs: 0,
      isStill: always,
    }
    return watch
  }

  #due(kind: Lateness, member: MemberOf, { timer, limitMs, isStill }: Watch): void {
    this.cancel(kind, member)
    if (isStill()) this.#late({ ...member, kind, limitMs, waitedMs: this.#context.monotonicMs() - timer.startedMs })
  }

  startUnlessRunning(kind: Lateness, member: MemberOf, limitMs: number): void {
    const watch = this.#groups.get(member.groupId)?.get(member.memberId)?.[kind]
    if (watch === undefined) this.start(kind, member, limitMs)
  }

  /** Undefined: nothing is waited for. */
  leftMs(kind: Lateness, { groupId, memberId }: MemberOf): number | undefined {
    const watch = this.#groups.get(groupId)?.get(memberId)?.[kind]
    return watch && Math.max(0, watch.limitMs - this.#waitedMs(watch))
  }

  /** Undefined: nothing is waited for. */
  waitedMs(kind: Lateness, { groupId, memberId }: MemberOf): number | undefined {
    const watch = this.#groups.get(groupId)?.get(memberId)?.[kind]
    return watch && this.#waitedMs(watch)
  }

  #waitedMs({ timer }: Watch): number {
    return this.#context.monotonicMs() - timer.startedMs
  }

  cancel(kind: Lateness, { groupId, memberId }: MemberOf): void {
    const members = this.#groups.get(groupId)
    const watches = members?.get(memberId)
    const watch = watches?.[kind]
    if (members === undefined || watches === undefined || watch === undefined) return
    watch.timer.cancel()
    watches[kind] = undefined
    if (kinds.some((other) => watches[other] !== undefined)) return
    members.delete(memberId)
    if (members.size === 0) this.#groups.delete(groupId)
  }

  cancelAll(member: MemberOf): void {
    for (const kind of kinds) this.cancel(kind, member)
  }
}
