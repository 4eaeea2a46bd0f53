/** Fetch: replies of 1 MB, one connection, all of it in the page cache. */
import { figure } from '../loadgen.ts'
import { cpuSecondsPerGb, type Scenario } from '../scenario.ts'

export const fetch: Scenario = {
  name: 'fetch',
  figures: [
    { name: 'fetch CPU', unit: 's/GB', bar: { kind: 'ratio', bound: 'at-most', value: 1.08 } },
    { name: 'fetch', unit: 'MB/s' },
    { name: 'fetch p99', unit: 'ms' },
    { name: 'fetch generator CPU', unit: 's' },
  ],
  async measure(session) {
    const topic = await session.newTopic()
    await session.load('produce', { topic, batch: 65536, record: 1024, bytes: 1e9 * Math.min(1, session.scale * 2) })
    const shape = { topic, max: 1 << 20, connections: 1 }
    await session.load('fetch', { ...shape, bytes: Math.ceil(4e9 * session.scale) })
    const result = await session.load('fetch', { ...shape, bytes: Math.ceil(12e9 * session.scale) })
    return {
      'fetch CPU': cpuSecondsPerGb(result),
      fetch: figure(result, 'mbPerSecond'),
      'fetch p99': figure(result, 'p99Ms'),
      'fetch generator CPU': figure(result, 'ownCpuSeconds'),
    }
  },
}
