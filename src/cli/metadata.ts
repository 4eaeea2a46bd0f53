/** `odradek metadata quorum`: who leads the controllers, and how far each follows. */
import { type Action, type Asked, runActions } from './client/actions.ts'
import { clientFlagsText } from './client/client-flags.ts'

export const usage = `Usage: odradek metadata quorum [flags]

quorum  tells who leads the quorum of controllers, which voters and observers there are, and how far each is behind.

  --json                   for programs: one value in a line
${clientFlagsText}`

const dash = '-'

async function quorum({ admin, show }: Asked): Promise<undefined> {
  const { leaderId, leaderEpoch, highWatermark, voters, observers, nodes } = await admin.describeMetadataQuorum()
  const end = voters.find(({ replicaId }) => replicaId === leaderId)?.logEndOffset ?? highWatermark
  const all = [
    ...voters.map((it) => ({ ...it, role: 'voter' })),
    ...observers.map((it) => ({ ...it, role: 'observer' })),
  ]
  const rows = all.map(({ replicaId, role, directoryId, logEndOffset, lastCaughtUpTimestampMs }) => [
    ...[String(replicaId), replicaId === leaderId ? 'leader' : role, directoryId ?? dash, String(logEndOffset)],
    String(Math.max(0, end - logEndOffset)),
    lastCaughtUpTimestampMs === undefined ? dash : new Date(lastCaughtUpTimestampMs).toISOString(),
  ])
  const text = `\nepoch ${leaderEpoch}, high watermark ${highWatermark}\n`
  const data = { leaderId, leaderEpoch, highWatermark, voters, observers, nodes: Object.fromEntries(nodes) }
  show({ rows: [['NODE', 'ROLE', 'DIRECTORY', 'END', 'LAG', 'CAUGHT UP'], ...rows], text, data })
}

const actions: Readonly<Record<string, Action>> = { quorum: { names: [0, 0], run: quorum } }

export const run = (args: readonly string[]): Promise<number> =>
  runActions({ name: 'metadata', usage, flags: {}, actions }, args)
