/** A member of a group by KafkaJS, in a process of its own that is meant to be killed: topic and group as arguments. */
import { connectKafkajs } from './kafkajs.ts'

const lifetimeMs = 120_000
const say = (line: Readonly<Record<string, unknown>>): boolean => process.stdout.write(`${JSON.stringify(line)}\n`)

const [topic = '', groupId = ''] = process.argv.slice(2)
setTimeout(() => process.exit(1), lifetimeMs)
const consumer = connectKafkajs().consumer({
  groupId,
  sessionTimeout: 6000,
  heartbeatInterval: 500,
  maxWaitTimeInMs: 200,
})
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  say({ event: 'owned', partitions: payload.memberAssignment[topic] ?? [] })
})
await consumer.connect()
await consumer.subscribe({ topics: [topic], fromBeginning: true })
await consumer.run({
  eachMessage: async ({ message }) => {
    say({ event: 'record', value: message.value?.toString() })
  },
})
