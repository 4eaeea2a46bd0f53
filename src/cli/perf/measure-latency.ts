/** `odradek perf latency`: how long a record takes from the producer to a consumer, and until it is acknowledged. */
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer, Kafka, Producer } from '../../client/index.ts'
import type { Ending } from '../client/ending.ts'
import { assignFrom } from '../client/start-spots.ts'
import { Histogram } from './histogram.ts'
import { Pace } from './pace.ts'

export interface LatencyOptions {
  readonly kafka: Kafka
  readonly producerOptions: NonNullable<Parameters<Kafka['producer']>[0]>
  readonly consumerOptions: NonNullable<Parameters<Kafka['consumer']>[0]>
  readonly topic: string
  readonly partition: number
  readonly count: number
  readonly recordSize: number
  /** Records a second; 0: the next one when the one before has been read. */
  readonly throughput: number
  readonly warmUp: number
  readonly ending: Ending
  readonly failed: (error: unknown) => void
}

/** Of each record from when it was due, also where this process was late: a pause counts for all that it held up. */
export interface Latency {
  readonly acknowledged: Histogram
  readonly read: Histogram
  /** Sent, and not read within the time. */
  readonly lost: number
}

/** A record begins with whose it is and which. */
const runBytes = 8
export const recordSizeMin = runBytes + 4
/** What does not come for so long is lost. */
const idleMsMax = 30_000
const lookMs = 100

/** Rejects with KafkaError. */
export async function measureLatency(options: LatencyOptions): Promise<Latency> {
  const { kafka, topic, partition, ending } = options
  const { groupId: _, ...consumerOptions } = options.consumerOptions
  await using producer = kafka.producer({ lingerMs: 0, ...options.producerOptions })
  await using consumer = kafka.consumer({ allowAutoCreateTopics: false, ...consumerOptions })
  await assignFrom(consumer, [{ topic, partition }], { kind: 'end' })
  const run = new Run(options, producer)
  ending.whenOver(() => run.end())
  const reading = run.take(consumer)
  try {
    await Promise.race([run.send(), reading])
    await Promise.race([run.untilRead(), reading])
  } finally {
    await consumer.close()
  }
  await reading
  return run
}

class Run implements Latency {
  readonly acknowledged = new Histogram()
  readonly read = new Histogram()
  readonly #options: LatencyOptions
  readonly #producer: Producer
  readonly #id = randomBytes(runBytes)
  readonly #pace: Pace
  #sent = 0
  #failed = 0
  #readCount = 0
  #readMs = 0
  /** When the last one was sent: without a pace there is no other under way. */
  #sentMs = 0
  #isOver = false
  #wake: (() => void) | undefined

  constructor(options: LatencyOptions, producer: Producer) {
    this.#options = options
    this.#producer = producer
    this.#pace = new Pace(options.throughput, performance.now())
  }

  get lost(): number {
    return this.#sent - this.#failed - this.#readCount
  }

  end(): void {
    this.#isOver = true
    this.#wake?.()
  }

  async send(): Promise<void> {
    const { count, warmUp } = this.#options
    const total = count + warmUp
    while (this.#sent < total && !this.#isOver) {
      const leftMs = this.#pace.dueMs(this.#sent) - performance.now()
      if (this.#pace.isBounded && leftMs > 0) await delay(Math.ceil(leftMs))
      else {
        this.#sendOne(this.#sent++)
        if (!this.#pace.isBounded) await this.untilRead()
      }
    }
    await this.#producer.flush()
  }

  #dueMs(index: number): number {
    return this.#pace.isBounded ? this.#pace.dueMs(index) : this.#sentMs
  }

  #sendOne(index: number): void {
    const { topic, partition, recordSize, warmUp, failed } = this.#options
    const value = Buffer.alloc(recordSize, 'A')
    this.#id.copy(value)
    value.writeUInt32BE(index, runBytes)
    this.#sentMs = performance.now()
    const dueMs = this.#dueMs(index)
    this.#producer.send(topic, { value, partition }).then(
      () => {
        if (index >= warmUp) this.acknowledged.record((performance.now() - dueMs) * 1000)
      },
      (error: unknown) => {
        this.#failed++
        this.#wake?.()
        failed(error)
      },
    )
  }

  /** Until the consumer is closed. */
  async take(consumer: Consumer): Promise<void> {
    for await (const { records } of consumer.batches()) {
      const nowMs = performance.now()
      for (const { value } of records) this.#takeOne(value, nowMs)
    }
  }

  #takeOne(bytes: Uint8Array | null, nowMs: number): void {
    if (bytes === null || bytes.length < recordSizeMin) return
    const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    // Another run may write there at the same time.
    if (!value.subarray(0, runBytes).equals(this.#id)) return
    const index = value.readUInt32BE(runBytes)
    if (index >= this.#options.warmUp) this.read.record((nowMs - this.#dueMs(index)) * 1000)
    this.#readCount++
    this.#readMs = nowMs
    this.#wake?.()
  }

  /** Resolves when all that was sent is read, or nothing has come for too long. */
  async untilRead(): Promise<void> {
    const fromMs = performance.now()
    while (this.lost > 0 && !this.#isOver) {
      if (performance.now() - Math.max(fromMs, this.#readMs) > idleMsMax) return
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      const timer = setTimeout(resolve, lookMs)
      await promise
      clearTimeout(timer)
    }
  }
}
