/** Memory: resident set a while after the start, before any load. It must run first in a session. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Scenario } from '../scenario.ts'

const settleMs = 3000

export const memoryIdle: Scenario = {
  name: 'memory-idle',
  figures: [{ name: 'RSS idle', unit: 'MB', bar: { kind: 'absolute', bound: 'at-most', value: 90 } }],
  async measure(session) {
    await delay(settleMs * session.scale)
    return { 'RSS idle': session.rssMb }
  },
}

/** The resident set after five GB were produced and fetched once. */
export const memoryLoaded: Scenario = {
  name: 'memory-loaded',
  figures: [{ name: 'RSS after 5 GB', unit: 'MB', bar: { kind: 'absolute', bound: 'at-most', value: 200 } }],
  async measure(session) {
    const topic = await session.newTopic()
    const bytes = Math.ceil(5e9 * session.scale)
    await session.load('produce', { topic, batch: 65536, record: 1024, bytes })
    await session.load('fetch', { topic, bytes })
    return { 'RSS after 5 GB': session.rssMb }
  },
}
