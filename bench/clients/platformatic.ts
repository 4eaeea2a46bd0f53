/** `@platformatic/kafka`: `send` of many messages, and the events of its stream, as its own benchmarks read. */
import type { BenchClient } from './client.ts'
import { entryOf } from './packages.ts'

interface Message {
  readonly topic: string
  readonly value: Buffer
}

interface Stream {
  on(event: 'data', listener: (message: { readonly value: Buffer | null }) => void): this
  on(event: 'error', listener: (error: unknown) => void): this
}

interface Platformatic {
  readonly Producer: new (options: {
    readonly clientId: string
    readonly bootstrapBrokers: readonly string[]
  }) => {
    send(options: {
      readonly messages: readonly Message[]
      readonly acks: -1
      readonly compression: string
    }): Promise<unknown>
    close(): Promise<void>
  }
  readonly Consumer: new (options: {
    readonly clientId: string
    readonly bootstrapBrokers: readonly string[]
    readonly groupId: string
  }) => {
    consume(options: { readonly topics: readonly string[]; readonly mode: string }): Promise<Stream>
    close(force: boolean): Promise<void>
  }
}

const { Producer, Consumer }: Platformatic = await import(entryOf('@platformatic/kafka'))
const clientId = 'bench'

export const client: BenchClient = {
  async producer({ bootstrap, topic, codec }) {
    const producer = new Producer({ clientId, bootstrapBrokers: [bootstrap] })
    return {
      send: (values) =>
        producer.send({ messages: values.map((value) => ({ topic, value })), acks: -1, compression: codec }),
      close: () => producer.close(),
    }
  },

  async read({ bootstrap, topic, take }) {
    const groupId = `bench-${process.pid}`
    const consumer = new Consumer({ clientId, bootstrapBrokers: [bootstrap], groupId })
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest' })
    stream.on('error', (error) => {
      throw error
    })
    stream.on('data', ({ value }) => take(value))
    return { close: () => consumer.close(true) }
  },
}
