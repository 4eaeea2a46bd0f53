/**
 * A thousand partitions in a request: of one producer with a small batch for each, and of fetch sessions (KIP-227) that
 * hold all of them, ten of which have a new record each time. The CPU a fetch has a tenth of that producer's request in it,
 * alike for both brokers: as many sessions fetch what one request brought.
 *
 * Indexes are small: Kafka maps 10 MB of each, and newer kernels (6.18) need 10 ms for the first byte that is written there. With two
 * of them for each of a thousand partitions nothing else would be measured.
 */
import { createTopic, deleteTopic, touchAll } from '../admin.ts'
import { figure, type LoadResult } from '../loadgen.ts'
import type { Scenario, Session } from '../scenario.ts'

const partitions = 1000
const sessions = 10
const changed = 10
const record = 100
const settings = { 'segment.index.bytes': '65536' }
const bar = { kind: 'ratio', bound: 'at-most', value: 0.5 } as const

const cpuUsEach = (result: LoadResult): number =>
  (figure(result, 'brokerCpuSeconds') * 1e6) / figure(result, 'requests')

/** For as long as the work takes: what comes after it is not to pay for partitions that nobody uses any more. */
async function onMany(
  { broker: { port } }: Session,
  name: string,
  work: () => Promise<LoadResult>,
): Promise<LoadResult> {
  await createTopic(port, { name, partitions, settings })
  await touchAll(port, { topic: name, partitions })
  const result = await work()
  await deleteTopic(port, name)
  return result
}

export const produceToMany: Scenario = {
  name: 'spread/produce',
  figures: [
    { name: 'produce to 1,000 partitions CPU', unit: 'us each', bar },
    { name: 'produce to 1,000 partitions', unit: '/s' },
    { name: 'produce to 1,000 partitions p99', unit: 'ms' },
  ],
  async measure(session) {
    const topic = 'spread-produce'
    const shape = { topic, spread: partitions, record, batch: 1, inflight: 2 }
    const result = await onMany(session, topic, async () => {
      await session.load('produce', { ...shape, seconds: 10 * session.scale })
      return session.load('produce', { ...shape, seconds: 10 * session.scale })
    })
    return {
      'produce to 1,000 partitions CPU': cpuUsEach(result),
      'produce to 1,000 partitions': figure(result, 'requestsPerSecond'),
      'produce to 1,000 partitions p99': figure(result, 'p99Ms'),
    }
  },
}

export const fetchSession: Scenario = {
  name: 'spread/session',
  figures: [
    { name: 'fetch session of 1,000 partitions CPU', unit: 'us each', bar },
    { name: 'fetch session of 1,000 partitions', unit: '/s' },
    { name: 'fetch session of 1,000 partitions p99', unit: 'ms' },
  ],
  async measure(session) {
    const topic = 'spread-session'
    const shape = { topic, partitions, connections: sessions, spread: changed, record }
    const result = await onMany(session, topic, async () => {
      await session.load('session', { ...shape, seconds: 5 * session.scale })
      return session.load('session', { ...shape, seconds: 10 * session.scale })
    })
    return {
      'fetch session of 1,000 partitions CPU': cpuUsEach(result),
      'fetch session of 1,000 partitions': figure(result, 'requestsPerSecond'),
      'fetch session of 1,000 partitions p99': figure(result, 'p99Ms'),
    }
  },
}
