/** A member of a group by `@platformatic/kafka`, in a process that is meant to be killed: topic, group and protocol. */
import { Consumer, stringDeserializers } from '@platformatic/kafka'
import { bootstrap } from './kit.ts'

const lifetimeMs = 120_000
const lookMs = 100
const say = (line: Readonly<Record<string, unknown>>): boolean => process.stdout.write(`${JSON.stringify(line)}\n`)

const [topic = '', groupId = '', protocol] = process.argv.slice(2)
setTimeout(() => process.exit(1), lifetimeMs)
const consumer = new Consumer({
  clientId: 'interop',
  bootstrapBrokers: [bootstrap()],
  groupId,
  deserializers: stringDeserializers,
  // By itself it gives up before a broker of Kafka has started again.
  retries: 200,
  retryDelay: 250,
  // The consumer protocol leaves both times to the broker, and the client refuses them.
  ...(protocol === 'consumer'
    ? { groupProtocol: 'consumer' }
    : { groupProtocol: 'classic', sessionTimeout: 6000, heartbeatInterval: 500 }),
})
let told = ''
setInterval(() => {
  const owned = consumer.assignments?.find((assignment) => assignment.topic === topic)?.partitions ?? []
  if (`${owned}` === told) return
  told = `${owned}`
  say({ event: 'owned', partitions: owned })
}, lookMs)
const stream = await consumer.consume({
  topics: [topic],
  mode: 'committed',
  fallbackMode: 'earliest',
  autocommit: lookMs,
  maxWaitTime: 200,
})
for await (const { value } of stream) say({ event: 'record', value })
