/** Configs of the resource GROUP. Their broker synonyms have the same name after `group.`. */
import { boolean, type ConfigKeys, int, string } from './config-def.ts'
import { atLeast, oneOf, shareAutoOffsetReset } from './validators.ts'

export const groupKeys = {
  'consumer.assignment.interval.ms': int(1000, {
    valid: atLeast(0),
    doc: 'Least time between two assignments of this consumer group.',
  }),
  'consumer.heartbeat.interval.ms': int(5000, { valid: atLeast(1), doc: 'Heartbeat interval given to the members.' }),
  'consumer.session.timeout.ms': int(45000, { valid: atLeast(1), doc: 'A member silent for this long is removed.' }),
  'share.assignment.interval.ms': int(1000, {
    valid: atLeast(0),
    doc: 'Least time between two assignments of this share group.',
  }),
  'share.auto.offset.reset': string('latest', {
    valid: shareAutoOffsetReset,
    doc: 'Where a share group starts that has no state: earliest, latest or by_duration:<ISO-8601 duration>.',
  }),
  'share.delivery.count.limit': int(5, {
    valid: atLeast(2),
    doc: 'How often a record is delivered before it is given up.',
  }),
  'share.heartbeat.interval.ms': int(5000, { valid: atLeast(1), doc: 'Heartbeat interval given to the members.' }),
  'share.isolation.level': string('read_uncommitted', {
    valid: oneOf('read_committed', 'read_uncommitted'),
    doc: 'Whether records of open and aborted transactions are delivered.',
  }),
  'share.partition.max.record.locks': int(2000, {
    valid: atLeast(100),
    doc: 'Most records of a share partition that are locked at a time.',
  }),
  'share.record.lock.duration.ms': int(30000, {
    valid: atLeast(1000),
    doc: 'How long a delivered record stays locked for its consumer.',
  }),
  'share.renew.acknowledge.enable': boolean(true, { doc: 'Whether a consumer may renew its lock on a record.' }),
  'share.session.timeout.ms': int(45000, { valid: atLeast(1), doc: 'A member silent for this long is removed.' }),
  'streams.assignment.interval.ms': int(1000, {
    valid: atLeast(0),
    doc: 'Least time between two assignments of this streams group.',
  }),
  'streams.heartbeat.interval.ms': int(5000, { valid: atLeast(1), doc: 'Heartbeat interval given to the members.' }),
  'streams.initial.rebalance.delay.ms': int(3000, {
    valid: atLeast(0),
    doc: 'How long the first rebalance of the empty group waits for more members.',
  }),
  'streams.num.standby.replicas': int(0, { valid: atLeast(0), doc: 'Standby replicas of each task.' }),
  'streams.session.timeout.ms': int(45000, { valid: atLeast(1), doc: 'A member silent for this long is removed.' }),
} satisfies ConfigKeys
