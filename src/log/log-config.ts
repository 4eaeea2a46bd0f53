/** The settings of one log, changeable at run time; names are those of the topic configs. */
export interface LogConfig {
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  /** The file of a new segment gets its full size at once, and loses what is not used of it when it ends. */
  readonly preallocate: boolean
  /** -1: for ever. */
  readonly retentionMs: number
  /** -1: without bound. */
  readonly retentionBytes: number
  readonly fileDeleteDelayMs: number
  readonly maxMessageBytes: number
  /** `cleanup.policy` has `delete`. */
  readonly isDeleted: boolean
  /** `cleanup.policy` has `compact`. */
  readonly isCompacted: boolean
  /** Of what may be cleaned, the dirty part of [0, 1] from which on it is. */
  readonly minCleanableDirtyRatio: number
  /** Records younger than that are not compacted. */
  readonly minCompactionLagMs: number
  /** Records older than that are, however little of the log is dirty; infinite: only the ratio counts. */
  readonly maxCompactionLagMs: number
  /** How long tombstones and markers stay after a compaction has passed them. */
  readonly deleteRetentionMs: number
  /** Messages and time between syncs; infinite by default: replicas and page cache protect instead. */
  readonly flushMessages: number
  readonly flushMs: number
  /** `producer.id.expiration.ms` of the broker. */
  readonly producerIdExpirationMs: number
}

export const defaultLogConfig: LogConfig = {
  segmentBytes: 1024 * 1024 * 1024,
  segmentMs: 7 * 24 * 60 * 60 * 1000,
  segmentJitterMs: 0,
  segmentIndexBytes: 10 * 1024 * 1024,
  indexIntervalBytes: 4096,
  preallocate: false,
  retentionMs: 7 * 24 * 60 * 60 * 1000,
  retentionBytes: -1,
  fileDeleteDelayMs: 60_000,
  maxMessageBytes: 1024 * 1024 + 12,
  isDeleted: true,
  isCompacted: false,
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  deleteRetentionMs: 24 * 60 * 60 * 1000,
  flushMessages: Number.MAX_SAFE_INTEGER,
  flushMs: Number.MAX_SAFE_INTEGER,
  producerIdExpirationMs: 24 * 60 * 60 * 1000,
}
