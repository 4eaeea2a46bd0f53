/**
 * Long work of all shards of a broker, in slices: they wait for each other. A slice is short, but as many as there are
 * groups, one behind the other, would hold up everybody else.
 */
import type { Clock } from '../base/index.ts'

/** Slices that take next to nothing share a turn of the loop. */
const turnMs = 1

export class Turns {
  readonly #clock: Clock
  #waiting: (() => void)[] = []
  #isArmed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `slice` in a later turn of the loop, behind those that wait already. */
  wait(slice: () => void): void {
    this.#waiting.push(slice)
    if (!this.#isArmed) this.#arm()
  }

  #arm(): void {
    this.#isArmed = true
    this.#clock.after(0, () => this.#run())
  }

  #run(): void {
    const slices = this.#waiting
    this.#waiting = []
    const startMs = this.#clock.monotonic()
    let done = 0
    try {
      while (done < slices.length && (done === 0 || this.#clock.monotonic() - startMs < turnMs)) slices[done++]?.()
    } finally {
      const left = slices.slice(done)
      this.#waiting = left.length === 0 ? this.#waiting : [...left, ...this.#waiting]
      this.#isArmed = false
      // A timer that is set before a long slice would be due with its end, and run before the sockets are read.
      if (this.#waiting.length > 0) this.#arm()
    }
  }
}
