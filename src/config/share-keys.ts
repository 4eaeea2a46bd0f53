/** Broker configs of share groups. */
import { type ConfigKeys, int, list, short, string } from './config-def.ts'
import { atLeast, between, nonEmptyListOf } from './validators.ts'

export const shareKeys = {
  'group.share.assignment.interval.ms': int(1000, {
    valid: atLeast(0),
    update: 'cluster-wide',
    doc: 'Least time between two assignments of a share group.',
  }),
  'group.share.assignors': list('simple', { valid: nonEmptyListOf(), doc: 'Server-side assignors of share groups.' }),
  'group.share.delivery.count.limit': int(5, {
    valid: between(2, 10),
    doc: 'How often a record is delivered before it is given up.',
  }),
  'group.share.heartbeat.interval.ms': int(5000, {
    valid: atLeast(1),
    doc: 'Heartbeat interval given to members of share groups.',
  }),
  'group.share.initialize.retry.interval.ms': int(30000, {
    importance: 'low',
    valid: atLeast(1),
    internal: true,
    doc: 'Wait before the state of a share partition is initialised again.',
  }),
  'group.share.max.assignment.interval.ms': int(15000, {
    valid: atLeast(0),
    doc: 'Highest assignment interval a share group may be given.',
  }),
  'group.share.max.delivery.count.limit': int(10, {
    valid: between(5, 25),
    doc: 'Highest delivery count limit a share group may be given.',
  }),
  'group.share.max.heartbeat.interval.ms': int(15000, {
    valid: atLeast(1),
    doc: 'Highest heartbeat interval a share group may be given.',
  }),
  'group.share.max.partition.max.record.locks': int(4000, {
    valid: between(2000, 10000),
    doc: 'Highest limit of record locks a share group may be given.',
  }),
  'group.share.max.record.lock.duration.ms': int(60000, {
    valid: between(30000, 3600000),
    doc: 'Longest record lock a share group may be given.',
  }),
  'group.share.max.session.timeout.ms': int(60000, {
    valid: atLeast(1),
    doc: 'Highest session timeout a share group may be given.',
  }),
  'group.share.max.share.sessions': int(2000, { valid: atLeast(1), doc: 'Most share sessions of one broker.' }),
  'group.share.max.size': int(200, { valid: between(1, 1000), doc: 'Most members of one share group.' }),
  'group.share.min.assignment.interval.ms': int(0, {
    valid: atLeast(0),
    doc: 'Lowest assignment interval a share group may be given.',
  }),
  'group.share.min.delivery.count.limit': int(2, {
    valid: between(2, 5),
    doc: 'Lowest delivery count limit a share group may be given.',
  }),
  'group.share.min.heartbeat.interval.ms': int(5000, {
    valid: atLeast(1),
    doc: 'Lowest heartbeat interval a share group may be given.',
  }),
  'group.share.min.partition.max.record.locks': int(100, {
    valid: between(100, 2000),
    doc: 'Lowest limit of record locks a share group may be given.',
  }),
  'group.share.min.record.lock.duration.ms': int(15000, {
    valid: between(1000, 30000),
    doc: 'Shortest record lock a share group may be given.',
  }),
  'group.share.min.session.timeout.ms': int(45000, {
    valid: atLeast(1),
    doc: 'Lowest session timeout a share group may be given.',
  }),
  'group.share.partition.max.record.locks': int(2000, {
    valid: between(100, 10000),
    doc: 'Most records of a share partition that are locked at a time.',
  }),
  'group.share.persister.class.name': string('org.apache.kafka.server.share.persister.DefaultStatePersister', {
    internal: true,
    doc: 'What stores the state of share groups.',
  }),
  'group.share.record.lock.duration.ms': int(30000, {
    valid: between(1000, 3600000),
    doc: 'How long a delivered record stays locked for its consumer.',
  }),
  'group.share.session.timeout.ms': int(45000, {
    valid: atLeast(1),
    doc: 'A member of a share group silent for this long is removed.',
  }),
  'share.coordinator.append.linger.ms': int(-1, {
    valid: atLeast(-1),
    doc: 'How long the share coordinator gathers records for one append; -1 adapts to load.',
  }),
  'share.coordinator.cached.buffer.max.bytes': int(1_048_588, {
    valid: atLeast(524288),
    update: 'cluster-wide',
    doc: 'Largest append buffer that the share coordinator keeps for reuse.',
  }),
  'share.coordinator.cold.partition.snapshot.interval.ms': int(300_000, {
    importance: 'low',
    valid: atLeast(1),
    internal: true,
    doc: 'How often idle share partitions are written as snapshots.',
  }),
  'share.coordinator.load.buffer.size': int(5_242_880, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Bytes read at a time when share state is loaded.',
  }),
  'share.coordinator.snapshot.update.records.per.snapshot': int(500, {
    valid: between(0, 500),
    doc: 'Updates between two snapshots of a share partition.',
  }),
  'share.coordinator.state.topic.compression.codec': int(0, {
    importance: 'high',
    doc: 'Codec of __share_group_state, by its number.',
  }),
  'share.coordinator.state.topic.min.isr': short(2, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'min.insync.replicas of __share_group_state.',
  }),
  'share.coordinator.state.topic.num.partitions': int(50, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Partitions of __share_group_state.',
  }),
  'share.coordinator.state.topic.prune.interval.ms': int(300_000, {
    importance: 'low',
    valid: atLeast(1),
    internal: true,
    doc: 'How often __share_group_state is pruned.',
  }),
  'share.coordinator.state.topic.replication.factor': short(3, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Replicas of __share_group_state.',
  }),
  'share.coordinator.state.topic.segment.bytes': int(104_857_600, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Segment size of __share_group_state.',
  }),
  'share.coordinator.threads': int(1, { valid: atLeast(1), doc: 'Threads of the share coordinator.' }),
  'share.coordinator.write.timeout.ms': int(5000, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'How long a write of share state waits for its replicas.',
  }),
  'share.fetch.purgatory.purge.interval.requests': int(1000, {
    doc: 'Completed ShareFetch waits are swept after this many.',
  }),
} satisfies ConfigKeys
