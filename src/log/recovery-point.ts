/** How far a log is durable: its recovery point, and the flushes that move it. Off the hot path, but for `flush.messages`. */
import type { Clock } from '../base/index.ts'
import type { LogEnd, Segments } from './segments.ts'
import { SharedRun } from './shared-run.ts'

export interface RecoveryPointOptions {
  readonly offset: number
  readonly clock: Clock
  readonly segments: Segments
  readonly log: LogEnd
  /** Makes durable what a log keeps beside its segments, and where that is new, their names. */
  readonly syncOthers: (names: 'new' | 'known') => Promise<void>
  /** A sync was refused: the directory is lost. */
  readonly failed: (error: Error) => void
}

export class RecoveryPoint {
  readonly #options: RecoveryPointOptions
  #offset: number
  /** A cut is not durable yet: after a loss of power what was cut would be back. */
  #isCutPending = false
  /** A sync that failed is never tried again: the pages count as written, and are not. */
  #failure: unknown
  /** Since the log is open, where it was never flushed. */
  #flushedMs: number
  readonly #flushes = new SharedRun(() => this.#flush())

  constructor(options: RecoveryPointOptions) {
    this.#options = options
    this.#offset = options.offset
    this.#flushedMs = options.clock.monotonic()
  }

  get offset(): number {
    return this.#offset
  }

  /** The log ends there now: what comes next is not durable. */
  cutTo(offset: number): void {
    this.#offset = Math.min(this.#offset, offset)
    this.#isCutPending = true
  }

  /** Makes all that is appended now durable. */
  flush(): Promise<void> {
    return this.#flushes.run()
  }

  /** The same where the last time that there was something to flush is `afterMs` ago. */
  async flushIfOld(afterMs: number): Promise<void> {
    if (this.#options.clock.monotonic() - this.#flushedMs >= afterMs) await this.flush()
  }

  /** Resolves when no flush is under way. */
  idle(): Promise<void> {
    return this.#flushes.idle()
  }

  async #flush(): Promise<void> {
    const { clock, segments, log, syncOthers, failed } = this.#options
    const target = log.logEndOffset
    const { generation } = log
    if (this.#failure !== undefined) throw this.#failure
    if (target <= this.#offset && !this.#isCutPending) return
    const flushed = segments.all.slice(segments.floor(this.#offset))
    // As Kafka: the directory has nothing new where no segment was made since the last flush.
    const isNamed = !this.#isCutPending && flushed.every(({ baseOffset }) => baseOffset < this.#offset)
    this.#isCutPending = false
    this.#flushedMs = clock.monotonic()
    try {
      for (const segment of flushed) if (!segment.handle.isClosing) await segment.sync()
      await syncOthers(isNamed ? 'known' : 'new')
    } catch (error) {
      this.#failure = error
      if (error instanceof Error) failed(error)
      throw error
    }
    if (generation === log.generation) this.#offset = Math.max(this.#offset, target)
  }
}
