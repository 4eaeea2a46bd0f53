/**
 * A static quorum of controllers of both kinds becomes a dynamic one by `kafka-features`, whoever leads: all nodes tell so, also
 * after a start and under leaders of the other kind, voters go and come, and the logs are the same.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Cluster, type ClusterNode, type Kind } from './cluster.ts'
import { runTool } from './java-tool.ts'
import { isShortRun, until } from './kit.ts'
import { letLead } from './leaders.ts'
import { checkSameLogs } from './same-logs.ts'
import { addVoter, quorumTool, removeVoter, untilVoters } from './voters.ts'

const features = (cluster: Cluster, ...args: readonly string[]): Promise<string> =>
  runTool('features', ['--bootstrap-controller', cluster.bootstrapControllers, ...args])

/** What a node itself tells of kraft.version. */
async function levelAt(cluster: Cluster, node: ClusterNode): Promise<string | undefined> {
  const whom = node.isController
    ? ['--bootstrap-controller', cluster.bootstrapControllers]
    : ['--bootstrap-server', cluster.bootstrap]
  const described = await runTool('features', [...whom, 'describe', '--node-id', `${node.id}`])
  return /kraft\.version.*FinalizedVersionLevel: (\d)/.exec(described)?.[1]
}

async function untilLevel(cluster: Cluster, level: string): Promise<void> {
  for (const node of cluster.nodes) {
    await until({
      what: `node ${node.id} (${node.kind}) tells ${level}`,
      timeoutMs: 30_000,
      condition: async () => (await levelAt(cluster, node)) === level,
      seen: () => node.logTail(),
    })
  }
}

async function create(cluster: Cluster, name: string): Promise<void> {
  const server = ['--bootstrap-server', cluster.bootstrap]
  await runTool('topics', [...server, '--create', '--topic', name, '--partitions', '2', '--replication-factor', '1'])
}

/** As soon as the followers have told the leader of this epoch what they support. */
async function raise(cluster: Cluster, ...change: readonly string[]): Promise<string> {
  let told = ''
  await until({
    what: 'kraft.version is raised',
    timeoutMs: 30_000,
    condition: async () => {
      told = await features(cluster, 'upgrade', ...change).catch((error: unknown) => String(error))
      return /kraft\.version was upgraded to 1\./.test(told)
    },
    seen: () => told,
  })
  return told
}

async function becomeDynamic(cluster: Cluster, under: Kind, change: readonly string[]): Promise<void> {
  await cluster.start()
  await cluster.serving()
  await letLead(cluster, under)
  await untilLevel(cluster, '0')
  await raise(cluster, ...change)
  await untilLevel(cluster, '1')
  const status = await quorumTool(cluster, 'describe', '--status')
  const [voters = ''] = /^CurrentVoters:.*$/m.exec(status) ?? []
  assert.equal([...voters.matchAll(/"directoryId": ?"(?!A{22})[^"]+"/g)].length, 3, status)

  const { id } = await cluster.leader()
  const [follower] = cluster.controllers.filter((node) => node.id !== id)
  assert.ok(follower !== undefined)
  await removeVoter(cluster, follower)
  await untilVoters(
    cluster,
    [1, 2, 3].filter((it) => it !== follower.id),
  )
  await create(cluster, 'while-two-vote')
  await addVoter(cluster, follower)
  await untilVoters(cluster, [1, 2, 3])
  await letLead(cluster, under === 'kafka' ? 'odradek' : 'kafka')
  await letLead(cluster, under)
  await untilLevel(cluster, '1')
  await create(cluster, 'later')
  assert.match(await raise(cluster, ...change), /kraft\.version was upgraded to 1\./, 'again, and nothing happens')
}

describe('a quorum of two controllers of ours and one of Kafka', {
  skip: isShortRun ? 'in the full run only' : false,
}, () => {
  for (const [under, change] of [
    ['odradek', ['--feature', 'kraft.version=1']],
    ['kafka', ['--release-version', '4.3']],
  ] as const) {
    test(`becomes dynamic under a leader of ${under} by ${change[0]}`, { timeout: 600_000 }, async (context) => {
      await using cluster = await Cluster.make({
        name: `raised-under-${under}`,
        nodes: [
          { id: 1, kind: 'odradek', roles: ['controller'] },
          { id: 2, kind: 'odradek', roles: ['controller'] },
          { id: 3, kind: 'kafka', roles: ['controller'] },
          { id: 11, kind: 'odradek', roles: ['broker'] },
          { id: 12, kind: 'kafka', roles: ['broker'] },
        ],
      })
      await becomeDynamic(cluster, under, change)
      await cluster.stop()
      context.diagnostic(`${await checkSameLogs(cluster)} records the same`)
    })
  }
})
