/**
 * Compressed batches from the Java producer, which brokers look into: to one partition, batches of 64 KB, acks=1. CPU of the broker by
 * GB of payload before its compression. The producer needs more CPU than either broker, so that the throughput is its own.
 */
import { produceByJava } from '../java-producer.ts'
import { payloadBytes, writePayload } from '../payload.ts'
import type { Scenario } from '../scenario.ts'

const bytes = 2e9
const warmBytes = 0.5e9

function scenarioOf(codec: 'lz4' | 'zstd'): Scenario {
  const title = `produce ${codec}`
  return {
    name: `codecs/${codec}`,
    figures: [
      { name: `${title} CPU`, unit: 's/GB', bar: { kind: 'ratio', bound: 'at-most', value: 0.6 } },
      { name: title, unit: 'MB/s' },
    ],
    async measure(session) {
      const { bootstrap } = session.broker
      const settings = { 'compression.type': codec, 'batch.size': '65536', 'linger.ms': '5', acks: '1' }
      const shape = { bootstrap, topic: await session.newTopic(), payloadFile: writePayload(), settings }
      const recordsOf = (size: number): number => Math.ceil((size * session.scale) / payloadBytes)
      await produceByJava({ ...shape, records: recordsOf(warmBytes) })
      const before = session.cpuSeconds
      const records = recordsOf(bytes)
      const perSecond = await produceByJava({ ...shape, records })
      const spent = session.cpuSeconds - before
      return {
        [`${title} CPU`]: spent / ((records * payloadBytes) / 1e9),
        [title]: (perSecond * payloadBytes) / 1e6,
      }
    },
  }
}

export const codecs: readonly Scenario[] = [scenarioOf('lz4'), scenarioOf('zstd')]
