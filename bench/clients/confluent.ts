/** `@confluentinc/kafka-javascript`, over librdkafka: by its promises, in batches. */
import type { BenchClient } from './client.ts'
import { entryOf } from './packages.ts'

interface Message {
  readonly value: Buffer | null
}

interface KafkaJs {
  readonly Kafka: new (options: {
    readonly kafkaJS: { readonly brokers: readonly string[] }
  }) => {
    producer(options: Readonly<Record<string, unknown>>): {
      connect(): Promise<void>
      send(options: { readonly topic: string; readonly messages: readonly Message[] }): Promise<unknown>
      disconnect(): Promise<void>
    }
    consumer(options: Readonly<Record<string, unknown>>): {
      connect(): Promise<void>
      subscribe(options: { readonly topics: readonly string[] }): Promise<void>
      run(options: {
        readonly eachBatch: (given: { readonly batch: { readonly messages: readonly Message[] } }) => Promise<void>
      }): Promise<void>
      disconnect(): Promise<void>
    }
  }
}

const loaded: { readonly default: { readonly KafkaJS: KafkaJs } } = await import(
  entryOf('@confluentinc/kafka-javascript')
)
const { Kafka } = loaded.default.KafkaJS

export const client: BenchClient = {
  async producer({ bootstrap, topic, codec, isPrompt }) {
    const kafka = new Kafka({ kafkaJS: { brokers: [bootstrap] } })
    const linger = isPrompt ? { 'linger.ms': 0 } : {}
    const producer = kafka.producer({ kafkaJS: { acks: -1 }, 'compression.codec': codec, ...linger })
    await producer.connect()
    return {
      send: (values) => producer.send({ topic, messages: values.map((value) => ({ value })) }),
      close: () => producer.disconnect(),
    }
  },

  async read({ bootstrap, topic, take }) {
    const kafka = new Kafka({ kafkaJS: { brokers: [bootstrap] } })
    const groupId = `bench-${process.pid}`
    const consumer = kafka.consumer({ kafkaJS: { groupId, fromBeginning: true } })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic] })
    await consumer.run({
      async eachBatch({ batch }) {
        for (const { value } of batch.messages) take(value)
      },
    })
    return { close: () => consumer.disconnect() }
  },
}
