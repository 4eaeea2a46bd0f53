/**
 * A rate over a window of samples, as Kafka measures what it throttles (`SimpleRate` over `SampledStat`): what was recorded in the
 * samples that are kept, by the time since the oldest of them began, and at least by the span of one. Pure; times are in
 * milliseconds, of a clock that never goes back.
 */

export interface SampledRateOptions {
  /** Samples in the window; one more is kept, which the window still overlaps. */
  readonly sampleCount: number
  readonly sampleMs: number
}

interface Sample {
  startMs: number
  /** When something was recorded in it last; its start before that. */
  lastMs: number
  sum: number
}

export class SampledRate {
  readonly #options: SampledRateOptions
  /** A ring; the first one begins when something is asked or recorded first. */
  readonly #samples: Sample[] = []
  #current = 0

  constructor(options: SampledRateOptions) {
    this.#options = options
  }

  record(value: number, nowMs: number): void {
    let sample = this.#samples[this.#current] ?? this.#begin(nowMs)
    if (nowMs - sample.startMs >= this.#options.sampleMs) sample = this.#begin(nowMs)
    sample.sum += value
    sample.lastMs = nowMs
  }

  /** The next sample of the ring, in the place of the oldest one where all are in use. */
  #begin(startMs: number): Sample {
    const { sampleCount } = this.#options
    if (this.#samples.length > 0) this.#current = (this.#current + 1) % (sampleCount + 1)
    const sample = { startMs, lastMs: startMs, sum: 0 }
    this.#samples[this.#current] = sample
    return sample
  }

  perSecond(nowMs: number): number {
    const { sampleCount, sampleMs } = this.#options
    if (this.#samples.length === 0) this.#begin(nowMs)
    let sum = 0
    let oldestMs = nowMs
    for (const sample of this.#samples) {
      if (nowMs - sample.lastMs >= sampleCount * sampleMs)
        Object.assign(sample, { startMs: nowMs, lastMs: nowMs, sum: 0 })
      sum += sample.sum
      oldestMs = Math.min(oldestMs, sample.startMs)
    }
    return (sum * 1000) / Math.max(nowMs - oldestMs, sampleMs)
  }
}
