/** End to end: 5,000 records of 1 KB a second, one a request, a consumer that waits at the end of the log. */
import { figure } from '../loadgen.ts'
import type { Scenario } from '../scenario.ts'

export const endToEnd: Scenario = {
  name: 'e2e',
  figures: [
    { name: 'e2e p50', unit: 'ms' },
    { name: 'e2e p99', unit: 'ms', bar: { kind: 'ratio', bound: 'at-most', value: 0.4 } },
    { name: 'e2e p99.9', unit: 'ms' },
    { name: 'e2e CPU', unit: '% of a core' },
  ],
  async measure(session) {
    const topic = await session.newTopic()
    const seconds = 15 * session.scale
    const warmup = 5 * session.scale
    const result = await session.load('e2e', { topic, rate: 5000, record: 1024, seconds, warmup })
    return {
      'e2e p50': figure(result, 'p50Ms'),
      'e2e p99': figure(result, 'p99Ms'),
      'e2e p99.9': figure(result, 'p999Ms'),
      'e2e CPU': (figure(result, 'brokerCpuSeconds') / (seconds + warmup)) * 100,
    }
  },
}
