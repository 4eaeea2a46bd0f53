/** Broker configs of the group coordinator: classic, consumer and streams groups. */
import { type ConfigKeys, int, intMax, list, long, short, string } from './config-def.ts'
import { atLeast, nonEmptyListOf, oneOfIgnoringCase } from './validators.ts'

export const groupCoordinatorKeys = {
  'group.consumer.assignment.interval.ms': int(1000, {
    valid: atLeast(0),
    update: 'cluster-wide',
    doc: 'Least time between two assignments of a consumer group.',
  }),
  'group.consumer.assignors': list('uniform,range', {
    valid: nonEmptyListOf(),
    doc: 'Server-side assignors of consumer groups; the first is the default.',
  }),
  'group.consumer.heartbeat.interval.ms': int(5000, {
    valid: atLeast(1),
    doc: 'Heartbeat interval given to members of consumer groups.',
  }),
  'group.consumer.max.assignment.interval.ms': int(15000, {
    valid: atLeast(0),
    doc: 'Highest assignment interval a consumer group may be given.',
  }),
  'group.consumer.max.heartbeat.interval.ms': int(15000, {
    valid: atLeast(1),
    doc: 'Highest heartbeat interval a consumer group may be given.',
  }),
  'group.consumer.max.session.timeout.ms': int(60000, {
    valid: atLeast(1),
    doc: 'Highest session timeout a consumer group may be given.',
  }),
  'group.consumer.max.size': int(intMax, { valid: atLeast(1), doc: 'Most members of one consumer group.' }),
  'group.consumer.migration.policy': string('bidirectional', {
    valid: oneOfIgnoringCase('DISABLED', 'DOWNGRADE', 'UPGRADE', 'BIDIRECTIONAL'),
    doc: 'Whether groups may change between the classic and the consumer protocol while in use.',
  }),
  'group.consumer.min.assignment.interval.ms': int(0, {
    valid: atLeast(0),
    doc: 'Lowest assignment interval a consumer group may be given.',
  }),
  'group.consumer.min.heartbeat.interval.ms': int(5000, {
    valid: atLeast(1),
    doc: 'Lowest heartbeat interval a consumer group may be given.',
  }),
  'group.consumer.min.session.timeout.ms': int(45000, {
    valid: atLeast(1),
    doc: 'Lowest session timeout a consumer group may be given.',
  }),
  'group.consumer.regex.refresh.interval.ms': int(600_000, {
    valid: atLeast(10000),
    internal: true,
    doc: 'How often subscriptions by regular expression are resolved again.',
  }),
  'group.consumer.session.timeout.ms': int(45000, {
    valid: atLeast(1),
    doc: 'A member of a consumer group silent for this long is removed.',
  }),
  'group.coordinator.append.linger.ms': int(-1, {
    valid: atLeast(-1),
    doc: 'How long the group coordinator gathers records for one append; -1 adapts to load.',
  }),
  'group.coordinator.background.threads': int(2, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Threads for long jobs of the group coordinator.',
  }),
  'group.coordinator.cached.buffer.max.bytes': int(1_048_588, {
    valid: atLeast(524288),
    update: 'cluster-wide',
    doc: 'Largest append buffer that the group coordinator keeps for reuse.',
  }),
  'group.coordinator.rebalance.protocols': list('classic,consumer,streams', {
    valid: nonEmptyListOf('consumer', 'classic', 'share', 'streams'),
    doc: 'Group protocols that are served.',
  }),
  'group.coordinator.threads': int(4, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Threads of the group coordinator.',
  }),
  'group.initial.rebalance.delay.ms': int(3000, {
    doc: 'How long the first rebalance of an empty classic group waits for more members.',
  }),
  'group.max.session.timeout.ms': int(1_800_000, { doc: 'Highest session timeout a classic member may ask for.' }),
  'group.max.size': int(intMax, { valid: atLeast(1), doc: 'Most members of one classic group.' }),
  'group.min.session.timeout.ms': int(6000, { doc: 'Lowest session timeout a classic member may ask for.' }),
  'group.streams.assignment.interval.ms': int(1000, {
    valid: atLeast(0),
    update: 'cluster-wide',
    doc: 'Least time between two assignments of a streams group.',
  }),
  'group.streams.heartbeat.interval.ms': int(5000, {
    valid: atLeast(1),
    doc: 'Heartbeat interval given to members of streams groups.',
  }),
  'group.streams.initial.rebalance.delay.ms': int(3000, {
    valid: atLeast(0),
    doc: 'How long the first rebalance of an empty streams group waits for more members.',
  }),
  'group.streams.max.assignment.interval.ms': int(15000, {
    valid: atLeast(0),
    doc: 'Highest assignment interval a streams group may be given.',
  }),
  'group.streams.max.heartbeat.interval.ms': int(15000, {
    valid: atLeast(1),
    doc: 'Highest heartbeat interval a streams group may be given.',
  }),
  'group.streams.max.session.timeout.ms': int(60000, {
    valid: atLeast(1),
    doc: 'Highest session timeout a streams group may be given.',
  }),
  'group.streams.max.size': int(intMax, { valid: atLeast(1), doc: 'Most members of one streams group.' }),
  'group.streams.max.standby.replicas': int(2, {
    valid: atLeast(0),
    doc: 'Most standby replicas a streams group may be given.',
  }),
  'group.streams.min.assignment.interval.ms': int(0, {
    valid: atLeast(0),
    doc: 'Lowest assignment interval a streams group may be given.',
  }),
  'group.streams.min.heartbeat.interval.ms': int(5000, {
    valid: atLeast(1),
    doc: 'Lowest heartbeat interval a streams group may be given.',
  }),
  'group.streams.min.session.timeout.ms': int(45000, {
    valid: atLeast(1),
    doc: 'Lowest session timeout a streams group may be given.',
  }),
  'group.streams.num.standby.replicas': int(0, {
    valid: atLeast(0),
    doc: 'Standby replicas of each task of a streams group.',
  }),
  'group.streams.session.timeout.ms': int(45000, {
    valid: atLeast(1),
    doc: 'A member of a streams group silent for this long is removed.',
  }),
  'offset.metadata.max.bytes': int(4096, { importance: 'high', doc: 'Longest metadata text of a committed offset.' }),
  'offsets.commit.timeout.ms': int(5000, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'How long an offset commit waits for its replicas.',
  }),
  'offsets.load.buffer.size': int(5_242_880, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Bytes read at a time when offsets and groups are loaded.',
  }),
  'offsets.retention.check.interval.ms': long(600_000, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'How often expired offsets are looked for.',
  }),
  'offsets.retention.minutes': int(10080, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'How long offsets are kept after their group became empty.',
  }),
  'offsets.topic.compression.codec': int(0, { importance: 'high', doc: 'Codec of __consumer_offsets, by its number.' }),
  'offsets.topic.num.partitions': int(50, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Partitions of __consumer_offsets; do not change it in a living cluster.',
  }),
  'offsets.topic.replication.factor': short(3, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Replicas of __consumer_offsets.',
  }),
  'offsets.topic.segment.bytes': int(104_857_600, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Segment size of __consumer_offsets.',
  }),
} satisfies ConfigKeys
