/** Topics that are created one by one by one client: what a change of the metadata takes, while there are more and more. */
import { createOneByOne } from '../../quorum/topics.ts'
import type { Scenario } from '../../scenario.ts'

const count = 2000
const warmCount = 500

/** One combined node. Ours answers when the broker has made the log, Kafka's when the record is committed. */
export const creation: Scenario = {
  name: 'quorum/topics',
  figures: [
    { name: 'CreateTopics p50', unit: 'ms' },
    { name: 'CreateTopics p99', unit: 'ms', bar: { kind: 'ratio', bound: 'at-most', value: 1 } },
  ],
  async measure({ broker, scale }) {
    await createOneByOne(broker.port, 'warm', warmCount * scale)
    const { p50Ms, p99Ms } = await createOneByOne(broker.port, 'one', count * scale)
    return { 'CreateTopics p50': p50Ms, 'CreateTopics p99': p99Ms }
  },
}

/** Three controllers, and a broker that passes the requests on. */
export const creationInQuorum: Scenario = {
  name: 'quorum/topics-of-three',
  figures: [
    { name: 'CreateTopics of three p50', unit: 'ms' },
    { name: 'CreateTopics of three p99', unit: 'ms' },
  ],
  measure(session) {
    const nodes = [
      { id: 1, roles: ['controller'] },
      { id: 2, roles: ['controller'] },
      { id: 3, roles: ['controller'] },
      { id: 11, roles: ['broker'] },
    ] as const
    return session.inCluster(nodes, async (cluster) => {
      const port = cluster.node(11).ports.broker
      await createOneByOne(port, 'warm', warmCount * session.scale)
      const { p50Ms, p99Ms } = await createOneByOne(port, 'one', count * session.scale)
      return { 'CreateTopics of three p50': p50Ms, 'CreateTopics of three p99': p99Ms }
    })
  },
}
