/** One record of 1 KB each millisecond, from when it is due until a reader in the same process has it; nobody waits for more records. */
import {
  type ClientName,
  checkCount,
  compare,
  comparedFigures,
  figureOf,
  installedClients,
  names,
  recordsIn,
  runClient,
  withTopic,
} from '../../clients/clients.ts'
import type { Scenario } from '../../scenario.ts'

const p50 = 'client latency p50'
const p99 = 'client latency p99'
const notSlower = { bound: 'at-most', value: 1 } as const

export const clientLatency: Scenario = {
  name: 'clients/latency',
  figures: [
    ...comparedFigures({ name: p50, unit: 'ms', bars: {} }),
    ...comparedFigures({
      name: p99,
      unit: 'ms',
      bars: { platformatic: notSlower, kafkajs: notSlower, confluent: notSlower },
    }),
  ],
  async measure(session) {
    const there = await installedClients()
    const times = { seconds: 20 * session.scale, warmupSeconds: 5 * session.scale }
    const measured50 = new Map<ClientName, number>()
    const measured99 = new Map<ClientName, number>()
    for (const client of names.filter((name) => there.has(name))) {
      await withTopic(session, async (topic) => {
        const done = await runClient(session, client, { mode: 'latency', topic, ...times })
        const got = figureOf(done, 'records')
        checkCount(client, 'records came', { got, wanted: await recordsIn(session, topic) })
        measured50.set(client, figureOf(done, 'p50Ms'))
        measured99.set(client, figureOf(done, 'p99Ms'))
      })
    }
    return { ...compare(p50, measured50), ...compare(p99, measured99) }
  },
}
