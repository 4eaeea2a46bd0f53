/**
 * What the log of a node says of the start of a directory: after an unclean stop what is read again, how far that is, and
 * how long it took; else nothing that an operator must read.
 */
import type { Clock, Logger, Timer } from '../base/index.ts'
import type { Log } from './log.ts'
import type { LoadingFigures } from './log-types.ts'
import type { RecoveryShare } from './recovery-share.ts'

export interface RecoveryReportOptions {
  readonly directory: string
  readonly clock: Clock
  readonly logger: Logger
  /** That are going to be opened. */
  readonly logCount: number
  readonly isCleanShutdown: boolean
  readonly share: RecoveryShare
}

/** What a start found to be gone; each is told in the log, too. */
export type Losses = Omit<LoadingFigures, 'segmentsReadAgain'>

export const noLosses: Losses = { lostBytes: 0, missingSegments: 0, missingRecords: 0 }

const progressIntervalMs = 10_000

export class RecoveryReport {
  readonly #options: RecoveryReportOptions
  readonly #startMs: number
  /** A directory that is new has no marker of a clean stop either. */
  readonly #isRecovery: boolean
  #timer: Timer | undefined
  #opened = 0
  /** Sums of all logs. */
  readonly losses = { ...noLosses }
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

  opened({ loading }: Log): void {
    const { logs, segments } = this.#readAgain
    const { segmentsReadAgain, lostBytes, missingSegments, missingRecords } = loading
    this.#opened++
    if (segmentsReadAgain > 0) this.#readAgain = { logs: logs + 1, segments: segments + segmentsReadAgain }
    this.losses.lostBytes += lostBytes
    this.losses.missingSegments += missingSegments
    this.losses.missingRecords += missingRecords
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
    const { directory, clock, logger, logCount, share } = this.#options
    this.#timer = clock.after(progressIntervalMs, () => {
      logger.log('info', `recovering: ${this.#opened} of ${logCount} logs of ${directory} are done`, {
        ...this.#figures,
        logsLeft: logCount - this.#opened,
        segmentsLeft: share.segmentsLeft,
      })
      this.#tellLater()
    })
  }
}
