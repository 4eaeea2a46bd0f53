/**
 * What nobody has needed for `offsets.retention.minutes` goes: offsets, and groups without members that have none left.
 * Looked for now and then, once the partition is loaded.
 */
import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import type { EndCause } from './group-event.ts'
import type { GroupExpiry } from './group-expiry.ts'
import { type CommittedOffset, type GroupRecord, offsetTombstone } from './group-record.ts'
import type { GroupTally } from './group-tally.ts'
import type { OffsetStore } from './offset-store.ts'
import { appended, type SweepStep, type SweepSteps, sweep } from './sweep.ts'

/** What the expiry asks of the groups. */
interface ExpiryOwners {
  /** Of all that may expire; goes on after a pause with the groups that there are then. */
  groupIds(): Iterable<string>
  /** Undefined: nothing of the group expires, or there is none. */
  expiryOf(groupId: string): GroupExpiry | undefined
  /** Takes a group away that has no offsets, if it has no members either; whether it tries, and `ended` once it is committed. */
  removeIfEmpty(groupId: string, end: { readonly why: EndCause; readonly ended: () => void }): boolean
}

export interface OffsetExpiryOptions {
  readonly context: ShardContext<GroupRecord>
  readonly store: OffsetStore
  readonly owners: ExpiryOwners
  /** `offsets.retention.minutes` and `offsets.retention.check.interval.ms`. */
  readonly retentionMs: () => number
  readonly checkIntervalMs: () => number
  readonly report: (message: string) => void
  readonly tally: GroupTally
}

/** Of one look. */
interface Found {
  /** Whether anything is to go. */
  isAny: boolean
  /** What has gone: it is committed. */
  offsetCount: number
  groupCount: number
}

const timerKey = 'offset expiry'

export class OffsetExpiry {
  readonly #options: OffsetExpiryOptions

  constructor(options: OffsetExpiryOptions) {
    this.#options = options
  }

  /** Looks after each interval, from now on. */
  start(): void {
    const { context, checkIntervalMs } = this.#options
    context.timers.schedule(timerKey, checkIntervalMs(), () => this.#check())
  }

  #check(): void {
    const { context, tally } = this.#options
    const found: Found = { isAny: false, offsetCount: 0, groupCount: 0 }
    sweep({
      context,
      steps: this.#steps(found),
      stored: () => {
        found.offsetCount++
        tally.offsetExpirations++
      },
      done: (code) => {
        if (found.isAny) this.#tell(found, code)
        this.start()
      },
    })
  }

  #tell({ offsetCount, groupCount }: Found, code: number): void {
    const rest = code === ErrorCode.NONE ? '' : `; others could not be (error ${code})`
    this.#options.report(
      `${offsetCount} offsets and ${groupCount} groups that nobody needs any more are taken away${rest}`,
    )
  }

  *#steps(found: Found): SweepSteps {
    const { owners, store } = this.#options
    const ended = (): void => void found.groupCount++
    for (const groupId of owners.groupIds()) {
      const hasExpired = yield* this.#stepsOf(groupId, found)
      const why = hasExpired ? 'offsets-expired' : 'unused'
      const ends = !store.hasNewest(groupId) && owners.removeIfEmpty(groupId, { why, ended })
      found.isAny ||= ends
      yield ends ? appended : undefined
    }
  }

  /** Returns whether there was one that is over. */
  *#stepsOf(groupId: string, found: Found): Generator<SweepStep, boolean, boolean> {
    const { context, owners, store } = this.#options
    let isAnyOver = false
    let expiry = owners.expiryOf(groupId)
    let nowMs = context.nowMs()
    for (const { topic, partition, value } of store.newestOf(groupId)) {
      if (expiry === undefined) break
      const isKept = expiry.isSubscribed(topic) || store.isInTransaction(groupId, { topic, partition })
      const isOver = !isKept && this.#isOver(value, { sinceMs: expiry.sinceMs, nowMs })
      isAnyOver ||= isOver
      found.isAny ||= isOver
      const isNewSlice = yield isOver ? offsetTombstone(groupId, { topic, partition }) : undefined
      if (!isNewSlice) continue
      expiry = owners.expiryOf(groupId)
      nowMs = context.nowMs()
    }
    return isAnyOver
  }

  #isOver(value: CommittedOffset, { sinceMs, nowMs }: { sinceMs: number | undefined; nowMs: number }): boolean {
    const { commitTimestampMs, expireTimestampMs } = value
    if (expireTimestampMs !== undefined) return BigInt(nowMs) >= expireTimestampMs
    const retentionMs = this.#options.retentionMs()
    return sinceMs === undefined
      ? BigInt(nowMs) - commitTimestampMs >= BigInt(retentionMs)
      : nowMs - sinceMs >= retentionMs
  }
}
