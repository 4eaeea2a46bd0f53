/**
 * Requests: one record of 100 bytes each, to one partition. Few connections have many under way; a thousand have one each, which
 * is more than a broker answers at once. The generator has one thread: it is the bottleneck where its CPU a request times
 * the requests a second comes near a second.
 */
import { figure } from '../loadgen.ts'
import type { Scenario } from '../scenario.ts'

interface Shape {
  readonly connections: number
  readonly inflight: number
}

function scenarioOf({ connections, inflight }: Shape): Scenario {
  const title = `requests of ${connections}`
  return {
    name: `requests/${connections}`,
    figures: [
      { name: title, unit: '/s', bar: { kind: 'ratio', bound: 'at-least', value: 5 } },
      { name: `${title} CPU`, unit: 'us each', bar: { kind: 'ratio', bound: 'at-most', value: 0.15 } },
      { name: `${title} p99`, unit: 'ms' },
      { name: `${title} generator CPU`, unit: 'us each' },
    ],
    async measure(session) {
      const topic = await session.newTopic()
      const shape = { topic, connections, inflight }
      await session.load('requests', { ...shape, seconds: 5 * session.scale })
      const result = await session.load('requests', { ...shape, seconds: 10 * session.scale })
      const usEach = (name: string): number => (figure(result, name) * 1e6) / figure(result, 'requests')
      return {
        [title]: figure(result, 'requestsPerSecond'),
        [`${title} CPU`]: usEach('brokerCpuSeconds'),
        [`${title} p99`]: figure(result, 'p99Ms'),
        [`${title} generator CPU`]: usEach('ownCpuSeconds'),
      }
    },
  }
}

export const requests: readonly Scenario[] = [
  scenarioOf({ connections: 4, inflight: 20 }),
  scenarioOf({ connections: 64, inflight: 5 }),
  scenarioOf({ connections: 1000, inflight: 1 }),
]
