/** Broker configs of replication and of requests that wait. */
import { boolean, type ConfigKeys, int, long, string } from './config-def.ts'
import { atLeast } from './validators.ts'

export const replicationKeys = {
  'auto.leader.rebalance.enable': boolean(true, {
    importance: 'high',
    doc: 'Whether the controller moves leadership back to preferred replicas by itself.',
  }),
  'controller.socket.timeout.ms': int(30000, { doc: 'Socket timeout of connections from broker to controller.' }),
  'default.replication.factor': int(1, {
    doc: 'Replicas of topics created without a number, and of automatically created ones.',
  }),
  'delete.records.purgatory.purge.interval.requests': int(1, {
    doc: 'Completed DeleteRecords waits are swept after this many.',
  }),
  'fetch.max.bytes': int(57_671_680, { valid: atLeast(1024), doc: 'Most bytes one Fetch returns; at least 1024.' }),
  'fetch.purgatory.purge.interval.requests': int(1000, { doc: 'Completed Fetch waits are swept after this many.' }),
  'leader.imbalance.check.interval.seconds': long(300, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'How often the controller looks for leaders that are not preferred.',
  }),
  'max.incremental.fetch.session.cache.slots': int(1000, {
    valid: atLeast(0),
    doc: 'Most incremental fetch sessions.',
  }),
  'num.replica.alter.log.dirs.threads': int(null, {
    importance: 'high',
    doc: 'Threads that move replicas between log directories.',
  }),
  'num.replica.fetchers': int(1, {
    importance: 'high',
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'Fetchers per source broker.',
  }),
  'producer.purgatory.purge.interval.requests': int(1000, {
    doc: 'Completed Produce waits are swept after this many.',
  }),
  'replica.fetch.backoff.ms': int(1000, { valid: atLeast(0), doc: 'Wait of a fetcher after an error.' }),
  'replica.fetch.max.bytes': int(1_048_576, {
    valid: atLeast(0),
    doc: 'Bytes a fetcher asks for per partition; a bigger first batch still comes.',
  }),
  'replica.fetch.min.bytes': int(1, { importance: 'high', doc: 'Bytes a fetcher waits for.' }),
  'replica.fetch.response.max.bytes': int(10_485_760, { valid: atLeast(0), doc: 'Bytes a fetcher asks for in all.' }),
  'replica.fetch.wait.max.ms': int(500, {
    importance: 'high',
    doc: "How long a fetcher's request may wait; less than replica.lag.time.max.ms.",
  }),
  'replica.high.watermark.checkpoint.interval.ms': long(5000, {
    importance: 'high',
    doc: 'How often high watermarks are written to disk.',
  }),
  'replica.lag.time.max.ms': long(30000, {
    importance: 'high',
    doc: 'A follower that has not caught up for this long leaves the in-sync replicas.',
  }),
  'replica.selector.class': string(null, {
    doc: 'What chooses the replica a consumer reads from; the leader where not set.',
  }),
  'replica.socket.receive.buffer.bytes': int(65536, {
    importance: 'high',
    doc: "Receive buffer of a fetcher's socket.",
  }),
  'replica.socket.timeout.ms': int(30000, { importance: 'high', doc: "Socket timeout of a fetcher's requests." }),
  'unclean.leader.election.enable': boolean(false, {
    importance: 'high',
    update: 'cluster-wide',
    doc: 'Whether a replica that is not in sync may lead when nothing else is left; may lose data.',
  }),
  'unclean.leader.election.interval.ms': long(300_000, {
    valid: atLeast(1),
    internal: true,
    doc: 'How often the controller looks for partitions that need an unclean election.',
  }),
} satisfies ConfigKeys
