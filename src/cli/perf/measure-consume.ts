/** `odradek perf consume`: how fast records come that are there. */
import type { Kafka } from '../../client/index.ts'
import type { ClientSetup } from '../client/client-flags.ts'
import type { Ending } from '../client/ending.ts'
import { partitionsOf } from '../client/partitions.ts'
import { Reading } from '../client/reading.ts'
import { assignFrom } from '../client/start-spots.ts'
import { type Rates, ratesOf } from './figures.ts'
import { Progress } from './progress.ts'

export interface ConsumeOptions {
  readonly kafka: Kafka
  readonly timeouts: ClientSetup['timeouts']
  readonly consumerOptions: NonNullable<Parameters<Kafka['consumer']>[0]>
  readonly topic: string
  /** Undefined: all that there are. */
  readonly count: number | undefined
  /** So long without a record, and it ends. */
  readonly idleMsMax: number
  readonly ending: Ending
}

export interface Consumed extends Rates {
  /** From the question for the first record until it was there. */
  readonly firstRecordMs: number
  /** Fewer came than were wanted, within the time. */
  readonly isTimedOut: boolean
}

/** From the beginning of all partitions on. Rejects with KafkaError. */
export async function measureConsume({
  kafka,
  timeouts,
  consumerOptions,
  topic,
  count,
  idleMsMax,
  ending,
}: ConsumeOptions): Promise<Consumed> {
  const partitions = await partitionsOf({ kafka, timeouts }, [topic])
  const { groupId: _, ...options } = consumerOptions
  await using consumer = kafka.consumer({ allowAutoCreateTopics: false, ...options })
  let [records, bytes, firstMs, lastMs] = [0, 0, 0, 0]
  const reading = new Reading({
    ...{ consumer, ending, recordsMax: count, isExact: false, endsAtEnd: count === undefined, idleMsMax },
    write(batch) {
      lastMs = performance.now()
      if (records === 0) firstMs = lastMs
      records += batch.length
      for (const { key, value } of batch) bytes += (key?.length ?? 0) + (value?.length ?? 0)
      return Promise.resolve()
    },
  })
  const progress = new Progress({ stream: process.stderr, seen: () => ({ records, bytes }) })
  try {
    await reading.lookForEnds(partitions)
    await assignFrom(consumer, partitions, { kind: 'beginning' })
    const fromMs = performance.now()
    await reading.run()
    const firstRecordMs = records === 0 ? 0 : Number((firstMs - fromMs).toFixed(1))
    return { ...ratesOf(records, bytes, lastMs - fromMs), firstRecordMs, isTimedOut: reading.isTimedOut }
  } finally {
    progress.end()
  }
}
