/** Broker configs of listeners, sockets and requests. */
import { type ConfigKeys, int, intMax, list, long, string } from './config-def.ts'
import { atLeast, nonEmptyListOf } from './validators.ts'

export const networkKeys = {
  'advertised.listeners': list(null, {
    importance: 'high',
    valid: nonEmptyListOf(),
    doc: 'Addresses that clients and brokers are told to connect to; those of listeners where not set.',
  }),
  'connections.max.idle.ms': long(600_000, { doc: 'Idle connections are closed after this time; negative never.' }),
  'inter.broker.listener.name': string(null, { doc: 'Listener that brokers use among themselves.' }),
  'listener.security.protocol.map': string(
    'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    {
      importance: 'low',
      update: 'per-broker',
      doc: 'Security protocol of each listener name, as NAME:PROTOCOL pairs.',
    },
  ),
  listeners: list('PLAINTEXT://:9092', {
    importance: 'high',
    valid: nonEmptyListOf(),
    update: 'per-broker',
    doc: 'Addresses to listen on, as NAME://host:port; an empty host is every interface.',
  }),
  'max.connection.creation.rate': int(intMax, {
    valid: atLeast(0),
    update: 'cluster-wide',
    doc: 'Most new connections per second.',
  }),
  'max.connections': int(intMax, { valid: atLeast(0), update: 'cluster-wide', doc: 'Most connections of a broker.' }),
  'max.connections.per.ip': int(intMax, {
    valid: atLeast(0),
    update: 'cluster-wide',
    doc: 'Most connections from one address.',
  }),
  'max.connections.per.ip.overrides': string('', {
    update: 'cluster-wide',
    doc: 'Other limits for single addresses, as address:count pairs.',
  }),
  'max.request.partition.size.limit': int(2000, {
    valid: atLeast(1),
    doc: 'Most partitions that one DescribeTopicPartitions answers.',
  }),
  'num.io.threads': int(8, {
    importance: 'high',
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'Threads that serve requests.',
  }),
  'num.network.threads': int(3, {
    importance: 'high',
    valid: atLeast(1),
    update: 'cluster-wide',
    doc: 'Threads that serve the sockets of a listener.',
  }),
  'queued.max.request.bytes': long(-1, { doc: 'Most bytes of requests that wait to be served; -1 is no limit.' }),
  'queued.max.requests': int(500, {
    importance: 'high',
    valid: atLeast(1),
    doc: 'Most requests that wait to be served before sockets are no longer read.',
  }),
  'request.timeout.ms': int(30000, { importance: 'high', doc: 'How long a request of the broker to others may take.' }),
  'socket.connection.setup.timeout.max.ms': long(30000, {
    doc: 'Longest wait for a connection to be set up, after repeated failures.',
  }),
  'socket.connection.setup.timeout.ms': long(10000, { doc: 'First wait for a connection to be set up.' }),
  'socket.listen.backlog.size': int(50, { valid: atLeast(1), doc: 'Pending connections that the system queues.' }),
  'socket.receive.buffer.bytes': int(102_400, {
    importance: 'high',
    doc: 'Receive buffer of a socket; -1 leaves it to the system.',
  }),
  'socket.request.max.bytes': int(104_857_600, { importance: 'high', valid: atLeast(1), doc: 'Largest request.' }),
  'socket.send.buffer.bytes': int(102_400, {
    importance: 'high',
    doc: 'Send buffer of a socket; -1 leaves it to the system.',
  }),
} satisfies ConfigKeys
