/**
 * What holds for one topic: its own configs over those of the broker (which are dynamic over static over default).
 * Made once per change of configs; the log and the produce path read plain fields of it.
 */
import { present } from '../base/index.ts'
import type { BrokerConfig } from './broker-config.ts'
import { type ConfigKey, parseKey } from './config-def.ts'
import { ConfigReader } from './config-reader.ts'
import type { ConfigValue } from './config-value.ts'
import { type ThrottledPartitions, throttledPartitions } from './throttled-partitions.ts'
import { topicKeys } from './topic-keys.ts'
import { topicSynonyms } from './topic-synonyms.ts'

export type TimestampType = 'CreateTime' | 'LogAppendTime'
export const compressionTypes = ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'] as const
export type TopicCompressionType = (typeof compressionTypes)[number]

export interface TopicConfig {
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  /** -1 is for ever. */
  readonly retentionMs: number
  /** -1 is no limit. */
  readonly retentionBytes: number
  readonly localRetentionMs: number
  readonly localRetentionBytes: number
  readonly maxMessageBytes: number
  /** Neither `compact` nor `delete`: nothing is ever removed. */
  readonly cleanupPolicy: { readonly compact: boolean; readonly delete: boolean }
  readonly minCleanableDirtyRatio: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  readonly deleteRetentionMs: number
  readonly minInSyncReplicas: number
  readonly messageTimestampType: TimestampType
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number
  readonly compressionType: TopicCompressionType
  readonly compressionGzipLevel: number
  readonly compressionLz4Level: number
  readonly compressionZstdLevel: number
  readonly fileDeleteDelayMs: number
  readonly flushMessages: number
  readonly flushMs: number
  readonly preallocate: boolean
  readonly uncleanLeaderElection: boolean
  readonly remoteStorageEnable: boolean
  /** Where this broker leads, and where it follows. */
  readonly leaderThrottled: ThrottledPartitions
  readonly followerThrottled: ThrottledPartitions
}

const keys: ReadonlyMap<string, ConfigKey> = new Map(Object.entries(topicKeys))

/** What the broker's configs give a topic that sets nothing; undefined where no broker config stands in. */
function brokerValue(broker: BrokerConfig, name: string, key: ConfigKey): ConfigValue | undefined {
  for (const synonym of topicSynonyms(name)) {
    const value = broker.value(synonym.name)
    if (value === null || value === undefined) continue
    if (typeof value !== 'number' && typeof value !== 'bigint') return value
    if (key.type !== 'long') return value
    const scaled = BigInt(value) * BigInt(synonym.factor)
    return name === 'retention.ms' && scaled < 0n ? -1n : scaled
  }
  return undefined
}

/** Every topic key with its value. `texts` are the topic's own; unknown names are passed over. Throws ConfigError. */
export function topicValues(broker: BrokerConfig, texts: ReadonlyMap<string, string>): Map<string, ConfigValue> {
  const values = new Map<string, ConfigValue>()
  for (const [name, key] of keys) {
    const text = texts.get(name)
    const inherited = text === undefined ? brokerValue(broker, name, key) : undefined
    values.set(name, inherited === undefined ? parseKey(name, key, text ?? null) : inherited)
  }
  return values
}

/** Throws ConfigError if one of the topic's own texts is not valid. */
export function resolveTopicConfig(broker: BrokerConfig, texts: ReadonlyMap<string, string>): TopicConfig {
  const reader = new ConfigReader<typeof topicKeys>(topicValues(broker, texts))
  const retentionMs = reader.number('retention.ms')
  const retentionBytes = reader.number('retention.bytes')
  const localRetentionMs = reader.number('local.retention.ms')
  const localRetentionBytes = reader.number('local.retention.bytes')
  const policy = reader.list('cleanup.policy')
  const compression = reader.text('compression.type')
  return {
    segmentBytes: reader.numberOrNull('internal.segment.bytes') ?? reader.number('segment.bytes'),
    segmentMs: reader.number('segment.ms'),
    segmentJitterMs: reader.number('segment.jitter.ms'),
    segmentIndexBytes: reader.number('segment.index.bytes'),
    indexIntervalBytes: reader.number('index.interval.bytes'),
    retentionMs,
    retentionBytes,
    localRetentionMs: localRetentionMs === -2 ? retentionMs : localRetentionMs,
    localRetentionBytes: localRetentionBytes === -2 ? retentionBytes : localRetentionBytes,
    maxMessageBytes: reader.number('max.message.bytes'),
    cleanupPolicy: { compact: policy.includes('compact'), delete: policy.includes('delete') },
    minCleanableDirtyRatio: reader.number('min.cleanable.dirty.ratio'),
    minCompactionLagMs: reader.number('min.compaction.lag.ms'),
    maxCompactionLagMs: reader.number('max.compaction.lag.ms'),
    deleteRetentionMs: reader.number('delete.retention.ms'),
    minInSyncReplicas: reader.number('min.insync.replicas'),
    messageTimestampType: reader.text('message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    messageTimestampBeforeMaxMs: reader.number('message.timestamp.before.max.ms'),
    messageTimestampAfterMaxMs: reader.number('message.timestamp.after.max.ms'),
    compressionType: present(
      compressionTypes.find((type) => type === compression),
      'a compression type',
    ),
    compressionGzipLevel: reader.number('compression.gzip.level'),
    compressionLz4Level: reader.number('compression.lz4.level'),
    compressionZstdLevel: reader.number('compression.zstd.level'),
    fileDeleteDelayMs: reader.number('file.delete.delay.ms'),
    flushMessages: reader.number('flush.messages'),
    flushMs: reader.number('flush.ms'),
    preallocate: reader.boolean('preallocate'),
    uncleanLeaderElection: reader.boolean('unclean.leader.election.enable'),
    remoteStorageEnable: reader.boolean('remote.storage.enable'),
    leaderThrottled: throttledPartitions(reader.list('leader.replication.throttled.replicas'), broker.nodeId),
    followerThrottled: throttledPartitions(reader.list('follower.replication.throttled.replicas'), broker.nodeId),
  }
}
