/** A member of a group by KafkaJS, in a process that is meant to be killed: topic, group and session time-out. */
import { setTimeout } from 'node:timers/promises'
import { connectKafkajs } from './kafkajs.ts'

const lifetimeMs = 600_000
const say = (line: Readonly<Record<string, unknown>>): boolean =>
  process.stdout.write(`${JSON.stringify({ at: Date.now(), ...line })}\n`)

const [topic = '', groupId = '', sessionTimeoutMs] = process.argv.slice(2)
void setTimeout(lifetimeMs).then(() => process.exit(1))

/** Its retries are for requests: a connection that a broker refuses while it starts is told to the program. */
async function untilThere(act: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await act()
      return
    } catch (error) {
      if (!(error instanceof Error && 'retriable' in error && error.retriable === true)) throw error
      await setTimeout(200)
    }
  }
}

// By itself it gives up before a broker of Kafka has started again.
const consumer = connectKafkajs({ retry: { retries: 200, maxRetryTime: 500 } }).consumer({
  groupId,
  sessionTimeout: Number(sessionTimeoutMs),
  heartbeatInterval: 500,
  maxWaitTimeInMs: 200,
})
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  say({ event: 'owned', partitions: payload.memberAssignment[topic] ?? [] })
})
consumer.on(consumer.events.REBALANCING, () => {
  say({ event: 'owned', partitions: [] })
})
// Whoever joins has nothing, also where it does not say that it rebalances: since it is not known any more, say.
consumer.on(consumer.events.REQUEST, ({ payload: { apiName, sentAt } }) => {
  if (apiName === 'JoinGroup') say({ event: 'owned', partitions: [], at: sentAt })
})
consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
  const partitions = payload.topics.flatMap((committed) => committed.partitions)
  say({ event: 'committed', offsets: partitions.map(({ partition, offset }) => ({ partition, offset })) })
})
await untilThere(() => consumer.connect())
await untilThere(() => consumer.subscribe({ topics: [topic], fromBeginning: true }))
await consumer.run({
  eachMessage: async ({ partition, message }) => {
    say({ event: 'record', partition, offset: message.offset, value: message.value?.toString() })
  },
})
