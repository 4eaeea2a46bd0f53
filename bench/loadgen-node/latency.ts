/** Latencies: 64 linear steps in each power of two of nanoseconds, error below 3.2 %; and the line that a run prints. */
import type { LoadOptions } from './options.ts'

const steps = 64

export class Latencies {
  readonly #counts = new Float64Array(steps * steps)
  #total = 0
  #maxNs = 0

  get total(): number {
    return this.#total
  }

  record(ms: number): void {
    const ns = Math.max(0, Math.round(ms * 1e6))
    // Bits are counted in 32 of them.
    const power = ns < steps ? 0 : ns < 2 ** 32 ? 31 - Math.clz32(ns) - 5 : Math.floor(Math.log2(ns)) - 5
    const at = power * steps + Math.floor(ns / 2 ** power)
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
    this.#total++
    if (ns > this.#maxNs) this.#maxNs = ns
  }

  percentileMs(fraction: number): number {
    const wanted = Math.floor(fraction * this.#total)
    let seen = 0
    for (const [at, count] of this.#counts.entries()) {
      seen += count
      if (seen > wanted) return ((at % steps) * 2 ** Math.floor(at / steps)) / 1e6
    }
    return this.#maxNs / 1e6
  }

  get maxMs(): number {
    return this.#maxNs / 1e6
  }
}

export interface Ran {
  /** Of record batches. */
  readonly bytes: number
  readonly requests: number
  readonly elapsedMs: number
  readonly latencies: Latencies
}

/** What `loadgen.c` prints, by the same names; CPU is counted from `begun` on. */
export function resultOf({ mode }: LoadOptions, begun: NodeJS.CpuUsage, ran: Ran): object {
  const { bytes, requests, elapsedMs, latencies } = ran
  const seconds = elapsedMs / 1000
  const { user, system } = process.cpuUsage(begun)
  return {
    mode,
    bytes,
    requests,
    seconds,
    mbPerSecond: bytes / 1e6 / seconds,
    requestsPerSecond: requests / seconds,
    p50Ms: latencies.percentileMs(0.5),
    p99Ms: latencies.percentileMs(0.99),
    p999Ms: latencies.percentileMs(0.999),
    maxMs: latencies.maxMs,
    ownCpuSeconds: (user + system) / 1e6,
  }
}
