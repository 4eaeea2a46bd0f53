/** What a log is opened with, what it is asked, and what it answers. */
import type { Clock, Disk, Logger, RandomStream, Uuid } from '../base/index.ts'
import type { BatchInfo } from './batch-info.ts'
import type { FewAtOnce } from './few-at-once.ts'
import type { TopicPartition } from './file-names.ts'
import type { LogConfig } from './log-config.ts'
import type { LogRegion } from './log-region.ts'
import type { CompletedTransaction, ProducerEntry } from './producer-state.ts'
import type { RecoveryShare } from './recovery-share.ts'

export const offsetOutOfRange = 1
export const corruptMessage = 2
export const kafkaStorageError = 56
export const invalidRecord = 87

export interface LogOptions {
  readonly directory: string
  readonly topicPartition: TopicPartition
  /** Undefined: `partition.metadata` is neither checked nor written. */
  readonly topicId: Uuid | undefined
  /** The directory is there, and `topicId` is what it says: neither is made sure of again. */
  readonly isFound?: boolean
  readonly config: LogConfig
  readonly disk: Disk
  readonly clock: Clock
  /** Of `segment.jitter.ms`; without it there is none. */
  readonly random?: RandomStream
  readonly logger: Logger
  readonly recoveryPoint: number
  readonly isCleanShutdown: boolean
  readonly logStartOffset: number
  /** With the other logs of a directory that are opened at a time. */
  readonly share?: RecoveryShare
  /** Of all logs of a directory: whoever comes to lead thousands at once must not open as many files more. */
  readonly epochFiles?: FewAtOnce
  /** Before it the log is compacted; undefined where it never was. */
  readonly cleanedUpTo?: number | undefined
  /**
   * Of a log whose appends were all flushed before the next: nothing before it is cut, nor is there a hole, or opening
   * fails with LostRecordsError. Without it a log may have lost what was not flushed.
   */
  readonly mustReachOffset?: number
  /** The directory can no longer be trusted; called once per log. */
  readonly onDirectoryFailure: (error: Error) => void
  /** A synchronous write that takes longer sends the partition over to group commit. */
  readonly slowWriteMs?: number
}

export type AppendOptions =
  | {
      /** Offsets and epoch are assigned and patched into the bytes. */
      readonly kind: 'leader'
      readonly leaderEpoch: number
      readonly origin: 'client' | 'coordinator'
      /** What the caller stamped the batches with; -1 for CreateTime. */
      readonly logAppendTimeMs?: number
    }
  /** Bytes of another replica: offsets and epochs are as they are, CRCs are checked, a partial last batch is left out. */
  | {
      readonly kind: 'follower'
      /** Of the leader that they are fetched from: a batch of a later one, and what is behind it, is left out (KAFKA-18723). */
      readonly leaderEpoch?: number
    }

export interface AppendResult {
  /** `duplicate`: the offsets are those of the first time, nothing was appended. */
  readonly kind: 'appended' | 'duplicate'
  readonly baseOffset: number
  readonly lastOffset: number
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
}

export interface ReadOptions {
  readonly startOffset: number
  readonly maxBytes: number
  /** Exclusive: high watermark, last stable offset or log end. */
  readonly maxOffset: number
  /** The first batch is planned whole even if it is larger than `maxBytes`. */
  readonly minOneBatch: boolean
}

/** Parts of files that hold the records asked for, the last batch perhaps cut; no byte is read and nothing is pinned. */
export interface ReadPlan {
  readonly startOffset: number
  readonly sizeInBytes: number
  /** 0 without one. */
  readonly firstBatchSizeInBytes: number
  /** No record in the regions has this offset or one above. */
  readonly upperBoundOffset: number
  readonly generation: number
  /** Regions to send; make them before the next await, release each once. */
  open(): LogRegion[]
}

export interface Prepared {
  readonly bytes: Uint8Array
  readonly batches: readonly BatchInfo[]
  readonly entries: readonly (ProducerEntry | undefined)[]
  readonly completed: readonly (CompletedTransaction | undefined)[]
  readonly result: AppendResult
}

export interface Pending extends Prepared {
  readonly resolve: (result: AppendResult) => void
  readonly reject: (error: Error) => void
}

/** What opening a log has found. */
export interface LoadingFigures {
  /** Whose batches were all checked, because nothing vouched for them. */
  readonly segmentsReadAgain: number
  /** Cut from the tail because they were no whole batches. */
  readonly lostBytes: number
  /** Of which an index was left. */
  readonly missingSegments: number
  /** Between one segment and the next. */
  readonly missingRecords: number
}

/** A log would be cut before an offset that it must reach: its files are as they were found. */
export class LostRecordsError extends Error {
  override readonly name = 'LostRecordsError'
}

/** The directory belongs to another incarnation of the topic: it becomes a stray. */
export class InconsistentTopicIdError extends Error {
  override readonly name = 'InconsistentTopicIdError'
  constructor(directory: string) {
    super(`${directory} belongs to another topic id`)
  }
}
