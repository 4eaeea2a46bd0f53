/** Whether a log takes appends and reads, and if not, why: a truncation, an end, a lost directory. */
import { ApiError, type Clock, type Logger } from '../base/index.ts'
import { kafkaStorageError } from './log-types.ts'
import { BrokenSegmentError } from './segment-errors.ts'

/** Between lines about failed appends of one log: on a full disk every one fails, and the lines go to a disk, too. */
const tellAgainMs = 60_000

interface AvailabilityOptions {
  readonly directory: string
  readonly clock: Clock
  readonly logger: Logger
  readonly onDirectoryFailure: (error: Error) => void
}

export class Availability {
  readonly #options: AvailabilityOptions
  #refusal: string | undefined
  #hasFailed = false
  #isClosed = false
  #hasLeft = false
  #toldMs = Number.NEGATIVE_INFINITY

  constructor(options: AvailabilityOptions) {
    this.#options = options
  }

  /** Nothing is written any more. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /** Closed, or on its way there: its files may close at any time. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Throws ApiError 56. */
  checkAppend(): void {
    if (this.#refusal !== undefined) throw new ApiError(kafkaStorageError, this.#refusal)
  }

  /** Throws ApiError 56. What a truncation has left can be read. */
  checkRead(): void {
    if (this.#isClosed) throw new ApiError(kafkaStorageError, this.#refusal ?? 'the log is closed')
  }

  /** This log met the failure: its directory is told. */
  fail(error: Error): void {
    if (this.#hasFailed) return
    this.directoryFailed(error)
    this.#options.onDirectoryFailure(error)
  }

  /** What a failed write is answered with. A write that could be taken back, as on a full disk, harms nothing. */
  writeFailed(error: unknown): ApiError {
    if (error instanceof ApiError) return error
    const cause = error instanceof Error ? error : new Error(String(error))
    const { clock, logger, directory } = this.#options
    if (clock.monotonic() - this.#toldMs >= tellAgainMs) {
      this.#toldMs = clock.monotonic()
      logger.log('error', 'append failed', { directory, error: cause.message })
    }
    if (cause instanceof BrokenSegmentError) this.fail(cause)
    return new ApiError(kafkaStorageError, `the log could not be written: ${cause.message}`)
  }

  /** Another log of the directory met it. */
  directoryFailed(error: Error): void {
    this.#hasFailed = true
    this.#refusal = `the log directory is offline: ${error.message}`
  }

  /** The directory is about to get another name: nothing is written there by the old one. Appends still queue. */
  leave(): void {
    this.#hasLeft = true
  }

  /** It did not. */
  stay(): void {
    this.#hasLeft = false
  }

  get hasLeft(): boolean {
    return this.#hasLeft
  }

  /** Throws ApiError 56. */
  checkNames(): void {
    if (this.#hasLeft) throw new ApiError(kafkaStorageError, 'the log moves to another directory')
  }

  close(reason: string): void {
    this.#isClosed = true
    if (!this.#hasFailed) this.#refusal = reason
  }

  /** Takes no appends meanwhile. */
  async whileRefusing(reason: string, work: () => Promise<void>): Promise<void> {
    this.checkAppend()
    this.#refusal = reason
    try {
      await work()
    } catch (error) {
      // Nobody knows what is left of it.
      if (!(error instanceof ApiError)) this.fail(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
    if (this.#refusal === reason) this.#refusal = undefined
  }
}
