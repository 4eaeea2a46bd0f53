/**
 * What a coordinator's state machine may ask of the runtime that drives it: the time, timers, and appends to the log
 * of its partition. The machine itself stays pure: it changes only when it is called.
 */

/** Of whoever keeps it: started again and again. */
export interface ShardTimer {
  /** From now on; what was started before is forgotten. */
  start(delayMs: number): void
  cancel(): void
  /** When it was last started, by the monotonic clock. */
  readonly startedMs: number
}

export interface ShardTimers {
  /** `fire` is called each time that it is due. */
  timer(fire: () => void): ShardTimer
  /** For those who keep none: a second one under the same key replaces the first. */
  schedule(key: string, delayMs: number, fire: () => void): void
  has(key: string): boolean
  cancel(key: string): void
}

export interface Append<R> {
  /** None: nothing is written, and it is committed when all that was decided before it is. */
  readonly records: readonly R[]
  /** The records are committed. */
  committed(): void
  /** They are not, or not in time: `code` is what the waiting client is told. */
  failed(code: number): void
  /**
   * What became of the records, for who has to undo something of its own: NONE, or why they never will be there. Told
   * before the answer, or after one of a time-out, which says nothing of the records; not at all where the shard ends.
   */
  settled?(code: number): void
}

export interface ShardContext<R> {
  readonly timers: ShardTimers
  nowMs(): number
  /** From an arbitrary start, never back: what has passed is measured by it. */
  monotonicMs(): number
  /**
   * Replays the records at once and appends them with others of this turn; exactly one of the two callbacks follows, in
   * a later turn, but for an append of nothing behind which nothing waits: that is committed at once.
   */
  append(append: Append<R>): void
  /**
   * Goes on in a later turn: what is long is done in slices, and those of all shards wait for each other. `ended`: the
   * shard has ended by then.
   */
  later(then: () => void, ended?: () => void): void
}
