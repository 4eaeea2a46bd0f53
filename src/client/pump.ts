/** What a loop of decisions needs: to run once for all that happens in a turn, and at the time that it names itself. */
import type { Clock, Timer } from '../base/index.ts'

/** `decide` returns when to look again, by the monotonic clock, if nothing happens before; infinity: never. */
export class Pump {
  readonly #clock: Clock
  readonly #decide: () => number
  #isScheduled = false
  #isClosed = false
  #timer: Timer | undefined

  constructor(clock: Clock, decide: () => number) {
    this.#clock = clock
    this.#decide = decide
  }

  /** Something has changed. */
  wake(): void {
    if (this.#isScheduled || this.#isClosed) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      if (!this.#isClosed) this.#run()
    })
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #run(): void {
    const atMs = this.#decide()
    this.#timer?.cancel()
    this.#timer = undefined
    if (atMs === Number.POSITIVE_INFINITY || this.#isClosed) return
    this.#timer = this.#clock.after(Math.max(0, atMs - this.#clock.monotonic()), () => this.wake())
  }
}
