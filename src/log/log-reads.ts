/**
 * What a log gives to readers: plans of what lies where, and single batches. On the fetch path. A question that must wait
 * for an index is asked again behind it: the log may have been cut, or closed, meanwhile. What the disk refuses is told to
 * the log and answered with ApiError 56.
 */
import { ApiError, DiskError, type Logger } from '../base/index.ts'
import type { Availability } from './availability.ts'
import { kafkaStorageError, offsetOutOfRange, type ReadOptions, type ReadPlan } from './log-types.ts'
import type { LogEnd, Segments } from './segments.ts'

interface ReadableLog extends LogEnd {
  readonly directory: string
  readonly logStartOffset: number
}

export interface LogReadsOptions {
  readonly log: ReadableLog
  readonly segments: Segments
  readonly logger: Logger
  readonly availability: Availability
}

export class LogReads {
  readonly #options: LogReadsOptions

  constructor(options: LogReadsOptions) {
    this.#options = options
  }

  plan(options: ReadOptions): ReadPlan | Promise<ReadPlan> {
    try {
      const plan = this.#options.segments.retryIndexed(options.startOffset, () => this.#plan(options))
      if (!(plan instanceof Promise)) return plan
      return plan.catch((error: unknown) => {
        throw this.#refused(error)
      })
    } catch (error) {
      throw this.#refused(error)
    }
  }

  #plan(options: ReadOptions): ReadPlan {
    const { log, segments, availability } = this.#options
    const { startOffset } = options
    availability.checkRead()
    if (startOffset < log.logStartOffset || startOffset > log.logEndOffset) {
      throw new ApiError(
        offsetOutOfRange,
        `offset ${startOffset} is not in the log, which has [${log.logStartOffset}, ${log.logEndOffset}]`,
      )
    }
    return segments.plan(options, { log, failed: (error) => void this.#refused(error) })
  }

  batchForTimestamp(timestamp: number, from: number): Promise<Uint8Array | undefined> {
    return this.#scan(() => this.#options.segments.batchForTimestamp(timestamp, from))
  }

  batchOfMaxTimestamp(): Promise<Uint8Array | undefined> {
    const { log, segments } = this.#options
    return this.#scan(() => segments.batchOfMaxTimestamp(log.logStartOffset))
  }

  async #scan<T>(work: () => Promise<T>): Promise<T> {
    const { log, availability } = this.#options
    availability.checkRead()
    const { generation } = log
    try {
      const found = await work()
      if (generation === log.generation) return found
    } catch (error) {
      throw this.#refused(error)
    }
    throw new ApiError(kafkaStorageError, 'the log was cut while it was read')
  }

  /** What the disk refuses takes the directory offline; what is no batch is the matter of this log alone. */
  #refused(error: unknown): unknown {
    if (!(error instanceof DiskError)) return error
    const { logger, log, availability } = this.#options
    logger.log('error', 'read failed', { directory: log.directory, error: error.message })
    if (error.code !== 'EBADMSG') availability.fail(error)
    return new ApiError(kafkaStorageError, `the log could not be read: ${error.message}`)
  }
}
