/** A member of a group by our own consumer, in a process that is meant to be killed: topic, group, session time-out, protocol, `sticky`. */
import { setTimeout } from 'node:timers/promises'
import { Kafka } from '../../src/stack/client.ts'
import { bootstraps } from './kit.ts'

const lifetimeMs = 600_000
const say = (line: Readonly<Record<string, unknown>>): boolean =>
  process.stdout.write(`${JSON.stringify({ at: Date.now(), ...line })}\n`)

const [topic = '', groupId = '', sessionTimeoutMs, protocol, assignor] = process.argv.slice(2)
void setTimeout(lifetimeMs).then(() => process.exit(1))

/** As it has them behind each change. */
const owned = new Set<number>()
const sayOwned = (): boolean => say({ event: 'owned', partitions: [...owned] })

const consumer = new Kafka({ bootstrapServers: bootstraps() }).consumer({
  groupId,
  autoOffsetReset: 'earliest',
  // Of the consumer protocol the broker says both.
  ...(protocol === 'consumer'
    ? { groupProtocol: protocol }
    : { sessionTimeoutMs: Number(sessionTimeoutMs), heartbeatIntervalMs: 500 }),
  ...(assignor === 'sticky' && { partitionAssignmentStrategy: [assignor] }),
  autoCommitIntervalMs: 500,
  onAssigned(partitions) {
    for (const { partition } of partitions) owned.add(partition)
    sayOwned()
  },
  onRevoked(partitions) {
    for (const { partition } of partitions) owned.delete(partition)
    sayOwned()
  },
  onLost(partitions) {
    for (const { partition } of partitions) owned.delete(partition)
    sayOwned()
  },
  onCommitted(offsets) {
    say({ event: 'committed', offsets: offsets.map(({ partition, offset }) => ({ partition, offset })) })
  },
})
process.once('SIGTERM', () => {
  void consumer.close().then(() => process.exit(0))
})
consumer.subscribe([topic])
for await (const { partition, offset, value } of consumer) {
  say({ event: 'record', partition, offset, value: value === null ? null : Buffer.from(value).toString() })
}
