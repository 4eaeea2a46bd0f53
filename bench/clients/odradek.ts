/** Our own client: batches of whatever size through `sendAll`, and batches as they lie in the log. */
import { Kafka } from '../../src/stack/client.ts'
import type { BenchClient } from './client.ts'

export const client: BenchClient = {
  async producer({ bootstrap, topic, codec }) {
    const kafka = new Kafka({ bootstrapServers: bootstrap })
    const producer = kafka.producer({ compressionType: codec })
    return {
      send: (values) =>
        producer.sendAll(
          topic,
          values.map((value) => ({ value })),
        ),
      close: () => producer.close(),
    }
  },

  async read({ bootstrap, topic, take }) {
    const groupId = `bench-${process.pid}`
    const consumer = new Kafka({ bootstrapServers: bootstrap }).consumer({ groupId, autoOffsetReset: 'earliest' })
    consumer.subscribe([topic])
    const reading = (async () => {
      for await (const { records } of consumer.batches()) for (const { value } of records) take(value)
    })()
    return {
      async close() {
        await consumer.close()
        await reading
      },
    }
  },
}
