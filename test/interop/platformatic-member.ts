/** A member by `@platformatic/kafka`, in a process that is meant to be killed: topic, group, session time-out, protocol. */
import { type Assigned, Consumer, stringDeserializers } from '@platformatic/kafka'
import { bootstraps } from './kit.ts'

const lifetimeMs = 600_000
const lookMs = 100
const say = (line: Readonly<Record<string, unknown>>): boolean =>
  process.stdout.write(`${JSON.stringify({ at: Date.now(), ...line })}\n`)

const [topic = '', groupId = '', sessionTimeoutMs, protocol] = process.argv.slice(2)
setTimeout(() => process.exit(1), lifetimeMs)
const consumer = new Consumer({
  clientId: 'interop',
  bootstrapBrokers: bootstraps(),
  groupId,
  deserializers: stringDeserializers,
  // By itself it gives up before a broker of Kafka has started again.
  retries: 200,
  retryDelay: 250,
  // The consumer protocol leaves both times to the broker, and the client refuses them.
  ...(protocol === 'consumer'
    ? { groupProtocol: 'consumer' }
    : { groupProtocol: 'classic', sessionTimeout: Number(sessionTimeoutMs), heartbeatInterval: 500 }),
})
let told = ''
function tell(assignments: readonly Assigned[] | null, epoch?: number): void {
  const owned = assignments?.find((assignment) => assignment.topic === topic)?.partitions ?? []
  if (`${owned}` === told && epoch === undefined) return
  told = `${owned}`
  say({ event: 'owned', partitions: owned, epoch })
}
// By the classic protocol alone it tells what it got in which generation.
consumer.on('consumer:group:join', ({ generationId, assignments }) => {
  if (generationId !== undefined && assignments !== undefined) tell(assignments, generationId)
})
setInterval(() => tell(consumer.assignments), lookMs)
const stream = await consumer.consume({
  topics: [topic],
  mode: 'committed',
  fallbackMode: 'earliest',
  autocommit: lookMs,
  maxWaitTime: 200,
})
for await (const { partition, offset, value } of stream) {
  say({ event: 'record', partition, offset: Number(offset), value })
}
