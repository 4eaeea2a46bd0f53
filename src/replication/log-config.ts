/** What a topic's settings are to its logs. */
import type { BrokerConfig, TopicConfig } from '../config/index.ts'
import type { LogConfig } from '../log/index.ts'

export function logConfig(topic: TopicConfig, broker: BrokerConfig): LogConfig {
  return {
    segmentBytes: topic.segmentBytes,
    // As Kafka: nothing in the active segment is compacted, so that it may not be longer than the lag.
    segmentMs: topic.cleanupPolicy.compact ? Math.min(topic.maxCompactionLagMs, topic.segmentMs) : topic.segmentMs,
    segmentJitterMs: topic.segmentJitterMs,
    segmentIndexBytes: topic.segmentIndexBytes,
    indexIntervalBytes: topic.indexIntervalBytes,
    preallocate: topic.preallocate,
    retentionMs: topic.retentionMs,
    retentionBytes: topic.retentionBytes,
    fileDeleteDelayMs: topic.fileDeleteDelayMs,
    maxMessageBytes: topic.maxMessageBytes,
    isDeleted: topic.cleanupPolicy.delete,
    isCompacted: topic.cleanupPolicy.compact,
    minCleanableDirtyRatio: topic.minCleanableDirtyRatio,
    minCompactionLagMs: topic.minCompactionLagMs,
    maxCompactionLagMs: topic.maxCompactionLagMs,
    deleteRetentionMs: topic.deleteRetentionMs,
    flushMessages: topic.flushMessages,
    flushMs: topic.flushMs,
    producerIdExpirationMs: broker.number('producer.id.expiration.ms'),
  }
}
