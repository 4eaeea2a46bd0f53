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
import { type SweepSteps, sweep } from './sweep.ts'

/** What the expiry asks of the groups. */
interface ExpiryOwners {
  /** Of all that may expire; goes on after a pause with the groups that there are then. */
  groupIds(): Iterable<string>
  /** Undefined: nothing of the group expires, or there is none. */
  expiryOf(groupId: string): GroupExpiry | undefined
  /** Takes a group away that has no offsets, if it has no members either; whether it did. */
  removeIfEmpty(groupId: string, why: EndCause): boolean
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
    const { context, report } = this.#options
    const found = { offsets: 0, groups: 0 }
    sweep({
      context,
      steps: this.#steps(found),
      done: (code) => {
        this.#options.tally.offsetExpirations += found.offsets
        if (found.offsets + found.groups > 0) {
          const outcome = code === ErrorCode.NONE ? 'are taken away' : `could not all be taken away (error ${code})`
          report(`${found.offsets} offsets and ${found.groups} groups that nobody needs any more ${outcome}`)
        }
        this.start()
      },
    })
  }

  *#steps(found: { offsets: number; groups: number }): SweepSteps {
    const { owners, store } = this.#options
    for (const groupId of owners.groupIds()) {
      const before = found.offsets
      yield* this.#stepsOf(groupId, found)
      const why = found.offsets > before ? 'offsets-expired' : 'unused'
      if (!store.hasNewest(groupId) && owners.removeIfEmpty(groupId, why)) found.groups++
      yield undefined
    }
  }

  *#stepsOf(groupId: string, found: { offsets: number }): SweepSteps {
    const { context, owners, store } = this.#options
    let expiry = owners.expiryOf(groupId)
    let nowMs = context.nowMs()
    for (const { topic, partition, value } of store.newestOf(groupId)) {
      if (expiry === undefined) return
      const isKept = expiry.isSubscribed(topic) || store.isInTransaction(groupId, { topic, partition })
      const isOver = !isKept && this.#isOver(value, { sinceMs: expiry.sinceMs, nowMs })
      if (isOver) found.offsets++
      const isNewSlice = yield isOver ? offsetTombstone(groupId, { topic, partition }) : undefined
      if (!isNewSlice) continue
      expiry = owners.expiryOf(groupId)
      nowMs = context.nowMs()
    }
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
