/**
 * An idempotent producer that sends numbers to all partitions of a topic, five requests in flight, and notes what it is told of each:
 * what was acknowledged is there once and at its offset, what was rejected at most once, and all in the order in which it was sent.
 */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CompressionName } from '../../src/records/index.ts'
import type { SeededStream } from '../../src/sim/index.ts'
import { Kafka, KafkaError, type Producer } from '../../src/stack/client.ts'
import type { StoredRecord } from '../sim/sweep/stored.ts'

const burstMax = 20
const pauseMsMax = 8
/** Several batches of a few records, so that some are in flight while others are sent again. */
const batchSize = 300
const padding = '.'.repeat(40)

export interface ProxiedProducerOptions {
  readonly bootstrap: string
  readonly topic: string
  readonly partitionCount: number
  readonly codec: CompressionName
  readonly draw: SeededStream
  readonly requestTimeoutMs: number
  readonly deliveryTimeoutMs: number
}

interface Acknowledged {
  readonly partition: number
  /** -1: the broker had it already. */
  readonly offset: number
}

/** Of a value: who sent it, and the number. */
/** One before it was given up, and whether this one was appended by an attempt that was not answered cannot be told. */
const nobodyKnows = 'OUT_OF_ORDER_SEQUENCE_NUMBER'

const parsed = (value: string | null): { readonly codec: string; readonly number: number } => {
  const [codec = '', number = ''] = value?.split(' ') ?? []
  return { codec, number: Number(number) }
}

export class ProxiedProducer {
  readonly acknowledged = new Map<number, Acknowledged>()
  /** What was said of each. */
  readonly rejected = new Map<number, string>()
  readonly #options: ProxiedProducerOptions
  readonly #producer: Producer
  readonly #unfair: unknown[] = []

  constructor(options: ProxiedProducerOptions) {
    const { bootstrap, codec, requestTimeoutMs, deliveryTimeoutMs } = options
    this.#options = options
    const kafka = new Kafka({
      bootstrapServers: bootstrap,
      clientId: `producer ${codec}`,
      requestTimeoutMs,
      retryBackoffMs: 10,
      retryBackoffMaxMs: 50,
      reconnectBackoffMs: 5,
      reconnectBackoffMaxMs: 50,
      logLevel: 'error',
    })
    this.#producer = kafka.producer({ compressionType: codec, batchSize, lingerMs: 1, deliveryTimeoutMs })
  }

  /** Throws where a record was not told of, or was refused. */
  async run(count: number): Promise<void> {
    const { draw } = this.#options
    for (let number = 0; number < count; ) {
      const end = Math.min(count, number + 1 + draw.below(burstMax))
      for (; number < end; number++) this.#send(number)
      await sleep(draw.below(pauseMsMax))
    }
    await this.#producer.close()
    assert.deepEqual(this.#unfair, [])
    assert.equal(this.acknowledged.size + this.rejected.size, count, 'each record was told of')
  }

  #send(number: number): void {
    const { topic, codec, draw, partitionCount } = this.#options
    const value = `${codec} ${number} ${padding}`
    this.#producer.send(topic, { value, partition: draw.below(partitionCount) }).then(
      ({ partition, offset }) => this.acknowledged.set(number, { partition, offset }),
      (error: unknown) => {
        const isFair = error instanceof KafkaError && (error.isRetriable || error.code === nobodyKnows)
        if (isFair) this.rejected.set(number, error.message)
        else this.#unfair.push(error)
      },
    )
  }

  /** `logs` are all records of the topic, by partition. */
  check(logs: readonly (readonly StoredRecord[])[]): void {
    const { codec } = this.#options
    const places = new Map<number, Acknowledged>()
    for (const [partition, records] of logs.entries()) {
      let last = -1
      for (const { offset, value } of records) {
        const record = parsed(value)
        if (record.codec !== codec) continue
        const { number } = record
        assert.ok(number > last, `${codec} ${number} stands behind ${last}, at ${offset} of partition ${partition}`)
        assert.ok(!places.has(number), `${codec} ${number} is there twice`)
        last = number
        places.set(number, { partition, offset })
      }
    }
    for (const [number, { partition, offset }] of this.acknowledged) {
      const place = places.get(number)
      const told = `${codec} ${number} was acknowledged at ${offset} of partition ${partition}`
      assert.ok(place !== undefined, `${told}, and is not there`)
      assert.equal(place.partition, partition, told)
      if (offset >= 0) assert.equal(place.offset, offset, told)
    }
  }
}
