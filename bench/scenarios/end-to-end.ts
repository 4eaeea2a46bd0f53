/** End to end: 5,000 records of 1 KB a second, one a request, a consumer that waits at the end of the log. */
import { figure } from '../loadgen.ts'
import type { Scenario } from '../scenario.ts'

function scenarioOf(acks: 1 | 'all'): Scenario {
  const title = `e2e acks=${acks}`
  return {
    name: `e2e/acks-${acks}`,
    figures: [
      { name: `${title} p50`, unit: 'ms' },
      { name: `${title} p99`, unit: 'ms', bar: { kind: 'ratio', bound: 'at-most', value: 0.2 } },
      { name: `${title} p99.9`, unit: 'ms', bar: { kind: 'ratio', bound: 'at-most', value: 0.3 } },
      { name: `${title} CPU`, unit: '% of a core', bar: { kind: 'ratio', bound: 'at-most', value: 0.4 } },
    ],
    async measure(session) {
      const shape = { rate: 5000, record: 1024, acks: acks === 'all' ? -1 : acks }
      // What a broker spends on getting warm is not what it spends on records.
      await session.load('e2e', { ...shape, topic: await session.newTopic(), seconds: 5 * session.scale, warmup: 0 })
      const topic = await session.newTopic()
      const seconds = 15 * session.scale
      const warmup = 1
      const result = await session.load('e2e', { ...shape, topic, seconds, warmup })
      return {
        [`${title} p50`]: figure(result, 'p50Ms'),
        [`${title} p99`]: figure(result, 'p99Ms'),
        [`${title} p99.9`]: figure(result, 'p999Ms'),
        [`${title} CPU`]: (figure(result, 'brokerCpuSeconds') / (seconds + warmup)) * 100,
      }
    },
  }
}

export const endToEnd: readonly Scenario[] = [scenarioOf(1), scenarioOf('all')]
