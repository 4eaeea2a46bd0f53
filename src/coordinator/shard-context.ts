/**
 * What a coordinator's state machine may ask of the runtime that drives it: the time, timers, and appends to the log
 * of its partition. The machine itself stays pure: it changes only when it is called.
 */

/** Timers by key: a second one under the same key replaces the first. */
export interface ShardTimers {
  schedule(key: string, delayMs: number, fire: () => void): void
  cancel(key: string): void
}

export interface Append<R> {
  readonly records: readonly R[]
  /** The records are committed. */
  committed(): void
  /** They are not, and never will be: `code` is what the waiting client is told. */
  failed(code: number): void
}

export interface ShardContext<R> {
  readonly timers: ShardTimers
  nowMs(): number
  /** Replays the records at once and appends them; exactly one of the two callbacks follows, in a later turn. */
  append(append: Append<R>): void
}
