/** How many lines of the log what peers cause may take: so many in a minute, and then how many were left out. */

export interface LineBudgetOptions {
  readonly nowMs: () => number
  readonly linesMax: number
  readonly windowMs: number
}

export class LineBudget {
  readonly #options: LineBudgetOptions
  #sinceMs = Number.NEGATIVE_INFINITY
  #lines = 0
  #leftOut = 0

  constructor(options: LineBudgetOptions) {
    this.#options = options
  }

  /** Undefined: there is no room for a line; else how many had none before it. */
  take(): number | undefined {
    const { nowMs, linesMax, windowMs } = this.#options
    const now = nowMs()
    // Also where the clock was set back.
    if (now < this.#sinceMs || now >= this.#sinceMs + windowMs) {
      this.#sinceMs = now
      this.#lines = 0
    }
    if (this.#lines >= linesMax) {
      this.#leftOut++
      return undefined
    }
    this.#lines++
    const leftOut = this.#leftOut
    this.#leftOut = 0
    return leftOut
  }
}
