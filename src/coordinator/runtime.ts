/**
 * Drives one shard of a coordinator over one partition of its topic: replays and appends what it decides, and answers
 * once that is committed. The shell around the pure machines: timers and the log come in from outside.
 */
import { ApiError, assert, type Clock, type Timer } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import type { Append, ShardContext, ShardTimers } from './shard-context.ts'

/** The partition that a shard lives in, as its leader sees it. */
export interface ShardLog<R> {
  /**
   * Appends the records as one batch and tells where it begins; `committed` settles when the high watermark has passed
   * it, or rejects with ApiError if it never will. Throws ApiError where nothing was appended.
   */
  append(records: readonly R[]): { readonly baseOffset: number; readonly committed: Promise<void> }
}

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
  /** Told when a callback of a timer or of a commit fails: that is our fault, and the node must stop. */
  readonly onFault: (error: unknown) => void
}

export class ShardRuntime<R> implements ShardContext<R>, ShardTimers {
  readonly timers: ShardTimers = this
  readonly #options: RuntimeOptions<R>
  readonly #timers = new Map<string, Timer>()
  /** Appends that are not answered yet: what to tell them if they never are. */
  readonly #unanswered = new Set<(code: number) => void>()
  #state: ShardState<R> | undefined
  #ended = false

  constructor(options: RuntimeOptions<R>) {
    this.#options = options
  }

  /** The state that this runtime drives; it is made with the runtime as its context. */
  drive(state: ShardState<R>): void {
    this.#state = state
  }

  nowMs(): number {
    return this.#options.clock.now()
  }

  schedule(key: string, delayMs: number, fire: () => void): void {
    this.cancel(key)
    if (this.#ended) return
    const { clock } = this.#options
    const timer = clock.after(delayMs, () => {
      // What a timer takes away is decided only after the heartbeats that wait in the sockets have been read.
      clock.afterDrain(() => {
        if (this.#timers.get(key) !== timer) return
        this.#timers.delete(key)
        this.#guard(fire)
      })
    })
    this.#timers.set(key, timer)
  }

  cancel(key: string): void {
    this.#timers.get(key)?.cancel()
    this.#timers.delete(key)
  }

  append(append: Append<R>): void {
    const answer = this.#answerOf(append)
    if (this.#ended) {
      queueMicrotask(() => answer(ErrorCode.NOT_COORDINATOR))
      return
    }
    try {
      this.#append(append.records, answer)
    } catch (error) {
      if (!(error instanceof ApiError)) {
        this.#options.onFault(error)
        throw error
      }
      queueMicrotask(() => answer(clientCode(error.code)))
    }
  }

  #append(records: readonly R[], answer: (code: number) => void): void {
    const state = this.#state
    assert(state !== undefined, 'a runtime drives a state')
    const { baseOffset, committed } = this.#options.log.append(records)
    records.forEach((record, i) => {
      state.replay(record, baseOffset + i)
    })
    committed.then(
      () => {
        if (this.#ended) return
        this.#guard(() => state.commitTo(baseOffset + records.length))
        answer(ErrorCode.NONE)
      },
      (error: unknown) => {
        if (this.#ended) return
        this.#guard(() => {
          state.revertTo(baseOffset)
          if (!(error instanceof ApiError)) throw error
        })
        answer(error instanceof ApiError ? clientCode(error.code) : ErrorCode.UNKNOWN_SERVER_ERROR)
      },
    )
  }

  /** A function that answers once, however often it is called; in time, by itself. */
  #answerOf({ committed, failed }: Append<R>): (code: number) => void {
    const answer = (code: number): void => {
      if (!this.#unanswered.delete(answer)) return
      timer.cancel()
      this.#guard(() => (code === ErrorCode.NONE ? committed() : failed(code)))
    }
    this.#unanswered.add(answer)
    const timer = this.#options.clock.after(this.#options.appendTimeoutMs(), () =>
      answer(clientCode(ErrorCode.REQUEST_TIMED_OUT)),
    )
    return answer
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
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    for (const answer of [...this.#unanswered]) answer(code)
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
