/**
 * The one timer of a driver. A loop that was held must first hear what waits in the sockets, before it takes anything for
 * late: what is due is done behind a drain of them.
 */
import type { Clock, Timer } from '../base/index.ts'

export class WakeUp {
  readonly #clock: Clock
  /** Gets the time at which the timer fired. */
  readonly #due: (nowMs: number) => void
  #timer: { readonly timer: Timer; readonly atMs: number } | undefined

  constructor(clock: Clock, due: (nowMs: number) => void) {
    this.#clock = clock
    this.#due = due
  }

  /**
   * By the monotonic clock; what has passed is due at once, infinity never. A timer that is early enough stays, however much is
   * heard: else those who ask often would put off for ever what is due.
   */
  at(wakeMs: number): void {
    const clock = this.#clock
    const nowMs = clock.monotonic()
    const atMs = Math.max(nowMs, wakeMs)
    if (atMs === Number.POSITIVE_INFINITY || (this.#timer?.atMs ?? Number.POSITIVE_INFINITY) <= atMs) return
    this.cancel()
    const timer = clock.after(atMs - nowMs, () => {
      // What passes while the sockets are drained has seen no drain of its own: it is for the next round.
      const firedMs = clock.monotonic()
      clock.afterDrain(() => {
        this.#timer = undefined
        this.#due(firedMs)
      })
    })
    this.#timer = { timer, atMs }
  }

  cancel(): void {
    this.#timer?.timer.cancel()
  }
}
