/** The way from one simulated node to another: how long it takes, and whether it is open at all. */
import type { SeededStream } from './random.ts'

export interface NetworkFaults {
  /** Every delay has this much, and an exponentially distributed rest. */
  readonly delayMsMin: number
  readonly delayMsMean: number
  /** The part of deliveries, of [0, 1], that are cut into two at any byte. */
  readonly splitRate: number
}

export const noNetworkFaults: NetworkFaults = { delayMsMin: 0.05, delayMsMean: 0.3, splitRate: 0 }

export class Link {
  readonly random: SeededStream
  readonly traceId: number
  readonly #faults: () => NetworkFaults
  /** Nothing arrives, and nobody is told. */
  blocked = false
  /** Nothing arrives before. */
  cloggedUntilMs = 0

  constructor(options: { random: SeededStream; traceId: number; faults: () => NetworkFaults }) {
    this.random = options.random
    this.traceId = options.traceId
    this.#faults = options.faults
  }

  delayMs(): number {
    const { delayMsMin, delayMsMean } = this.#faults()
    return delayMsMin + this.random.exponential(delayMsMean)
  }

  /** How many of `size` bytes, at least one, arrive together. */
  segment(size: number): number {
    const { splitRate } = this.#faults()
    return splitRate > 0 && this.random.float() < splitRate ? 1 + this.random.below(size) : size
  }
}
