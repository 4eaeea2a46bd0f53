/** `odradek cluster describe`: which brokers there are, where they are, and who takes what is for the controller. */
import { KafkaError } from '../../client/index.ts'
import { type Action, type Asked, runActions } from '../client/actions.ts'
import { clientFlagsText } from '../client/client-flags.ts'
import { printable } from '../table.ts'

const usage = `Usage: odradek cluster describe [flags]

Tells the id of the cluster and of each broker where it is, and whether it is fenced: registered, and not in use. Those are told from
Kafka 4.0 on.

  --json                   for programs: one value in a line
${clientFlagsText}`

async function describe({ admin, show }: Asked): Promise<undefined> {
  const cluster = await admin.describeCluster({ includeFencedBrokers: true }).catch((error: unknown) => {
    if (error instanceof KafkaError && error.code === 'NOT_SERVED') return admin.describeCluster()
    throw error
  })
  const rows = cluster.brokers.map(({ id, host, port, rack, isFenced }) => [
    ...[String(id), printable(`${host.includes(':') ? `[${host}]` : host}:${port}`), printable(rack ?? '-')],
    isFenced ? 'fenced' : 'in use',
  ])
  const text = `\ncluster ${printable(cluster.clusterId ?? '-')}\n`
  show({ rows: [['BROKER', 'ADDRESS', 'RACK', 'STATE'], ...rows], text, data: cluster })
}

const actions: Readonly<Record<string, Action>> = { describe: { names: [0, 0], run: describe } }

export const run = (args: readonly string[]): Promise<number> =>
  runActions({ name: 'cluster', usage, flags: {}, actions }, args)
