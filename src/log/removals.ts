/** Segments that left the log: their files stay until `file.delete.delay.ms` is over and their last reader is done. */
import type { Clock, Timer } from '../base/index.ts'
import { Background } from './background.ts'
import type { Segment } from './segment.ts'

export class Removals {
  readonly #clock: Clock
  readonly #timers = new Map<Segment, Timer>()
  readonly #running: Background

  constructor(clock: Clock, failed: (error: Error) => void) {
    this.#clock = clock
    this.#running = new Background(failed)
  }

  now(segment: Segment): void {
    this.#running.start(segment.removeFiles())
  }

  later(segment: Segment, delayMs: number): void {
    const remove = (): void => {
      this.#timers.delete(segment)
      this.now(segment)
    }
    this.#timers.set(segment, this.#clock.after(delayMs, remove))
  }

  /** Removes at once what still waits; resolves when all is gone. */
  async finish(): Promise<void> {
    for (const segment of this.#take()) this.now(segment)
    await this.#running.end()
  }

  /** The directory goes with all that is in it: files are closed when their last reader is done, and not waited for. */
  abandon(segments: readonly Segment[]): void {
    for (const segment of [...this.#take(), ...segments]) this.#running.start(segment.close())
  }

  #take(): readonly Segment[] {
    const waiting = [...this.#timers.keys()]
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    return waiting
  }
}
