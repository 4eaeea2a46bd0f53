/** Broker configs of logs: the defaults of topics, segments, retention, compaction, directories. */
import { boolean, type ConfigKeys, className, double, int, list, long, longMax, string } from './config-def.ts'
import { atLeast, between, gzipLevel, listOf, nonEmptyListOf, oneOf } from './validators.ts'

export const logKeys = {
  'alter.config.policy.class.name': className(null, {
    importance: 'low',
    doc: 'Plug-in that may refuse a change of configs.',
  }),
  'auto.create.topics.enable': boolean(true, {
    importance: 'high',
    doc: 'Whether a topic is made when a client first asks for it.',
  }),
  'compression.gzip.level': int(-1, {
    valid: gzipLevel,
    update: 'cluster-wide',
    doc: 'Level of gzip where the broker compresses; -1 leaves it to the library.',
  }),
  'compression.lz4.level': int(9, {
    valid: between(1, 17),
    update: 'cluster-wide',
    doc: 'Level of lz4 where the broker compresses.',
  }),
  'compression.type': string('producer', {
    importance: 'high',
    valid: oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'),
    update: 'cluster-wide',
    doc: 'Codec in which batches are stored; producer keeps what the producer sent.',
  }),
  'compression.zstd.level': int(3, {
    valid: between(-131072, 22),
    update: 'cluster-wide',
    doc: 'Level of zstd where the broker compresses.',
  }),
  'cordoned.log.dirs': list('', {
    valid: listOf(),
    update: 'per-broker',
    doc: 'Log directories that receive no new partitions; * is all of them.',
  }),
  'create.topic.policy.class.name': className(null, {
    importance: 'low',
    doc: 'Plug-in that may refuse the creation of a topic.',
  }),
  'delete.topic.enable': boolean(true, { importance: 'high', doc: 'Whether topics may be deleted.' }),
  'log.cleaner.backoff.ms': long(15000, {
    valid: atLeast(0),
    update: 'cluster-wide',
    doc: 'How long the cleaner sleeps when there is nothing to clean.',
  }),
  'log.cleaner.dedupe.buffer.size': long(134_217_728, {
    update: 'cluster-wide',
    doc: 'Memory for the key maps of all cleaner threads.',
  }),
  'log.cleaner.delete.retention.ms': long(86_400_000, {
    valid: atLeast(0),
    update: 'cluster-wide',
    doc: 'How long tombstones of compacted topics are kept.',
  }),
  'log.cleaner.enable': boolean(true, { doc: 'Whether compaction runs.' }),
  'log.cleaner.io.buffer.load.factor': double(0.9, { update: 'cluster-wide', doc: 'How full a key map may become.' }),
  'log.cleaner.io.buffer.size': int(524_288, {
    valid: atLeast(0),
    update: 'cluster-wide',
    doc: "Memory for the cleaner's reads and writes.",
  }),
  'log.cleaner.io.max.bytes.per.second': double(Number.MAX_VALUE, {
    update: 'cluster-wide',
    doc: "Limit on the sum of the cleaner's reads and writes.",
  }),
  'log.cleaner.max.compaction.lag.ms': long(longMax, {
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'Longest time a record stays uncompacted.',
  }),
  'log.cleaner.min.cleanable.ratio': double(0.5, {
    valid: between(0, 1),
    update: 'cluster-wide',
    doc: 'Share of uncompacted bytes from which a log is compacted.',
  }),
  'log.cleaner.min.compaction.lag.ms': long(0, {
    valid: atLeast(0),
    update: 'cluster-wide',
    doc: 'Shortest time a record stays uncompacted.',
  }),
  'log.cleaner.threads': int(1, { valid: atLeast(0), update: 'cluster-wide', doc: 'Threads of the cleaner.' }),
  'log.cleanup.policy': list('delete', {
    valid: listOf('compact', 'delete'),
    update: 'cluster-wide',
    doc: 'What happens to old segments: delete, compact, or both.',
  }),
  'log.dir': list('/tmp/kafka-logs', {
    importance: 'high',
    valid: nonEmptyListOf(),
    doc: 'Log directory, where log.dirs is not set.',
  }),
  'log.dir.failure.timeout.ms': long(30000, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'A broker that cannot report a failed log directory for this long stops.',
  }),
  'log.dirs': list(null, { importance: 'high', valid: nonEmptyListOf(), doc: 'Log directories, comma-separated.' }),
  'log.flush.interval.messages': long(longMax, {
    importance: 'high',
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'Messages of a partition after which it is flushed.',
  }),
  'log.flush.interval.ms': long(null, {
    importance: 'high',
    update: 'cluster-wide',
    synonyms: ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'],
    doc: 'Longest time a message stays unflushed; log.flush.scheduler.interval.ms where not set.',
  }),
  'log.flush.offset.checkpoint.interval.ms': int(60000, {
    importance: 'high',
    valid: atLeast(0),
    doc: 'How often recovery points are written.',
  }),
  'log.flush.scheduler.interval.ms': long(longMax, {
    importance: 'high',
    doc: 'How often logs are looked over for what must be flushed.',
  }),
  'log.flush.start.offset.checkpoint.interval.ms': int(60000, {
    importance: 'high',
    valid: atLeast(0),
    doc: 'How often log start offsets are written.',
  }),
  'log.index.interval.bytes': int(4096, {
    valid: atLeast(0),
    update: 'cluster-wide',
    doc: 'Bytes of log between two entries of the offset index.',
  }),
  'log.index.size.max.bytes': int(10_485_760, {
    valid: atLeast(4),
    update: 'cluster-wide',
    doc: 'Largest offset index.',
  }),
  'log.initial.task.delay.ms': long(30000, {
    importance: 'low',
    valid: atLeast(0),
    internal: true,
    doc: 'How long after start the tasks of logs first run.',
  }),
  'log.local.retention.bytes': long(-2, {
    valid: atLeast(-2),
    update: 'cluster-wide',
    doc: 'Bytes of a tiered partition kept locally; -2 takes log.retention.bytes.',
  }),
  'log.local.retention.ms': long(-2, {
    valid: atLeast(-2),
    update: 'cluster-wide',
    doc: 'Time a tiered segment is kept locally; -2 takes log.retention.ms.',
  }),
  'log.message.timestamp.after.max.ms': long(3_600_000, {
    valid: atLeast(0),
    update: 'cluster-wide',
    doc: "How far ahead of the broker's clock a message's timestamp may be.",
  }),
  'log.message.timestamp.before.max.ms': long(longMax, {
    valid: atLeast(0),
    update: 'cluster-wide',
    doc: "How far behind the broker's clock a message's timestamp may be.",
  }),
  'log.message.timestamp.type': string('CreateTime', {
    valid: oneOf('CreateTime', 'LogAppendTime'),
    update: 'cluster-wide',
    doc: "Whether a message keeps the producer's timestamp or gets the time of its append.",
  }),
  'log.preallocate': boolean(false, {
    update: 'cluster-wide',
    doc: 'Whether a new segment file is made at full size.',
  }),
  'log.retention.bytes': long(-1, {
    importance: 'high',
    update: 'cluster-wide',
    doc: 'Bytes of a partition above which old segments are deleted; -1 is no limit.',
  }),
  'log.retention.check.interval.ms': long(300_000, {
    valid: atLeast(1),
    doc: 'How often segments are looked over for deletion.',
  }),
  'log.retention.hours': int(168, {
    importance: 'high',
    synonyms: ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
    doc: 'Hours a segment is kept, where neither ms nor minutes are set.',
  }),
  'log.retention.minutes': int(null, {
    importance: 'high',
    synonyms: ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
    doc: 'Minutes a segment is kept, where ms are not set.',
  }),
  'log.retention.ms': long(null, {
    importance: 'high',
    update: 'cluster-wide',
    synonyms: ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
    doc: 'Milliseconds a segment is kept; -1 is for ever.',
  }),
  'log.roll.hours': int(168, {
    importance: 'high',
    valid: atLeast(1),
    synonyms: ['log.roll.ms', 'log.roll.hours'],
    doc: 'Hours after which a segment is closed, where ms are not set.',
  }),
  'log.roll.jitter.hours': int(0, {
    importance: 'high',
    valid: atLeast(0),
    synonyms: ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
    doc: 'Hours taken off the roll time at random, where ms are not set.',
  }),
  'log.roll.jitter.ms': long(null, {
    importance: 'high',
    update: 'cluster-wide',
    synonyms: ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
    doc: 'Milliseconds taken off the roll time at random.',
  }),
  'log.roll.ms': long(null, {
    importance: 'high',
    update: 'cluster-wide',
    synonyms: ['log.roll.ms', 'log.roll.hours'],
    doc: 'Milliseconds after which a segment is closed.',
  }),
  'log.segment.bytes': int(1_073_741_824, {
    importance: 'high',
    valid: atLeast(1048576),
    update: 'cluster-wide',
    doc: 'Size at which a segment is closed.',
  }),
  'log.segment.delete.delay.ms': long(60000, {
    importance: 'high',
    valid: atLeast(0),
    update: 'cluster-wide',
    doc: 'Wait before the files of a deleted segment are removed.',
  }),
  'message.max.bytes': int(1_048_588, {
    importance: 'high',
    valid: atLeast(0),
    update: 'cluster-wide',
    doc: 'Largest batch that is accepted, after compression.',
  }),
  'min.insync.replicas': int(1, {
    importance: 'high',
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'Least in-sync replicas for a produce with acks=all to be accepted.',
  }),
  'num.recovery.threads.per.data.dir': int(2, {
    importance: 'high',
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'Logs of a directory that are recovered at a time.',
  }),
} satisfies ConfigKeys
