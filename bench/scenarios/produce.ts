/** Produce: 64 KB batches of 1 KB records, one connection, five in flight, acks=1. */
import { figure } from '../loadgen.ts'
import { cpuSecondsPerGb, type Scenario } from '../scenario.ts'

export const produce: Scenario = {
  name: 'produce',
  figures: [
    { name: 'produce CPU', unit: 's/GB', bar: { kind: 'ratio', bound: 'at-most', value: 0.55 } },
    { name: 'produce', unit: 'MB/s', bar: { kind: 'ratio', bound: 'at-least', value: 1.5 } },
    { name: 'produce p99', unit: 'ms' },
    { name: 'produce generator CPU', unit: 's' },
  ],
  async measure(session) {
    const topic = await session.newTopic()
    const shape = { topic, batch: 65536, record: 1024, inflight: 5, connections: 1, acks: 1 }
    await session.load('produce', { ...shape, bytes: Math.ceil(1e9 * session.scale) })
    const result = await session.load('produce', { ...shape, bytes: Math.ceil(2e9 * session.scale) })
    return {
      'produce CPU': cpuSecondsPerGb(result),
      produce: figure(result, 'mbPerSecond'),
      'produce p99': figure(result, 'p99Ms'),
      'produce generator CPU': figure(result, 'ownCpuSeconds'),
    }
  },
}
