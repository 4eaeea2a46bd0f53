/**
 * Times that double from attempt to attempt, up to a maximum, each 20 % longer or shorter by chance, so that those who
 * lost the same peer do not come back together. As Kafka's: the maximum is the last word, also over chance, and where it
 * is not above the first time there is neither doubling nor chance.
 */
import type { RandomStream } from '../base/index.ts'

const jitter = 0.2

export interface BackoffRange {
  readonly initialMs: number
  readonly maxMs: number
}

export class ExponentialBackoff {
  readonly #initialMs: number
  readonly #maxMs: number
  readonly #random: RandomStream

  constructor({ initialMs, maxMs }: BackoffRange, random: RandomStream) {
    this.#initialMs = Math.min(initialMs, maxMs)
    this.#maxMs = maxMs
    this.#random = random
  }

  /** Whole milliseconds after `attempts` that failed in a row before this one. */
  backoffMs(attempts: number): number {
    if (this.#initialMs >= this.#maxMs) return this.#maxMs
    const term = Math.min(this.#initialMs * 2 ** Math.min(attempts, 64), this.#maxMs)
    const factor = 1 - jitter + 2 * jitter * this.#random.float()
    return Math.min(Math.floor(term * factor), this.#maxMs)
  }
}
