/** Broker configs of roles, the metadata quorum and the controller. */
import { boolean, type ConfigKeys, int, list, long, longMax, string } from './config-def.ts'
import { atLeast, bootstrapServers, listOf, nonEmptyListOf, voters } from './validators.ts'

export const quorumKeys = {
  'broker.heartbeat.interval.ms': int(2000, { doc: 'How often a broker reports to the controller that it lives.' }),
  'broker.id': int(-1, { importance: 'high', doc: 'Older name of node.id; must equal it where both are set.' }),
  'broker.rack': string(null, {
    doc: 'Rack of this broker: replicas are spread over racks, and consumers may read from theirs.',
  }),
  'broker.session.timeout.ms': int(9000, {
    doc: 'How long the controller waits for a heartbeat before it fences a broker.',
  }),
  'controller.listener.names': list(null, {
    importance: 'high',
    valid: nonEmptyListOf(),
    required: true,
    doc: 'Names of the listeners of the controllers, comma-separated.',
  }),
  'controller.performance.always.log.threshold.ms': long(2000, {
    valid: atLeast(0),
    internal: true,
    doc: 'Controller events slower than this are always logged.',
  }),
  'controller.performance.sample.period.ms': long(60000, {
    valid: atLeast(100),
    internal: true,
    doc: 'How often the slowest controller event is logged.',
  }),
  'controller.quorum.append.linger.ms': int(25, {
    valid: atLeast(0),
    doc: "How long the quorum's leader gathers records before it flushes them.",
  }),
  'controller.quorum.auto.join.enable': boolean(false, {
    importance: 'low',
    doc: 'Whether a controller that is no voter yet adds itself to the voters.',
  }),
  'controller.quorum.bootstrap.servers': list('', {
    importance: 'high',
    valid: bootstrapServers,
    doc: 'Addresses (host:port) of controllers at which the quorum is found.',
  }),
  'controller.quorum.election.backoff.max.ms': int(1000, {
    importance: 'high',
    valid: atLeast(0),
    doc: 'Longest random wait before another election.',
  }),
  'controller.quorum.election.timeout.ms': int(1000, {
    importance: 'high',
    valid: atLeast(0),
    doc: 'How long a candidate waits for votes before it tries again.',
  }),
  'controller.quorum.fetch.max.bytes': int(1_048_576, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'Most bytes a quorum Fetch returns for the metadata log.',
  }),
  'controller.quorum.fetch.snapshot.max.bytes': int(1_048_576, {
    importance: 'low',
    valid: atLeast(1),
    doc: 'Most bytes a FetchSnapshot returns.',
  }),
  'controller.quorum.fetch.timeout.ms': int(2000, {
    importance: 'high',
    valid: atLeast(0),
    doc: 'How long a voter goes without a successful fetch before it stands for election.',
  }),
  'controller.quorum.request.timeout.ms': int(2000, {
    valid: atLeast(0),
    doc: 'How long a request to another voter may take.',
  }),
  'controller.quorum.retry.backoff.ms': int(20, {
    importance: 'low',
    valid: atLeast(0),
    doc: 'Wait before a failed request to a voter is sent again.',
  }),
  'controller.quorum.voters': list('', {
    importance: 'high',
    valid: voters,
    doc: 'Static voters as id@host:port, comma-separated.',
  }),
  'early.start.listeners': list(null, {
    importance: 'high',
    valid: listOf(),
    doc: "Listeners opened before the authorizer is ready; the controllers' where not set.",
  }),
  'initial.broker.registration.timeout.ms': int(60000, {
    doc: 'How long a starting broker tries to register before it gives up.',
  }),
  'internal.metadata.delete.delay.millis': long(60000, {
    importance: 'low',
    internal: true,
    doc: 'Wait before deleted files of the metadata log are removed.',
  }),
  'internal.metadata.log.segment.bytes': int(null, {
    importance: 'low',
    internal: true,
    doc: 'Segment size of the metadata log, for tests.',
  }),
  'internal.metadata.max.batch.size.in.bytes': int(8_388_608, {
    importance: 'low',
    internal: true,
    doc: 'Largest batch of the metadata log.',
  }),
  'metadata.log.dir': string(null, {
    importance: 'high',
    doc: 'Directory of the metadata log; the first log directory where not set.',
  }),
  'metadata.log.max.record.bytes.between.snapshots': long(20_971_520, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Bytes of metadata records after which a snapshot is written.',
  }),
  'metadata.log.max.snapshot.interval.ms': long(3_600_000, {
    importance: 'high',
    valid: atLeast(0),
    doc: 'Time after which a snapshot is written if there is anything new; 0 is never.',
  }),
  'metadata.log.segment.bytes': int(1_073_741_824, {
    importance: 'high',
    valid: atLeast(8388608),
    doc: 'Size at which a segment of the metadata log is closed.',
  }),
  'metadata.log.segment.ms': long(604_800_000, {
    importance: 'high',
    doc: 'Time after which a segment of the metadata log is closed.',
  }),
  'metadata.max.idle.interval.ms': int(500, {
    importance: 'low',
    valid: atLeast(0),
    doc: 'How often the active controller writes a no-op record; 0 is never.',
  }),
  'metadata.max.retention.bytes': long(104_857_600, {
    importance: 'high',
    doc: 'Size of metadata log and snapshots above which old ones are deleted.',
  }),
  'metadata.max.retention.ms': long(604_800_000, {
    importance: 'high',
    doc: 'Age at which old metadata segments and snapshots are deleted.',
  }),
  'node.id': int(null, {
    importance: 'high',
    valid: atLeast(0),
    required: true,
    doc: 'Id of this node in the cluster.',
  }),
  'process.roles': list(null, {
    importance: 'high',
    valid: nonEmptyListOf('broker', 'controller'),
    required: true,
    doc: 'What this node is: broker, controller, or both.',
  }),
  'server.max.startup.time.ms': long(longMax, { valid: atLeast(0), internal: true, doc: 'How long a start may take.' }),
  'unstable.api.versions.enable': boolean(false, {
    importance: 'high',
    internal: true,
    doc: 'Whether unfinished versions of requests are served.',
  }),
  'unstable.feature.versions.enable': boolean(false, {
    importance: 'high',
    internal: true,
    doc: 'Whether unfinished feature levels may be used.',
  }),
} satisfies ConfigKeys
