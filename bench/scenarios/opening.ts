/** Opening: the start of the broker with 2 GiB to recover after a kill, and with 2,000 partitions after a clean stop. */
import { appendFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createTopic, touchAll } from '../admin.ts'
import type { Scenario } from '../scenario.ts'

const gib = 2 ** 30
/** Kafka waits until the session of the killed broker is over: that is not what is measured. */
const shortSession = 'broker.session.timeout.ms=1000\nbroker.heartbeat.interval.ms=100\n'
/** In one request each, so that neither broker times out. */
const topics = 4

export const recovery: Scenario = {
  name: 'recovery',
  figures: [
    { name: 'start after kill', unit: 's', bar: { kind: 'ratio', bound: 'at-most', value: 1 } },
    { name: 'recovery', unit: 's/GiB', bar: { kind: 'absolute', bound: 'at-most', value: 5 } },
  ],
  async measure(session) {
    const topic = await session.newTopic()
    const bytes = Math.ceil(2 * gib * session.scale)
    await session.load('produce', { topic, batch: 65536, record: 1024, bytes })
    await session.restart('kill', ({ place }) => {
      // Nothing vouches for any of it.
      writeFileSync(join(dirname(place.file), 'data', 'recovery-point-offset-checkpoint'), '0\n0\n')
      appendFileSync(place.file, shortSession)
    })
    const seconds = session.broker.startMs / 1000
    return { 'start after kill': seconds, recovery: seconds / (bytes / gib) }
  },
}

export const manyPartitions: Scenario = {
  name: 'partitions',
  figures: [{ name: 'start with 2,000 partitions', unit: 's', bar: { kind: 'ratio', bound: 'at-most', value: 0.5 } }],
  async measure(session) {
    const partitions = Math.ceil((2000 / topics) * session.scale)
    for (let i = 0; i < topics; i++) {
      const { port } = session.broker
      await createTopic(port, { name: `many-${i}`, partitions, settings: {} })
      await touchAll(port, { topic: `many-${i}`, partitions })
    }
    await session.restart('stop', () => undefined)
    return { 'start with 2,000 partitions': session.broker.startMs / 1000 }
  },
}
