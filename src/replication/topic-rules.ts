/** What a topic's settings ask of records that clients send. */
import type { TopicConfig } from '../config/index.ts'
import { CompressionType, type TargetCompression, TimestampType, type TopicRules } from '../records/index.ts'

export function topicRules(topicPartition: string, config: TopicConfig): TopicRules {
  return {
    topicPartition,
    maxMessageBytes: config.maxMessageBytes,
    isCompacted: config.cleanupPolicy.compact,
    timestampType:
      config.messageTimestampType === 'LogAppendTime' ? TimestampType.logAppendTime : TimestampType.createTime,
    timestampBeforeMaxMs: config.messageTimestampBeforeMaxMs,
    timestampAfterMaxMs: config.messageTimestampAfterMaxMs,
    targetCompression: targetCompression(config),
  }
}

function targetCompression(config: TopicConfig): TargetCompression | undefined {
  const { compressionType } = config
  switch (compressionType) {
    case 'producer':
      return undefined
    case 'uncompressed':
      return { codec: CompressionType.none, level: undefined }
    case 'gzip':
      return { codec: CompressionType.gzip, level: config.compressionGzipLevel }
    case 'zstd':
      return { codec: CompressionType.zstd, level: config.compressionZstdLevel }
    default:
      return { codec: CompressionType[compressionType], level: undefined }
  }
}
