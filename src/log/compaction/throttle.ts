/** How fast all compactions of a node may read and write together (`log.cleaner.io.max.bytes.per.second`). */
import type { Clock } from '../../base/index.ts'

/** So that a stop need not wait for more. */
const napMsMax = 100

export class Throttle {
  readonly #clock: Clock
  readonly #bytesPerSecond: () => number
  #freeAtMs = 0

  constructor(clock: Clock, bytesPerSecond: () => number) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecond
  }

  /** Resolves when bytes that were read or written are paid for. `check` is called between naps, and may throw. */
  async pay(bytes: number, check: () => void): Promise<void> {
    const now = this.#clock.monotonic()
    this.#freeAtMs = Math.max(this.#freeAtMs, now) + (bytes / this.#bytesPerSecond()) * 1000
    const dueMs = this.#freeAtMs
    for (;;) {
      const waitMs = dueMs - this.#clock.monotonic()
      if (waitMs < 1) return
      await nap(this.#clock, Math.min(waitMs, napMsMax))
      check()
    }
  }
}

export const nap = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve))
