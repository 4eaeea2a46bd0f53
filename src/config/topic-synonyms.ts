/**
 * Which broker configs a topic (or group) config falls back to, in order of precedence, and in which unit they are.
 * Facts of Kafka's ServerTopicConfigSynonyms and GroupConfig.
 */
import type { BrokerKeys } from './broker-keys.ts'
import type { groupKeys } from './group-keys.ts'
import type { topicKeys } from './topic-keys.ts'

export interface TopicSynonym {
  readonly name: keyof BrokerKeys
  /** The broker's value times this is the topic's. */
  readonly factor: number
}

const same = (...names: readonly (keyof BrokerKeys)[]): readonly TopicSynonym[] =>
  names.map((name) => ({ name, factor: 1 }))
const minutes = (name: keyof BrokerKeys): TopicSynonym => ({ name, factor: 60_000 })
const hours = (name: keyof BrokerKeys): TopicSynonym => ({ name, factor: 3_600_000 })

const table: Readonly<Record<keyof typeof topicKeys, readonly TopicSynonym[]>> = {
  'cleanup.policy': same('log.cleanup.policy'),
  'compression.gzip.level': same('compression.gzip.level'),
  'compression.lz4.level': same('compression.lz4.level'),
  'compression.type': same('compression.type'),
  'compression.zstd.level': same('compression.zstd.level'),
  'delete.retention.ms': same('log.cleaner.delete.retention.ms'),
  'file.delete.delay.ms': same('log.segment.delete.delay.ms'),
  'flush.messages': same('log.flush.interval.messages'),
  'flush.ms': same('log.flush.interval.ms', 'log.flush.scheduler.interval.ms'),
  'follower.replication.throttled.replicas': [],
  'index.interval.bytes': same('log.index.interval.bytes'),
  'internal.segment.bytes': [],
  'leader.replication.throttled.replicas': [],
  'local.retention.bytes': same('log.local.retention.bytes'),
  'local.retention.ms': same('log.local.retention.ms'),
  'max.compaction.lag.ms': same('log.cleaner.max.compaction.lag.ms'),
  'max.message.bytes': same('message.max.bytes'),
  'message.timestamp.after.max.ms': same('log.message.timestamp.after.max.ms'),
  'message.timestamp.before.max.ms': same('log.message.timestamp.before.max.ms'),
  'message.timestamp.type': same('log.message.timestamp.type'),
  'min.cleanable.dirty.ratio': same('log.cleaner.min.cleanable.ratio'),
  'min.compaction.lag.ms': same('log.cleaner.min.compaction.lag.ms'),
  'min.insync.replicas': same('min.insync.replicas'),
  preallocate: same('log.preallocate'),
  'remote.log.copy.disable': [],
  'remote.log.delete.on.disable': [],
  'remote.storage.enable': [],
  'retention.bytes': same('log.retention.bytes'),
  'retention.ms': [...same('log.retention.ms'), minutes('log.retention.minutes'), hours('log.retention.hours')],
  'segment.bytes': same('log.segment.bytes'),
  'segment.index.bytes': same('log.index.size.max.bytes'),
  'segment.jitter.ms': [...same('log.roll.jitter.ms'), hours('log.roll.jitter.hours')],
  'segment.ms': [...same('log.roll.ms'), hours('log.roll.hours')],
  'unclean.leader.election.enable': same('unclean.leader.election.enable'),
}

const topicTable: ReadonlyMap<string, readonly TopicSynonym[]> = new Map(Object.entries(table))

/** Empty for an unknown key, and for one that no broker config stands in for. */
export function topicSynonyms(topicKey: string): readonly TopicSynonym[] {
  return topicTable.get(topicKey) ?? []
}

const groupOnly: ReadonlySet<string> = new Set<keyof typeof groupKeys>([
  'share.auto.offset.reset',
  'share.isolation.level',
  'share.renew.acknowledge.enable',
])

/** The broker config that a group config falls back to. */
export function groupSynonym(groupKey: string): string | undefined {
  return groupOnly.has(groupKey) ? undefined : `group.${groupKey}`
}
