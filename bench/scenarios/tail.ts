/**
 * Fetch of what was just produced: consumers that wait at the end of one partition, and one producer of 64 KB batches at a steady
 * rate that both brokers carry. The CPU is that of the broker, by GB that consumers got; what the producer cost is in it,
 * alike for both brokers, and the more the fewer consumers there are.
 */
import { figure } from '../loadgen.ts'
import { cpuSecondsPerGb, type Scenario } from '../scenario.ts'

const batch = 65536

interface Shape {
  readonly consumers: number
  /** Of the producer. */
  readonly mbPerSecond: number
}

function scenarioOf({ consumers, mbPerSecond }: Shape): Scenario {
  const title = consumers === 1 ? 'tail, one consumer' : `tail, ${consumers} consumers`
  const rate = Math.floor((mbPerSecond * 1e6) / batch)
  return {
    name: `tail/${consumers}`,
    figures: [
      { name: `${title}, CPU`, unit: 's/GB', bar: { kind: 'ratio', bound: 'at-most', value: 0.75 } },
      { name: title, unit: 'MB/s' },
      { name: `${title}, p99`, unit: 'ms' },
      { name: `${title}, generator CPU`, unit: 's' },
    ],
    async measure(session) {
      const follow = async (seconds: number) => {
        const topic = await session.newTopic()
        return session.load('tail', { topic, batch, rate, connections: consumers, seconds, warmup: 0 })
      }
      await follow(5 * session.scale)
      const result = await follow(10 * session.scale)
      return {
        [`${title}, CPU`]: cpuSecondsPerGb(result),
        [title]: figure(result, 'mbPerSecond'),
        [`${title}, p99`]: figure(result, 'p99Ms'),
        [`${title}, generator CPU`]: figure(result, 'ownCpuSeconds'),
      }
    },
  }
}

export const tail: readonly Scenario[] = [
  scenarioOf({ consumers: 1, mbPerSecond: 100 }),
  scenarioOf({ consumers: 10, mbPerSecond: 30 }),
]
