/** Clients that send as fast as they can: calls of 100 KB, five at a time, to six partitions, acks=all, nothing tuned. */
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

const verb = 'client produce'

export const clientProduce: Scenario = {
  name: 'clients/produce',
  figures: throughputFigures(verb),
  measure(session) {
    const times = { seconds: 10 * session.scale, warmupSeconds: 5 * session.scale }
    return measureThroughput(verb, async (shape, clients) => {
      const measured = new Map<ClientName, Done>()
      for (const client of clients) {
        await withTopic(session, async (topic) => {
          const done = await runClient(session, client, { mode: 'produce', topic, ...shape, ...times })
          const wanted = figureOf(done, 'records')
          checkCount(client, 'records are in the log', { got: await recordsIn(session, topic), wanted })
          measured.set(client, done)
        })
      }
      return measured
    })
  },
}
