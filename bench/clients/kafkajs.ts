/** KafkaJS: `send` of many messages, and `eachBatch`. It has no lz4 of its own. */
import type { BenchClient } from './client.ts'
import { entryOf } from './packages.ts'

interface Message {
  readonly value: Buffer | null
}

interface KafkaJs {
  readonly Kafka: new (options: {
    readonly clientId: string
    readonly brokers: readonly string[]
    readonly logLevel: number
  }) => {
    producer(): {
      connect(): Promise<void>
      send(options: {
        readonly topic: string
        readonly acks: -1
        readonly messages: readonly Message[]
      }): Promise<unknown>
      disconnect(): Promise<void>
    }
    consumer(options: { readonly groupId: string }): {
      connect(): Promise<void>
      subscribe(options: { readonly topics: readonly string[]; readonly fromBeginning: boolean }): Promise<void>
      run(options: {
        readonly eachBatch: (given: { readonly batch: { readonly messages: readonly Message[] } }) => Promise<void>
      }): Promise<void>
      disconnect(): Promise<void>
    }
  }
  readonly logLevel: { readonly ERROR: number }
}

const loaded: { readonly default: KafkaJs } = await import(entryOf('kafkajs'))
const { Kafka, logLevel } = loaded.default
const connectTo = (bootstrap: string) =>
  new Kafka({ clientId: 'bench', brokers: [bootstrap], logLevel: logLevel.ERROR })

export const client: BenchClient = {
  async producer({ bootstrap, topic, codec }) {
    if (codec !== 'none') throw new Error(`KafkaJS has no ${codec}`)
    const producer = connectTo(bootstrap).producer()
    await producer.connect()
    return {
      send: (values) => producer.send({ topic, acks: -1, messages: values.map((value) => ({ value })) }),
      close: () => producer.disconnect(),
    }
  },

  async read({ bootstrap, topic, take }) {
    const consumer = connectTo(bootstrap).consumer({ groupId: `bench-${process.pid}` })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      async eachBatch({ batch }) {
        for (const { value } of batch.messages) take(value)
      },
    })
    return { close: () => consumer.disconnect() }
  },
}
