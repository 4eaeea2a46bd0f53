/** Produce at full speed: one connection, five in flight, acks=1, to one partition. Shapes of batches and records. */
import { figure } from '../loadgen.ts'
import { type Bar, cpuSecondsPerGb, type Scenario } from '../scenario.ts'

interface Shape {
  readonly name: string
  /** Of the figures. */
  readonly title: string
  readonly batch: number
  readonly record: number
  /** Of CPU by GB, as a ratio. */
  readonly cpuMax: number
  readonly throughput?: Bar
}

function scenarioOf({ name, title, batch, record, cpuMax, throughput }: Shape): Scenario {
  return {
    name: `produce/${name}`,
    figures: [
      { name: `${title} CPU`, unit: 's/GB', bar: { kind: 'ratio', bound: 'at-most', value: cpuMax } },
      { name: title, unit: 'MB/s', ...(throughput && { bar: throughput }) },
      { name: `${title} p99`, unit: 'ms' },
      { name: `${title} generator CPU`, unit: 's' },
    ],
    async measure(session) {
      const topic = await session.newTopic()
      const shape = { topic, batch, record, inflight: 5, connections: 1, acks: 1 }
      await session.load('produce', { ...shape, bytes: Math.ceil(1e9 * session.scale) })
      const result = await session.load('produce', { ...shape, bytes: Math.ceil(2e9 * session.scale) })
      return {
        [`${title} CPU`]: cpuSecondsPerGb(result),
        [title]: figure(result, 'mbPerSecond'),
        [`${title} p99`]: figure(result, 'p99Ms'),
        [`${title} generator CPU`]: figure(result, 'ownCpuSeconds'),
      }
    },
  }
}

export const produce: readonly Scenario[] = [
  scenarioOf({
    name: '64k',
    title: 'produce',
    batch: 65536,
    record: 1024,
    cpuMax: 0.45,
    throughput: { kind: 'ratio', bound: 'at-least', value: 2 },
  }),
  // The largest that brokers take by default.
  scenarioOf({ name: '1m', title: 'produce 1 MB', batch: 1 << 20, record: 1024, cpuMax: 0.42 }),
  scenarioOf({ name: 'small-records', title: 'produce 100 B records', batch: 65536, record: 100, cpuMax: 0.38 }),
]
