/** Topic configs. Which broker configs stand in for them is in `topic-synonyms.ts`. */
import { boolean, type ConfigKeys, double, int, list, long, longMax, string } from './config-def.ts'
import { atLeast, between, gzipLevel, listOf, oneOf, throttledReplicas } from './validators.ts'

export const topicKeys = {
  'cleanup.policy': list('delete', {
    valid: listOf('compact', 'delete'),
    doc: 'What happens to old segments: delete, compact, or both.',
  }),
  'compression.gzip.level': int(-1, {
    valid: gzipLevel,
    doc: 'Level of gzip where the broker compresses; -1 leaves it to the library.',
  }),
  'compression.lz4.level': int(9, { valid: between(1, 17), doc: 'Level of lz4 where the broker compresses.' }),
  'compression.type': string('producer', {
    valid: oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'),
    doc: 'Codec in which batches are stored; producer keeps what the producer sent.',
  }),
  'compression.zstd.level': int(3, { valid: between(-131072, 22), doc: 'Level of zstd where the broker compresses.' }),
  'delete.retention.ms': long(86_400_000, {
    valid: atLeast(0),
    doc: 'How long tombstones are kept in a compacted topic.',
  }),
  'file.delete.delay.ms': long(60000, {
    valid: atLeast(0),
    doc: 'Wait before the files of a deleted segment are removed.',
  }),
  'flush.messages': long(longMax, { valid: atLeast(1), doc: 'Messages of a partition after which it is flushed.' }),
  'flush.ms': long(longMax, { valid: atLeast(0), doc: 'Longest time a message stays unflushed.' }),
  'follower.replication.throttled.replicas': list('', {
    valid: throttledReplicas,
    doc: 'Replicas whose fetching is throttled, as partition:broker pairs, or *.',
  }),
  'index.interval.bytes': int(4096, {
    valid: atLeast(0),
    doc: 'Bytes of log between two entries of the offset index.',
  }),
  'internal.segment.bytes': int(null, { internal: true, doc: 'Segment size without a lower bound, for tests.' }),
  'leader.replication.throttled.replicas': list('', {
    valid: throttledReplicas,
    doc: 'Replicas whose serving of followers is throttled, as partition:broker pairs, or *.',
  }),
  'local.retention.bytes': long(-2, {
    valid: atLeast(-2),
    doc: 'Bytes of a tiered partition kept locally; -2 takes retention.bytes.',
  }),
  'local.retention.ms': long(-2, {
    valid: atLeast(-2),
    doc: 'Time a tiered segment is kept locally; -2 takes retention.ms.',
  }),
  'max.compaction.lag.ms': long(longMax, { valid: atLeast(1), doc: 'Longest time a record stays uncompacted.' }),
  'max.message.bytes': int(1_048_588, { valid: atLeast(0), doc: 'Largest batch that is accepted, after compression.' }),
  'message.timestamp.after.max.ms': long(3_600_000, {
    valid: atLeast(0),
    doc: "How far ahead of the broker's clock a message's timestamp may be.",
  }),
  'message.timestamp.before.max.ms': long(longMax, {
    valid: atLeast(0),
    doc: "How far behind the broker's clock a message's timestamp may be.",
  }),
  'message.timestamp.type': string('CreateTime', {
    valid: oneOf('CreateTime', 'LogAppendTime'),
    doc: "Whether a message keeps the producer's timestamp or gets the time of its append.",
  }),
  'min.cleanable.dirty.ratio': double(0.5, {
    valid: between(0, 1),
    doc: 'Share of uncompacted bytes from which a log is compacted.',
  }),
  'min.compaction.lag.ms': long(0, { valid: atLeast(0), doc: 'Shortest time a record stays uncompacted.' }),
  'min.insync.replicas': int(1, {
    valid: atLeast(1),
    doc: 'Least in-sync replicas for a produce with acks=all to be accepted.',
  }),
  preallocate: boolean(false, { doc: 'Whether a new segment file is made at full size.' }),
  'remote.log.copy.disable': boolean(false, { doc: 'Stops copying this topic to remote storage.' }),
  'remote.log.delete.on.disable': boolean(false, {
    doc: 'Whether remote data goes when tiering of this topic is switched off.',
  }),
  'remote.storage.enable': boolean(false, { doc: 'Whether this topic is tiered.' }),
  'retention.bytes': long(-1, { doc: 'Bytes of a partition above which old segments are deleted; -1 is no limit.' }),
  'retention.ms': long(604_800_000, { valid: atLeast(-1), doc: 'Milliseconds a segment is kept; -1 is for ever.' }),
  'segment.bytes': int(1_073_741_824, { valid: atLeast(1048576), doc: 'Size at which a segment is closed.' }),
  'segment.index.bytes': int(10_485_760, { valid: atLeast(4), doc: 'Largest offset index.' }),
  'segment.jitter.ms': long(0, { valid: atLeast(0), doc: 'Milliseconds taken off the roll time at random.' }),
  'segment.ms': long(604_800_000, { valid: atLeast(1), doc: 'Milliseconds after which a segment is closed.' }),
  'unclean.leader.election.enable': boolean(false, {
    doc: 'Whether a replica that is not in sync may lead when nothing else is left; may lose data.',
  }),
} satisfies ConfigKeys
