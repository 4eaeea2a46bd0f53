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
  /** Who waits for it, until they are answered. */
  waiting: Append<R>[]
  readonly timeout: Timer
  flush: Timer | undefined
}

export class ShardRuntime<R> implements ShardContext<R> {
  readonly timers: ShardTimers
  readonly #options: RuntimeOptions<R>
  readonly #timers: DeadlineTimers
  #open: Batch<R> | undefined
  /** Appended and not committed, in the order of the log. */
  #inFlight: Batch<R>[] = []
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

  later(then: () => void): void {
    this.#options.clock.after(0, () => {
      if (!this.#ended) this.#guard(then)
    })
  }

  append(append: Append<R>): void {
    if (this.#ended) {
      queueMicrotask(() => append.failed(ErrorCode.NOT_COORDINATOR))
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
      queueMicrotask(() => this.#guard(() => append.failed(clientCode(error.code))))
    }
  }

  /** What was decided on newest state is told once that state is committed. */
  #whenCommitted(append: Append<R>): void {
    const last = this.#open ?? this.#inFlight.at(-1)
    if (last === undefined) append.committed()
    else last.waiting.push(append)
  }

  #add(append: Append<R>): void {
    const { records } = append
    let batch = this.#open ?? this.#newBatch()
    if (!batch.log.add(records)) {
      this.#flush()
      batch = this.#newBatch()
      assert(batch.log.add(records), 'an empty batch has room, or says why not')
    }
    this.#replay(records, batch.baseOffset + batch.records.length)
    for (const record of records) batch.records.push(record)
    batch.waiting.push(append)
    if (this.#open === undefined) this.#keepOpen(batch)
  }

  #newBatch(): Batch<R> {
    const { clock, log, appendTimeoutMs } = this.#options
    const opened = log.open()
    const batch: Batch<R> = {
      log: opened,
      baseOffset: opened.baseOffset,
      records: [],
      waiting: [],
      timeout: clock.after(appendTimeoutMs(), () => this.#answer(batch, clientCode(ErrorCode.REQUEST_TIMED_OUT))),
      flush: undefined,
    }
    return batch
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

  /** The open batch goes to the log. */
  #flush(): void {
    const batch = this.#open
    if (batch === undefined) return
    this.#open = undefined
    batch.flush?.cancel()
    try {
      const { baseOffset, committed } = batch.log.append()
      if (baseOffset !== batch.baseOffset) this.#rebase(batch, baseOffset)
      this.#inFlight.push(batch)
      this.#follow(batch, committed)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.#present.revertTo(batch.baseOffset)
      queueMicrotask(() => this.#answer(batch, clientCode(error.code)))
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
      () => {
        if (this.#ended) return
        this.#inFlight = this.#inFlight.filter((it) => it !== batch)
        this.#guard(() => this.#present.commitTo(batch.baseOffset + batch.records.length))
        this.#answer(batch, ErrorCode.NONE)
      },
      (error: unknown) => {
        if (!this.#ended) this.#lost(batch, error)
      },
    )
  }

  /** A batch that will never be committed takes with it whatever was decided after it. */
  #lost(batch: Batch<R>, error: unknown): void {
    const lost = this.#inFlight.filter(({ baseOffset }) => baseOffset >= batch.baseOffset)
    this.#inFlight = this.#inFlight.filter(({ baseOffset }) => baseOffset < batch.baseOffset)
    if (this.#open !== undefined) lost.push(this.#open)
    this.#open = undefined
    this.#guard(() => {
      if (lost.length > 0) this.#present.revertTo(batch.baseOffset)
      if (!(error instanceof ApiError)) throw error
    })
    const code = error instanceof ApiError ? clientCode(error.code) : ErrorCode.UNKNOWN_SERVER_ERROR
    for (const it of lost) this.#answer(it, code)
  }

  /** Whoever still waits for the batch is told, once. */
  #answer(batch: Batch<R>, code: number): void {
    batch.timeout.cancel()
    const { waiting } = batch
    batch.waiting = []
    for (const { committed, failed } of waiting) {
      this.#guard(() => (code === ErrorCode.NONE ? committed() : failed(code)))
    }
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
    this.#timers.cancelAll()
    const batches = this.#open === undefined ? this.#inFlight : [...this.#inFlight, this.#open]
    this.#open = undefined
    this.#inFlight = []
    for (const batch of batches) {
      batch.flush?.cancel()
      this.#answer(batch, code)
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
