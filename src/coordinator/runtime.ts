/**
 * Drives one shard of a coordinator over one partition of its topic: replays what it decides, gathers it in batches,
 * appends these, and answers once they are committed. The shell around the pure machines: timers and the log come in
 * from outside.
 *
 * A batch is open until the sockets have been drained once, or for `group.coordinator.append.linger.ms`: what many
 * clients ask for in one turn of the loop is one append.
 */
import { ApiError, assert, type Clock, type Timer } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import type { Append, ShardContext, ShardTimers } from './shard-context.ts'
import type { ShardBatch, ShardLog } from './shard-log.ts'
import { DeadlineTimers } from './shard-timers.ts'
import type { Turns } from './turns.ts'
import { Waiters } from './waiters.ts'

/** A shard's state: changed by replay, in the order of the log. */
export interface ShardState<R> {
  replay(record: R, logOffset: number): void
  /** Everything below is committed. */
  commitTo(offset: number): void
  /** Everything from here on was not appended after all. */
  revertTo(offset: number): void
}

export interface RuntimeOptions<R> {
  readonly clock: Clock
  readonly log: ShardLog<R>
  /** Of all shards. */
  readonly turns: Turns
  /** How long an answer waits for its records; they may still be committed after that. */
  readonly appendTimeoutMs: () => number
  /** How long a batch stays open; -1: until the sockets have been drained. */
  readonly lingerMs: () => number
  /** Told when a callback of a timer or of a commit fails: that is our fault, and the node must stop. */
  readonly onFault: (error: unknown) => void
}

/** A batch that is open, or on its way. */
interface Batch<R> {
  readonly log: ShardBatch<R>
  /** As replayed; `log.baseOffset` until somebody else's batch came between. */
  baseOffset: number
  readonly records: R[]
  readonly waiters: Waiters<R>
  flush: Timer | undefined
}

export class ShardRuntime<R> implements ShardContext<R> {
  readonly timers: ShardTimers
  readonly #options: RuntimeOptions<R>
  readonly #timers: DeadlineTimers
  #open: Batch<R> | undefined
  /** Appended and not committed, in the order of the log. */
  #inFlight: Batch<R>[] = []
  /** Looks for who waits too long, at the time beside it. */
  #late: Timer | undefined
  #lateMs = Number.POSITIVE_INFINITY
  #state: ShardState<R> | undefined
  #ended = false

  constructor(options: RuntimeOptions<R>) {
    this.#options = options
    this.#timers = new DeadlineTimers(options.clock, (fire) => this.#guard(fire))
    this.timers = this.#timers
  }

  /** The state that this runtime drives; it is made with the runtime as its context. */
  drive(state: ShardState<R>): void {
    this.#state = state
  }

  nowMs(): number {
    return this.#options.clock.now()
  }

  monotonicMs(): number {
    return this.#options.clock.monotonic()
  }

  later(then: () => void, ended: () => void = () => undefined): void {
    this.#options.turns.wait(() => this.#guard(this.#ended ? ended : then))
  }

