/** `@platformatic/kafka` as the suites use it: closed after use. */
import { Consumer, Producer, type Received, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { bootstrap, uniqueName } from './kit.ts'

const readTimeoutMs = 40_000
const address = () => ({ clientId: 'interop', bootstrapBrokers: [bootstrap()], timeout: 15_000 })

export const openProducer = (options: { readonly idempotent?: boolean } = {}) =>
  new Producer({ ...address(), serializers: stringSerializers, ...options })

export interface ReadOptions {
  readonly topic: string
  readonly count: number
  readonly groupId?: string
  readonly groupProtocol?: 'classic' | 'consumer'
  readonly commit?: boolean
}

/** Reads `count` records in a group: from where it committed, else from the beginning. */
export async function readByPlatformatic(options: ReadOptions): Promise<Received[]> {
  const consumer = new Consumer({
    ...address(),
    groupId: options.groupId ?? uniqueName('platformatic'),
    deserializers: stringDeserializers,
    groupProtocol: options.groupProtocol ?? 'classic',
  })
  const received: Received[] = []
  try {
    const stream = await consumer.consume({
      topics: [options.topic],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
      maxWaitTime: 200,
    })
    const timer = setTimeout(() => stream.close(), readTimeoutMs)
    try {
      for await (const message of stream) {
        received.push(message)
        if (received.length === options.count) break
      }
    } finally {
      clearTimeout(timer)
    }
    if (received.length < options.count) {
      throw new Error(`${received.length} of ${options.count} records of ${options.topic} in ${readTimeoutMs} ms`)
    }
    const last = received.at(-1)
    if (options.commit && last !== undefined) {
      const { topic, partition, offset } = last
      await consumer.commit({ offsets: [{ topic, partition, offset: offset + 1n, leaderEpoch: 0 }] })
    }
  } finally {
    await consumer.close(true)
  }
  return received
}
