/** `odradek perf produce`: how fast records are taken, and how long each waits until it is acknowledged. */
import type { Kafka } from '../../client/index.ts'
import type { Ending } from '../client/ending.ts'
import { type Latencies, latenciesOf, type Rates, ratesOf } from './figures.ts'
import { Load } from './load.ts'
import { Progress } from './progress.ts'

export interface ProduceOptions {
  readonly kafka: Kafka
  readonly producerOptions: NonNullable<Parameters<Kafka['producer']>[0]>
  readonly topic: string
  readonly count: number
  readonly recordSize: number
  /** Records a second; 0: as fast as it goes. */
  readonly throughput: number
  readonly warmUp: number
  readonly ending: Ending
  readonly failed: (error: unknown) => void
}

export interface Produced extends Rates {
  /** Milliseconds from `send` until it was acknowledged. */
  readonly latencyMs: Latencies
}

/** Of `buffer.memory`; what is beyond it would wait within the producer. */
const roomPart = 0.9
const bufferMemoryDefault = 33_554_432

/** Records that fail are told to `failed`, and not counted. */
export async function measureProduce({
  kafka,
  producerOptions,
  count,
  warmUp,
  ending,
  ...more
}: ProduceOptions): Promise<Produced> {
  await using producer = kafka.producer(producerOptions)
  const bytesMax = (producerOptions.bufferMemory ?? bufferMemoryDefault) * roomPart
  const load = new Load({ ...more, producer, count: count + warmUp, warmUp, bytesMax, isOver: () => ending.isOver })
  const progress = new Progress({ stream: process.stderr, seen: () => load.seen })
  try {
    await load.run()
  } finally {
    progress.end()
  }
  const { records, bytes, elapsedMs } = load.measured
  return { ...ratesOf(records, bytes, elapsedMs), latencyMs: latenciesOf(load.histogram) }
}
