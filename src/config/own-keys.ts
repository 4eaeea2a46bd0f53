/**
 * Broker configs that Kafka does not have: the bounds that it lacks, and where metrics are served. Apart from Kafka's
 * table, which is held against 4.3.1; all begin with `odradek.`, so that a broker of Kafka's passes over them.
 */
import { boolean, type ConfigKeys, int, long, string } from './config-def.ts'
import { atLeast, between } from './validators.ts'

export const ownPrefix = 'odradek.'

export const ownKeys = {
  'odradek.force.recover': boolean(false, {
    doc:
      'Goes on where committed metadata, or the file of the votes, is lost. For one start, after a loss that cannot be ' +
      'mended: what was committed is then gone, and a vote may be given twice.',
  }),
  'odradek.group.events': int(50, {
    valid: between(0, 10_000),
    doc: 'Rebalances, removals, fencings and refusals of members that are kept of each group, to tell why they were. 0: none.',
  }),
  'odradek.group.events.groups': int(1000, {
    valid: between(0, 1_000_000),
    doc: 'Groups of which such events are kept; the one that has been quiet longest goes first.',
  }),
  'odradek.log.dir.reserve.bytes': long(16 * 1024 * 1024, {
    valid: between(0, 1024 * 1024 * 1024 * 1024),
    doc:
      'Bytes that each log directory keeps free for a full disk, in a file of its own: given up, they let the node start, ' +
      'read and delete, while no records are taken. 0: none.',
  }),
  'odradek.max.decompressed.batch.bytes': long(1024 * 1024 * 1024, {
    valid: atLeast(1024 * 1024),
    doc: 'What the records of a produced batch may become when they are decompressed to be checked.',
  }),
  'odradek.metrics.listener': string('', {
    doc: 'Address, as host:port, at which metrics are served for Prometheus, and the newest events of groups; empty: nowhere.',
  }),
  'odradek.produce.requests.in.flight': int(64, {
    valid: atLeast(1),
    doc: 'Produce requests of one connection that may wait for replicas before the next one is read.',
  }),
  'odradek.queued.reply.bytes': int(16 * 1024 * 1024, {
    valid: atLeast(64 * 1024),
    doc: 'Bytes of replies that wait for a slow reader before its next request is read.',
  }),
} satisfies ConfigKeys

export type OwnKeys = typeof ownKeys
