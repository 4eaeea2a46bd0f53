/** The topics of the crash-point sweep, one partition each, and what they are there for. */
import { defaultLogConfig, type LogConfig } from '../../../src/log/index.ts'

const dayMs = 24 * 60 * 60 * 1000
export const fileDeleteDelayMs = 500
export const retentionMs = 60_000

const small: LogConfig = {
  ...defaultLogConfig,
  segmentBytes: 900,
  indexIntervalBytes: 100,
  retentionMs: -1,
  fileDeleteDelayMs,
  producerIdExpirationMs: 10_000 * dayMs,
}

const topicConfigs = {
  /** Idempotent, plain and transactional producers; DeleteRecords; retention by size. */
  sized: { ...small, retentionBytes: 2200 },
  timed: { ...small, segmentBytes: 700, retentionMs },
  /** Indexes of more than a sector, which a loss of power may tear. */
  wide: { ...small, segmentBytes: 12_000, indexIntervalBytes: 0 },
  /** Each append is on the disk before it is answered. */
  strict: { ...small, flushMessages: 1 },
  compacted: { ...small, isCompacted: true, isDeleted: false, minCleanableDirtyRatio: 0, deleteRetentionMs: dayMs },
  /** Its files are as long as segments may become, until they are full. */
  ahead: { ...small, preallocate: true },
  /** Deleted, and made anew under the same name. */
  gone: small,
} satisfies Readonly<Record<string, LogConfig>>

export type TopicName = keyof typeof topicConfigs

export const topicNames = Object.keys(topicConfigs).filter((name): name is TopicName => name in topicConfigs)

export function configOf(topic: string): LogConfig {
  const name = topicNames.find((it) => it === topic)
  return name === undefined ? small : topicConfigs[name]
}

export const metadataConfig: Partial<LogConfig> = { segmentBytes: 600, indexIntervalBytes: 100, fileDeleteDelayMs }
