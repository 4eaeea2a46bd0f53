/**
 * Asks the controller for what gathers meanwhile: one request at a time, and again until there is nothing left to ask. Whoever
 * has it keeps what is to be asked.
 */
import { assert, type Clock, type Timer } from '../base/index.ts'

export interface RepeatedAskOptions {
  readonly clock: Clock
  /** Whether there is anything to ask. */
  readonly isDue: () => boolean
  /** Resolves with how many milliseconds to wait before what is left, or has come, is asked for. A rejection is a fault. */
  readonly ask: () => Promise<number>
  readonly onFault: (error: unknown) => void
}

export class RepeatedAsk {
  readonly #options: RepeatedAskOptions
  #timer: Timer | undefined
  #isAsking = false
  #isStopped = false

  constructor(options: RepeatedAskOptions) {
    this.#options = options
  }

  /** There is more to ask: in so many milliseconds, or when it is its turn. */
  within(delayMs: number): void {
    const { clock, isDue, ask, onFault } = this.#options
    if (this.#isStopped || this.#isAsking || this.#timer !== undefined || !isDue()) return
    this.#timer = clock.after(delayMs, () => {
      this.#timer = undefined
      assert(!this.#isAsking, 'one request at a time')
      this.#isAsking = true
      ask()
        .then((nextMs) => {
          this.#isAsking = false
          this.within(nextMs)
        })
        .catch(onFault)
    })
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }
}
