/** What is waited for of a member of a consumer group, and for how long; whoever does not come in time is removed. */
import type { ShardContext } from '../shard-context.ts'

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

const kinds: readonly Lateness[] = ['session', 'rebalance', 'join', 'sync']

/** Members name themselves, and names have spaces: the length says where the group's ends. */
const key = (kind: Lateness, { groupId, memberId }: MemberOf): string =>
  `consumer ${kind} ${groupId.length} ${groupId} ${memberId}`

export interface Late extends MemberOf {
  readonly kind: Lateness
  readonly waitedMs: number
  readonly limitMs: number
}

export type TimersContext = Pick<ShardContext<never>, 'timers' | 'monotonicMs'>

export class ConsumerTimers {
  readonly #context: TimersContext
  readonly #late: (late: Late) => void

  constructor(context: TimersContext, late: (late: Late) => void) {
    this.#context = context
    this.#late = late
  }

  /** Takes the place of one of the same kind; `isStill` says when it comes whether it still matters. */
  start(kind: Lateness, member: MemberOf, limitMs: number, isStill: () => boolean = () => true): void {
    const { timers } = this.#context
    const sinceMs = this.#context.monotonicMs()
    timers.schedule(key(kind, member), limitMs, () => {
      if (isStill()) this.#late({ ...member, kind, limitMs, waitedMs: this.#context.monotonicMs() - sinceMs })
    })
  }

  startUnlessRunning(kind: Lateness, member: MemberOf, limitMs: number): void {
    if (!this.#context.timers.has(key(kind, member))) this.start(kind, member, limitMs)
  }

  cancel(kind: Lateness, member: MemberOf): void {
    this.#context.timers.cancel(key(kind, member))
  }

  cancelAll(member: MemberOf): void {
    for (const kind of kinds) this.cancel(kind, member)
  }
}
