/** What a topic asks of each record that a client sends: the key, and the timestamp. Collects what breaks it. */
import { ErrorCode } from '../protocol/index.ts'
import type { TimestampType } from './batch-header.ts'
import { noTimestamp, TimestampType as types } from './batch-header.ts'
import type { TargetCompression } from './compression-type.ts'

/** One topic's settings; made when they change, not per batch. Plain data: it goes to workers as it is. */
export interface TopicRules {
  /** `topic-partition`, for messages. */
  readonly topicPartition: string
  /** `max.message.bytes`: of the batch as it is on the wire. */
  readonly maxMessageBytes: number
  /** Whether `cleanup.policy` has `compact`: every record needs a key. */
  readonly isCompacted: boolean
  /** `message.timestamp.type`. */
  readonly timestampType: TimestampType
  /** `message.timestamp.before.max.ms` */
  readonly timestampBeforeMaxMs: number
  /** `message.timestamp.after.max.ms` */
  readonly timestampAfterMaxMs: number
  /** `compression.type` and the level of it; undefined for `producer`, which stores batches as they come. */
  readonly targetCompression: TargetCompression | undefined
}

/** As in a produce reply: the place in the batch, and what is wrong. */
export interface RecordError {
  readonly batchIndex: number
  readonly message: string
}

export interface RejectedRecords {
  readonly code: number
  readonly message: string
  readonly recordErrors: readonly RecordError[]
}

/** More than this many are counted, not kept: a small compressed batch may hold millions of records. */
const recordErrorsMax = 10_000
const errorsShown = 3

export class RecordRules {
  readonly #topic: TopicRules
  readonly #nowMs: number
  /** The batch says LogAppendTime, which is the broker's to say. */
  readonly #isBatchLogAppendTime: boolean
  readonly #earliestMs: number
  readonly #latestMs: number
  #errors: RecordError[] | undefined
  #errorCount = 0
  #hasTimestampError = false

  constructor(topic: TopicRules, options: { readonly nowMs: number; readonly isBatchLogAppendTime: boolean }) {
    this.#topic = topic
    this.#nowMs = options.nowMs
    this.#isBatchLogAppendTime = options.isBatchLogAppendTime
    const takesAny = topic.timestampType === types.logAppendTime
    this.#earliestMs = takesAny ? -Infinity : options.nowMs - topic.timestampBeforeMaxMs
    this.#latestMs = takesAny ? Infinity : options.nowMs + topic.timestampAfterMaxMs
  }

  check(batchIndex: number, hasKey: boolean, timestampMs: number): void {
    if (this.#topic.isCompacted && !hasKey) {
      this.#add(
        batchIndex,
        `Compacted topic cannot accept message without key in topic partition ${this.#topic.topicPartition}`,
      )
    } else if (timestampMs !== noTimestamp && (timestampMs < this.#earliestMs || timestampMs > this.#latestMs)) {
      this.#outOfRange(batchIndex, timestampMs)
    } else if (this.#isBatchLogAppendTime) this.#checkLogAppendTime(batchIndex, timestampMs)
  }

  #outOfRange(batchIndex: number, timestampMs: number): void {
    const earliest = this.#nowMs - this.#topic.timestampBeforeMaxMs
    const latest = this.#nowMs + this.#topic.timestampAfterMaxMs
    this.#hasTimestampError = true
    this.#add(
      batchIndex,
      `Timestamp ${timestampMs} of message with offset ${batchIndex} is out of range. ` +
        `The timestamp should be within [${earliest}, ${latest}]`,
    )
  }

  #checkLogAppendTime(batchIndex: number, timestampMs: number): void {
    if (this.#topic.timestampType === types.createTime && timestampMs !== noTimestamp) return
    this.#hasTimestampError = true
    this.#add(
      batchIndex,
      `Invalid timestamp type in message with offset ${batchIndex}. Producer should not set timestamp type to LogAppendTime.`,
    )
  }

  #add(batchIndex: number, message: string): void {
    this.#errorCount++
    this.#errors ??= []
    if (this.#errors.length < recordErrorsMax) this.#errors.push({ batchIndex, message })
  }

  /** What to answer when records were rejected, undefined when none was. */
  rejected(): RejectedRecords | undefined {
    const recordErrors = this.#errors
    if (recordErrors === undefined) return undefined
    if (this.#hasTimestampError) {
      const message = 'One or more records have been rejected due to invalid timestamp'
      return { code: ErrorCode.INVALID_TIMESTAMP, message, recordErrors }
    }
    const shown = recordErrors
      .slice(0, errorsShown)
      .map((error) => `RecordError(batchIndex=${error.batchIndex}, message='${error.message}')`)
    const message =
      `One or more records have been rejected due to ${this.#errorCount} record errors in total, ` +
      `and only showing the first three errors at most: [${shown.join(', ')}]`
    return { code: ErrorCode.INVALID_RECORD, message, recordErrors }
  }
}
