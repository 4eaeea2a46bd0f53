/** Memory: what a thousand partitions add to the resident set of a broker that has just started, and nobody writes or reads. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Scenario } from '../../scenario.ts'

const partitions = 1000
const settleMs = 5000

export const memoryOfPartitions: Scenario = {
  name: 'memory/partitions',
  figures: [
    { name: 'RSS of 1,000 partitions', unit: 'MB', bar: { kind: 'ratio', bound: 'at-most', value: 0.2 } },
    { name: 'RSS with 1,000 partitions', unit: 'MB' },
  ],
  async measure(session) {
    await session.restart('stop', () => undefined)
    // The first topic takes more than the second.
    await session.newTopic()
    await delay(settleMs * session.scale)
    const before = session.rssMb
    await session.newTopic(partitions)
    await delay(settleMs * session.scale)
    const after = session.rssMb
    return { 'RSS of 1,000 partitions': after - before, 'RSS with 1,000 partitions': after }
  },
}
