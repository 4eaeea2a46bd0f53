/** Clients that read a topic of six partitions from its beginning, as members of groups of one, in batches where they have them. */
import {
  type ClientName,
  checkCount,
  figureOf,
  measureThroughput,
  recordsIn,
  runClient,
  throughputFigures,
  withTopic,
} from '../../clients/clients.ts'
import type { Done } from '../../clients/work.ts'
import type { Scenario } from '../../scenario.ts'

const verb = 'client consume'
const bytes = 1e9

export const clientConsume: Scenario = {
  name: 'clients/consume',
  figures: throughputFigures(verb),
  measure(session) {
    return measureThroughput(verb, (shape, clients) =>
      withTopic(session, async (topic) => {
        const wanted = Math.ceil((bytes * session.scale) / shape.recordBytes)
        await runClient(session, 'odradek', { mode: 'fill', topic, ...shape, records: wanted })
        const records = await recordsIn(session, topic)
        const measured = new Map<ClientName, Done>()
        for (const client of clients) {
          const done = await runClient(session, client, { mode: 'consume', topic, ...shape, records })
          const got = figureOf(done, 'bytes')
          checkCount(client, 'bytes of values were read', { got, wanted: records * shape.recordBytes })
          measured.set(client, done)
        }
        return measured
      }),
    )
  },
}
