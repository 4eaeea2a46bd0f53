/**
 * A dynamic quorum (KIP-853) that grows from one controller to four and shrinks again by `kafka-metadata-quorum`: of both
 * kinds, each the first one once, with all topics there under each leader.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster, type ClusterNode, type Kind } from './cluster.ts'
import { runTool } from './java-tool.ts'
import { isShortRun } from './kit.ts'
import { addVoter, quorumTool, removeVoter, untilVoters } from './voters.ts'

async function startAndAdd(cluster: Cluster, node: ClusterNode): Promise<void> {
  await node.start()
  await addVoter(cluster, node)
}

async function changes(cluster: Cluster): Promise<string> {
  const [first, second, third, fourth] = cluster.controllers
  const [broker] = cluster.brokers
  assert.ok(first !== undefined && second !== undefined && third !== undefined && fourth !== undefined)
  assert.ok(broker !== undefined)
  await first.start()
  await broker.start()
  await cluster.serving()
  const server = ['--bootstrap-server', cluster.bootstrap]
  const made: string[] = []
  const leaders = new Set<Kind>()
  const check = async (...ids: readonly number[]): Promise<void> => {
    await untilVoters(cluster, ids)
    const leader = await cluster.leader()
    leaders.add(leader.kind)
    const name = `under-${leader.id}-of-${ids.length}-${made.length}`
    await runTool('topics', [...server, '--create', '--topic', name, '--partitions', '2', '--replication-factor', '1'])
    made.push(name)
    const listed = (await runTool('topics', [...server, '--list'])).split('\n').filter((it) => it.startsWith('under-'))
    assert.deepEqual(listed.sort(), [...made].sort())
  }
  await check(1)
  await startAndAdd(cluster, second)
  await check(1, 2)
  await startAndAdd(cluster, third)
  await check(1, 2, 3)
  // Whoever led so far goes.
  await removeVoter(cluster, first)
  await check(2, 3)
  await first.stop()
  await startAndAdd(cluster, fourth)
  await check(2, 3, 4)
  const leader = await cluster.leader()
  await removeVoter(cluster, leader)
  await check(...[2, 3, 4].filter((id) => id !== leader.id))
  const status = await quorumTool(cluster, 'describe', '--status')
  assert.match(status, /CurrentVoters:.*"directoryId"/)
  await cluster.stop()
  return `${made.length} topics over six sets of voters; ${[...leaders].join(' and ')} led`
}

const orders: readonly (readonly Kind[])[] = [
  ['odradek', 'kafka', 'odradek', 'kafka'],
  ['kafka', 'odradek', 'kafka', 'odradek'],
]

for (const kinds of isShortRun ? orders.slice(0, 1) : orders) {
  test(`controllers come and go, ${kinds[0]} first`, { timeout: 600_000 }, async (context) => {
    await using cluster = await Cluster.make({
      name: `changing-voters-${kinds[0]}`,
      isDynamic: true,
      nodes: [
        ...kinds.map((kind, i) => ({ id: i + 1, kind, roles: ['controller'] as const })),
        { id: 11, kind: kinds[0] ?? 'odradek', roles: ['broker'] },
      ],
    })
    context.diagnostic(await changes(cluster))
  })
}
