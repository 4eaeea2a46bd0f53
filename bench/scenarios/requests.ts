/** Requests: one record of 100 bytes each, four connections with twenty in flight. */
import { figure } from '../loadgen.ts'
import type { Scenario } from '../scenario.ts'

export const requests: Scenario = {
  name: 'requests',
  figures: [
    { name: 'requests', unit: '/s', bar: { kind: 'ratio', bound: 'at-least', value: 3 } },
    { name: 'requests CPU', unit: 'us each' },
    { name: 'requests p99', unit: 'ms' },
  ],
  async measure(session) {
    const topic = await session.newTopic()
    await session.load('requests', { topic, seconds: 5 * session.scale })
    const result = await session.load('requests', { topic, seconds: 10 * session.scale })
    return {
      requests: figure(result, 'requestsPerSecond'),
      'requests CPU': (figure(result, 'brokerCpuSeconds') * 1e6) / figure(result, 'requests'),
      'requests p99': figure(result, 'p99Ms'),
    }
  },
}
