/** The highest resident set of a client that reads 5 GB of records of 1 KB, batches of 64 KB, from one partition. */

import { deleteTopic, recordCount } from '../../admin.ts'
import {
  type ClientName,
  checkCount,
  compare,
  comparedFigures,
  figureOf,
  installedClients,
  names,
  runClient,
} from '../../clients/clients.ts'
import type { Scenario } from '../../scenario.ts'

const what = 'client RSS, 5 GB'
const notMore = { bound: 'at-most', value: 1 } as const
const recordBytes = 1024

export const clientMemory: Scenario = {
  name: 'clients/memory',
  figures: comparedFigures({
    name: what,
    unit: 'MB',
    bars: { platformatic: notMore, kafkajs: notMore, confluent: notMore },
  }),
  async measure(session) {
    const there = await installedClients()
    const topic = await session.newTopic()
    const { port } = session.broker
    await session.load('produce', { topic, batch: 65536, record: recordBytes, bytes: Math.ceil(5e9 * session.scale) })
    const records = await recordCount(port, { name: topic, partitions: 1 })
    const measured = new Map<ClientName, number>()
    for (const client of names.filter((name) => there.has(name))) {
      const done = await runClient(session, client, { mode: 'consume', topic, recordBytes, records })
      checkCount(client, 'records were read', { got: figureOf(done, 'records'), wanted: records })
      measured.set(client, figureOf(done, 'rssMbMax'))
    }
    await deleteTopic(port, topic)
    return compare(what, measured)
  },
}
