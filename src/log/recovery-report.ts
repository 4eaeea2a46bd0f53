/**
 * What the log of a node says of the start of a directory: after an unclean stop what is read again, how far that is, and
 * how long it took; else nothing that an operator must read.
 */
import type { Clock, Logger, Timer } from '../base/index.ts'
import type { Log } from './log.ts'

export interface RecoveryReportOptions {
  readonly directory: string
  readonly clock: Clock
  readonly logger: Logger
  /** That are going to be opened. */
  readonly logCount: number
  readonly isCleanShutdown: boolean
}

const progressIntervalMs = 10_000

export class RecoveryReport {
  readonly #options: RecoveryReportOptions
  readonly #startMs: number
  /** A directory that is new has no marker of a clean stop either. */
  readonly #isRecovery: boolean
  #timer: Timer | undefined
  #opened = 0
  #readAgain = { logs: 0, segments: 0 }

  constructor(options: RecoveryReportOptions) {
    const { directory, clock, logger, logCount, isCleanShutdown } = options
    this.#options = options
    this.#startMs = clock.monotonic()
    this.#isRecovery = !isCleanShutdown && logCount > 0
    if (!this.#isRecovery) return
    logger.log('info', `recovering ${logCount} logs of ${directory} after an unclean stop`)
    this.#tellLater()
  }

  opened({ segmentsReadAgain }: Log): void {
    const { logs, segments } = this.#readAgain
    this.#opened++
    if (segmentsReadAgain > 0) this.#readAgain = { logs: logs + 1, segments: segments + segmentsReadAgain }
  }

  /** All logs are open. */
  done(): void {
    const { directory, logger } = this.#options
    const level = this.#isRecovery ? 'info' : 'debug'
    const what = this.#isRecovery ? 'recovered' : 'loaded'
    logger.log(level, `${what} ${this.#opened} logs of ${directory}`, this.#figures)
  }

  /** Nothing more is told: also where the start has failed. */
  close(): void {
    this.#timer?.cancel()
  }

  get #figures() {
    const { logs, segments } = this.#readAgain
    const ms = Math.round(this.#options.clock.monotonic() - this.#startMs)
    return { logsReadAgain: logs, segmentsReadAgain: segments, ms }
  }

  #tellLater(): void {
    const { directory, clock, logger, logCount } = this.#options
    this.#timer = clock.after(progressIntervalMs, () => {
      logger.log('info', `recovering: ${this.#opened} of ${logCount} logs of ${directory} are done`, this.#figures)
      this.#tellLater()
    })
  }
}
