/** Ends the active segment of a log and begins the next one. On the produce path only where that is due. */
import type { Clock } from '../base/index.ts'
import type { Availability } from './availability.ts'
import type { LogConfig } from './log-config.ts'
import type { Prepared } from './log-types.ts'
import type { ProducerState } from './producer-state.ts'
import { mustRoll } from './rolling.ts'
import { Segment } from './segment.ts'
import type { SegmentOptions } from './segment-options.ts'
import type { Segments } from './segments.ts'
import type { ProducerSnapshots } from './snapshots.ts'

export interface RollerOptions {
  readonly segments: Segments
  readonly state: ProducerState
  readonly snapshots: ProducerSnapshots
  readonly availability: Availability
  readonly clock: Clock
  readonly config: () => LogConfig
  readonly segmentOptions: (baseOffset: number) => SegmentOptions
  /** The old segment is not durable yet. */
  readonly rolled: () => void
}

export class Roller {
  readonly #options: RollerOptions

  constructor(options: RollerOptions) {
    this.#options = options
  }

  readonly #nowMs = (): number => this.#options.clock.now()

  /** `sizeBefore`: bytes that go into the segment before this append. */
  isDue(next: Prepared, sizeBefore: number): boolean {
    const { segments, config } = this.#options
    return mustRoll(segments.active(), next, { config: config(), nowMs: this.#nowMs, sizeBefore })
  }

  /** Does nothing where the active segment begins there. A failure takes the directory offline. */
  async roll(baseOffset: number): Promise<void> {
    const { segments, state, snapshots, availability, clock, segmentOptions, rolled } = this.#options
    const old = segments.active()
    if (old.baseOffset === baseOffset) return
    try {
      // All before it may be flushed already: then nobody syncs it again, nor looks at it after a loss of power.
      if (old.trim()) await old.sync()
      await old.writeIndexes({ isFinal: true, sync: false })
      state.advanceTo(baseOffset)
      await snapshots.take(state)
      segments.all = [...segments.all, await Segment.create(segmentOptions(baseOffset), clock.now())]
    } catch (error) {
      if (error instanceof Error) availability.fail(error)
      throw error
    }
    rolled()
  }
}
