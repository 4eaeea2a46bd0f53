/** Broker configs of tiered storage. */
import { boolean, type ConfigKeys, double, int, long, longMax, string } from './config-def.ts'
import { atLeast, between, nonEmpty } from './validators.ts'

export const remoteKeys = {
  'follower.fetch.last.tiered.offset.enable': boolean(false, {
    update: 'cluster-wide',
    doc: 'Whether a new follower of a tiered topic starts at the last tiered offset.',
  }),
  'remote.fetch.max.wait.ms': int(500, {
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'How long a fetch waits for remote storage.',
  }),
  'remote.list.offsets.request.timeout.ms': long(30000, {
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'How long a ListOffsets waits for remote storage.',
  }),
  'remote.log.index.file.cache.total.size.bytes': long(1_073_741_824, {
    importance: 'low',
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'Disk space for cached indexes of remote segments.',
  }),
  'remote.log.index.file.cache.ttl.ms': long(900_000, {
    importance: 'low',
    valid: atLeast(-1),
    internal: true,
    doc: 'Life of an unused cached index.',
  }),
  'remote.log.manager.copier.thread.pool.size': int(10, {
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'Threads that copy segments to remote storage.',
  }),
  'remote.log.manager.copy.max.bytes.per.second': long(longMax, {
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'Limit on copies to remote storage.',
  }),
  'remote.log.manager.copy.quota.window.num': int(11, { valid: atLeast(1), doc: 'Samples kept for the copy quota.' }),
  'remote.log.manager.copy.quota.window.size.seconds': int(1, {
    valid: atLeast(1),
    doc: 'Span of one sample of the copy quota.',
  }),
  'remote.log.manager.expiration.thread.pool.size': int(10, {
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'Threads that delete expired remote segments.',
  }),
  'remote.log.manager.fetch.max.bytes.per.second': long(longMax, {
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'Limit on reads from remote storage.',
  }),
  'remote.log.manager.fetch.quota.window.num': int(11, { valid: atLeast(1), doc: 'Samples kept for the fetch quota.' }),
  'remote.log.manager.fetch.quota.window.size.seconds': int(1, {
    valid: atLeast(1),
    doc: 'Span of one sample of the fetch quota.',
  }),
  'remote.log.manager.follower.thread.pool.size': int(2, {
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'Threads that follow remote logs for follower partitions.',
  }),
  'remote.log.manager.task.interval.ms': long(30000, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'How often copying and expiry of remote segments run.',
  }),
  'remote.log.manager.task.retry.backoff.max.ms': long(30000, {
    importance: 'low',
    valid: atLeast(1),
    internal: true,
    doc: 'Longest wait before a remote task is tried again.',
  }),
  'remote.log.manager.task.retry.backoff.ms': long(500, {
    importance: 'low',
    valid: atLeast(1),
    internal: true,
    doc: 'First wait before a remote task is tried again.',
  }),
  'remote.log.manager.task.retry.jitter': double(0.2, {
    importance: 'low',
    valid: between(0, 0.5),
    internal: true,
    doc: 'Random part of that wait.',
  }),
  'remote.log.manager.thread.pool.size': int(2, { valid: atLeast(1), doc: 'Threads of the remote log manager.' }),
  'remote.log.metadata.custom.metadata.max.bytes': int(128, {
    importance: 'low',
    valid: atLeast(0),
    doc: 'Largest custom metadata of a remote segment.',
  }),
  'remote.log.metadata.manager.class.name': string(
    'org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager',
    { valid: nonEmpty, doc: 'Plug-in that keeps the metadata of remote segments.' },
  ),
  'remote.log.metadata.manager.class.path': string(null, { doc: 'Where that plug-in is loaded from.' }),
  'remote.log.metadata.manager.impl.prefix': string('rlmm.config.', {
    valid: nonEmpty,
    doc: 'Prefix of the configs passed to that plug-in.',
  }),
  'remote.log.metadata.manager.listener.name': string(null, {
    valid: nonEmpty,
    doc: 'Listener that plug-in uses to reach brokers.',
  }),
  'remote.log.reader.max.pending.tasks': int(100, {
    valid: atLeast(1),
    doc: 'Most reads of remote storage that wait.',
  }),
  'remote.log.reader.threads': int(10, {
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'Threads that read from remote storage.',
  }),
  'remote.log.storage.manager.class.name': string(null, {
    valid: nonEmpty,
    doc: 'Plug-in that stores remote segments.',
  }),
  'remote.log.storage.manager.class.path': string(null, { doc: 'Where that plug-in is loaded from.' }),
  'remote.log.storage.manager.impl.prefix': string('rsm.config.', {
    valid: nonEmpty,
    doc: 'Prefix of the configs passed to that plug-in.',
  }),
  'remote.log.storage.system.enable': boolean(false, { doc: 'Whether this broker has tiered storage at all.' }),
} satisfies ConfigKeys
