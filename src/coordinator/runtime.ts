/**
 * Drives one shard of a coordinator over one partition of its topic: loads it, replays and appends what it decides,
 * and answers once that is committed. The shell around the pure machines: timers and the log come in from outside.
 */
import { ApiError, assert, type Clock, type Timer } from '../base/index.ts'
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
  /** Told when a callback of a timer or of a commit fails: that is our fault, and the node must stop. */
  readonly onFault: (error: unknown) => void
}

export class ShardRuntime<R> implements ShardContext<R>, ShardTimers {
  readonly timers: ShardTimers = this
  readonly #options: RuntimeOptions<R>
  readonly #timers = new Map<string, Timer>()
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

  append({ records, committed, failed }: Append<R>): void {
    const state = this.#state
    assert(state !== undefined, 'a runtime drives a state')
    const fail = (error: unknown): void => this.#guard(() => failed(codeOf(error)))
    try {
      const appended = this.#options.log.append(records)
      const end = appended.baseOffset + records.length
      records.forEach((record, i) => {
        state.replay(record, appended.baseOffset + i)
      })
      appended.committed.then(
        () => {
          if (this.#ended) return
          this.#guard(() => {
            state.commitTo(end)
            committed()
          })
        },
        (error: unknown) => {
          if (this.#ended) return
          state.revertTo(appended.baseOffset)
          fail(error)
        },
      )
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      queueMicrotask(() => fail(error))
    }
  }

  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#options.onFault(error)
    }
  }

  /** Stops all timers; what is still on its way to the log is no longer answered here. */
  end(): void {
    this.#ended = true
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }
}

const unknownServerError = -1

const codeOf = (error: unknown): number => (error instanceof ApiError ? error.code : unknownServerError)
