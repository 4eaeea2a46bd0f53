/** KafkaJS as the suites use it: silent, closed after use. */
import kafkajs, { type Received, type Retry } from 'kafkajs'
import { bootstraps, uniqueName, until } from './kit.ts'

export const connectKafkajs = (options: { readonly retry?: Retry } = {}) =>
  new kafkajs.Kafka({ clientId: 'interop', brokers: bootstraps(), logLevel: kafkajs.logLevel.NOTHING, ...options })

export interface ReadOptions {
  readonly topic: string
  readonly count: number
  readonly groupId?: string
  readonly commit?: boolean
}

/** Reads `count` records from the beginning, in a group. */
export async function readByKafkajs(options: ReadOptions): Promise<Received[]> {
  const consumer = connectKafkajs().consumer({
    groupId: options.groupId ?? uniqueName('kafkajs'),
    maxWaitTimeInMs: 200,
  })
  const received: Received[] = []
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [options.topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async (message) => {
        received.push(message)
      },
    })
    await until({
      what: `${options.count} records of ${options.topic}`,
      timeoutMs: 40_000,
      condition: () => received.length >= options.count,
      seen: () => `${received.length} were read`,
    })
    if (options.commit) {
      const ends = new Map<number, number>()
      for (const { partition, message } of received) ends.set(partition, Number(message.offset) + 1)
      await consumer.commitOffsets(
        [...ends].map(([partition, offset]) => ({ topic: options.topic, partition, offset: `${offset}` })),
      )
    }
  } finally {
    await consumer.disconnect()
  }
  return received
}