  append(append: Append<R>): void {
    if (this.#ended) {
      this.#soon(() => append.failed(ErrorCode.NOT_COORDINATOR))
      return
    }
    if (append.records.length === 0) {
      this.#whenCommitted(append)
      return
    }
    try {
      this.#add(append)
    } catch (error) {
      if (!(error instanceof ApiError)) {
        this.#options.onFault(error)
        throw error
      }
      this.#soon(() => {
        append.settled?.(clientCode(error.code))
        append.failed(clientCode(error.code))
      })
    }
  }

  /** Whoever appends has done so before it is told what became of it. */
  #soon(then: () => void): void {
    queueMicrotask(() => this.#guard(then))
  }

  /** What was decided on newest state is told once that state is committed. */
  #whenCommitted(append: Append<R>): void {
    const last = this.#open ?? this.#inFlight.at(-1)
    if (last !== undefined) {
      this.#wait(last, append)
      return
    }
    append.settled?.(ErrorCode.NONE)
    append.committed()
  }

  #add(append: Append<R>): void {
    const { records } = append
    let batch = this.#open ?? this.#newBatch()
    if (!batch.log.add(records)) {
      const error = this.#flush()
      // It was decided on what is reverted now.
      if (error !== undefined) throw error
      batch = this.#newBatch()
      assert(batch.log.add(records), 'an empty batch has room, or says why not')
    }
    this.#replay(records, batch.baseOffset + batch.records.length)
    for (const record of records) batch.records.push(record)
    this.#wait(batch, append)
    if (this.#open === undefined) this.#keepOpen(batch)
  }

  #wait(batch: Batch<R>, append: Append<R>): void {
    const waitMs = this.#options.appendTimeoutMs()
    const deadlineMs = this.monotonicMs() + waitMs
    batch.waiters.add(append, deadlineMs)
    if (deadlineMs < this.#lateMs) this.#lookIn(waitMs, deadlineMs)
  }

  /** One timer for all batches: most are committed long before, and it finds nobody. */
  #lookIn(waitMs: number, deadlineMs: number): void {
    this.#late?.cancel()
    this.#lateMs = deadlineMs
    this.#late = this.#options.clock.after(waitMs, () => this.#answerLate())
  }

  #answerLate(): void {
    const nowMs = this.monotonicMs()
    this.#late = undefined
    this.#lateMs = Number.POSITIVE_INFINITY
    for (const { waiters } of [...this.#pending()]) waiters.answerLate(nowMs)
    let nextMs = Number.POSITIVE_INFINITY
    // There may be more of them than a call takes arguments.
    for (const { waiters } of this.#pending()) nextMs = Math.min(nextMs, waiters.deadlineMs)
    if (nextMs < Number.POSITIVE_INFINITY) this.#lookIn(nextMs - nowMs, nextMs)
  }

  /** Whose records are not committed, in the order of the log. */
  #pending(): readonly Batch<R>[] {
    return this.#open === undefined ? this.#inFlight : [...this.#inFlight, this.#open]
  }

  #newBatch(): Batch<R> {
    const opened = this.#options.log.open()
    const waiters = new Waiters<R>((call) => this.#guard(call))
    return { log: opened, baseOffset: opened.baseOffset, records: [], waiters, flush: undefined }
  }

  #keepOpen(batch: Batch<R>): void {
    const { clock, lingerMs } = this.#options
    const flush = (): void => {
      if (this.#open === batch) this.#guard(() => this.#flush())
    }
    this.#open = batch
    const waitMs = lingerMs()
    if (waitMs < 0) clock.afterDrain(flush)
    else batch.flush = clock.after(waitMs, flush)
  }

  #replay(records: readonly R[], baseOffset: number): void {
    const state = this.#present
    records.forEach((record, i) => {
      state.replay(record, baseOffset + i)
    })
  }

  get #present(): ShardState<R> {
    assert(this.#state !== undefined, 'a runtime drives a state')
    return this.#state
  }

  /** The open batch goes to the log; returns why it did not. */
  #flush(): ApiError | undefined {
    const batch = this.#open
    if (batch === undefined) return undefined
    this.#open = undefined
    batch.flush?.cancel()
    try {
      const { baseOffset, committed } = batch.log.append()
      if (baseOffset !== batch.baseOffset) this.#rebase(batch, baseOffset)
      this.#inFlight.push(batch)
      this.#follow(batch, committed)
      return undefined
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.#present.revertTo(batch.baseOffset)
      this.#soon(() => batch.waiters.settle(clientCode(error.code)))
      return error
    }
  }

  /** Somebody else has written to the partition first (an administrator's producer may): the same records lie later. */
  #rebase(batch: Batch<R>, baseOffset: number): void {
    this.#present.revertTo(batch.baseOffset)
    batch.baseOffset = baseOffset
    this.#replay(batch.records, baseOffset)
  }

  #follow(batch: Batch<R>, committed: Promise<void>): void {
    committed.then(
      () => this.#committed(batch),
      (error: unknown) => this.#lost(batch, error),
    )
  }

  /** With it, all that lies before it; nothing where it was lost with one before it, or the shard has ended. */
  #committed(batch: Batch<R>): void {
    const done = this.#inFlight.splice(0, this.#inFlight.indexOf(batch) + 1)
    if (done.length === 0) return
    this.#guard(() => this.#present.commitTo(batch.baseOffset + batch.records.length))
    for (const { waiters } of done) waiters.settle(ErrorCode.NONE)
  }

  /** A batch that will never be committed takes with it whatever was decided after it. */
  #lost(batch: Batch<R>, error: unknown): void {
    const at = this.#inFlight.indexOf(batch)
    // Lost already with one before it: what is there now was decided since.
    if (at < 0) return
    const lost = this.#inFlight.splice(at)
    if (this.#open !== undefined) {
      this.#open.flush?.cancel()
      lost.push(this.#open)
    }
    this.#open = undefined
    this.#guard(() => {
      this.#present.revertTo(batch.baseOffset)
      if (!(error instanceof ApiError)) throw error
    })
    const code = error instanceof ApiError ? clientCode(error.code) : ErrorCode.UNKNOWN_SERVER_ERROR
    // What a decision did beside its records is undone before that on which it was decided.
    for (const { waiters } of lost.toReversed()) waiters.settle(code)
  }

  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#options.onFault(error)
    }
  }

  /** Stops all timers; what is still on its way to the log is told `code`, for it is no longer followed here. */
  end(code: number): void {
    this.#ended = true
    this.#timers.end()
    this.#late?.cancel()
    const batches = this.#pending()
    this.#open = undefined
    this.#inFlight = []
    for (const { flush, waiters } of batches) {
      flush?.cancel()
      waiters.answer(code)
    }
  }
}

/**
 * What a client is told when the coordinator's own append fails: errors of partitions mean nothing to who asked for a
 * group, so they become a reason to try again, here or at another coordinator (as Kafka).
 */
function clientCode(code: number): number {
  switch (code) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case ErrorCode.REQUEST_TIMED_OUT:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
    case ErrorCode.INVALID_FETCH_SIZE:
      return ErrorCode.UNKNOWN_SERVER_ERROR
    default:
      return code
  }
}
