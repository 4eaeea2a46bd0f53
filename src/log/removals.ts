/** Segments that left the log and whose files stay until `file.delete.delay.ms` is over. */
import type { Clock, Timer } from '../base/index.ts'
import type { Segment } from './segment.ts'

export class Removals {
  readonly #clock: Clock
  readonly #timers = new Map<Segment, Timer>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  later(segment: Segment, delayMs: number, watch: (removal: Promise<void>) => void): void {
    const remove = (): void => {
      this.#timers.delete(segment)
      watch(segment.removeFiles())
    }
    this.#timers.set(segment, this.#clock.after(delayMs, remove))
  }

  /** Removes at once what still waits. */
  async finish(): Promise<void> {
    for (const [segment, timer] of this.#timers) {
      timer.cancel()
      await segment.removeFiles()
    }
    this.#timers.clear()
  }
}
