/**
 * Controllers of Odradek and of Apache Kafka in one quorum, brokers of both under them: whoever leads, what is made under
 * one leader is there under the other, and the logs of all are the same.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster, type ClusterNode, type Kind } from './cluster.ts'
import { runTool } from './java-tool.ts'
import { isShortRun, until } from './kit.ts'
import { letLead } from './leaders.ts'
import { checkSameLogs } from './same-logs.ts'

const isOther = (kind: Kind): Kind => (kind === 'odradek' ? 'kafka' : 'odradek')
const changes = isShortRun ? 1 : 3

const quorum = (cluster: Cluster, what: string): Promise<string> =>
  runTool('metadataQuorum', ['--bootstrap-controller', cluster.bootstrapControllers, 'describe', what])

const via = (node: ClusterNode): string => `127.0.0.1:${node.ports.broker}`

async function topicsOf(node: ClusterNode): Promise<string[]> {
  const listed = await runTool('topics', ['--bootstrap-server', via(node), '--list'])
  return listed.split('\n').filter((name) => name.startsWith('by-'))
}

/** Nobody is refused anything: what the records say is looked at, not what comes of it. */
const authorizer = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
}

/** A topic with a config and a right, and a default of all brokers. */
async function change(through: ClusterNode, name: string, value: number): Promise<void> {
  const server = ['--bootstrap-server', via(through)]
  await runTool('topics', [...server, '--create', '--topic', name, '--partitions', '3', '--replication-factor', '1'])
  const topic = ['--entity-type', 'topics', '--entity-name', name]
  await runTool('configs', [...server, '--alter', ...topic, '--add-config', `retention.ms=${value}`])
  const everybody = ['--entity-type', 'brokers', '--entity-default']
  await runTool('configs', [...server, '--alter', ...everybody, '--add-config', `log.retention.ms=${value}`])
  const right = ['--allow-principal', `User:${value}`, '--operation', 'Read']
  await runTool('acls', [...server, '--add', '--topic', name, ...right])
}

async function check(node: ClusterNode, name: string, value: number): Promise<void> {
  const server = ['--bootstrap-server', via(node)]
  const describe = [...server, '--describe']
  const topic = await runTool('configs', [...describe, '--entity-type', 'topics', '--entity-name', name])
  assert.match(topic, new RegExp(`retention\\.ms=${value} `))
  const everybody = await runTool('configs', [...describe, '--entity-type', 'brokers', '--entity-default'])
  assert.match(everybody, new RegExp(`log\\.retention\\.ms=${value} `))
  const rights = await runTool('acls', [...server, '--list', '--topic', name])
  assert.match(rights, new RegExp(`principal=User:${value}, .*operation=READ, permissionType=ALLOW`))
}

async function liveTogether(cluster: Cluster, turns: readonly Kind[]): Promise<string> {
  await cluster.start()
  const made: string[] = []
  for (const [turn, kind] of turns.entries()) {
    const leader = await letLead(cluster, kind)
    for (let i = 0; i < changes; i++) {
      for (const through of cluster.brokers) {
        const name = `by-${leader.kind}-${turn}-${i}-through-${through.kind}`
        const value = 1_000_000 + made.length
        await change(through, name, value)
        made.push(name)
        for (const node of cluster.brokers) {
          await until({
            what: `node ${node.id} has ${name}`,
            timeoutMs: 20_000,
            condition: async () => (await topicsOf(node)).includes(name),
          })
          await check(node, name, value)
        }
      }
    }
    for (const node of cluster.brokers) assert.deepEqual((await topicsOf(node)).sort(), [...made].sort())
  }
  const status = await quorum(cluster, '--status')
  assert.match(status, /LeaderId: +\d/)
  await cluster.stop()
  return `${made.length} topics under ${turns.length} leaders, ${await checkSameLogs(cluster)} records the same`
}

for (const majority of ['odradek', 'kafka'] as const) {
  const minority = isOther(majority)
  test(`two controllers of ${majority} and one of ${minority}, each kind leads`, {
    timeout: 900_000,
  }, async (context) => {
    await using cluster = await Cluster.make({
      name: `mixed-${majority}`,
      nodes: [
        { id: 1, kind: majority, roles: ['controller'] },
        { id: 2, kind: majority, roles: ['controller'] },
        { id: 3, kind: minority, roles: ['controller'] },
        { id: 11, kind: 'odradek', roles: ['broker'] },
        { id: 12, kind: 'kafka', roles: ['broker'] },
      ],
      settings: authorizer,
    })
    context.diagnostic(await liveTogether(cluster, isShortRun ? [minority] : [minority, majority, minority, majority]))
  })
}

/** Each controller goes on as the other kind, on the directory that it has. */
async function replaceAll(cluster: Cluster, kind: Kind): Promise<void> {
  for (const node of cluster.controllers) {
    await node.stop()
    await node.start(kind)
    await cluster.inStep()
  }
}

test('three controllers of Kafka are replaced by ours one by one, and back', { timeout: 900_000 }, async (context) => {
  await using cluster = await Cluster.make({
    name: 'rolling-replacement',
    nodes: [
      { id: 1, kind: 'kafka', roles: ['controller'] },
      { id: 2, kind: 'kafka', roles: ['controller'] },
      { id: 3, kind: 'kafka', roles: ['controller'] },
      { id: 11, kind: 'kafka', roles: ['broker'] },
    ],
    // Small enough for some snapshots of each kind.
    settings: { ...authorizer, 'metadata.log.max.record.bytes.between.snapshots': '4000' },
  })
  await cluster.start()
  await cluster.serving()
  const broker = cluster.node(11)
  const made: string[] = []
  for (const kind of ['odradek', 'kafka'] as const) {
    for (const when of ['before', 'after']) {
      if (when === 'after') await replaceAll(cluster, kind)
      const name = `by-${when}-${kind}`
      await change(broker, name, 2_000_000 + made.length)
      made.push(name)
      await check(broker, name, 2_000_000 + made.length - 1)
      assert.deepEqual((await topicsOf(broker)).sort(), [...made].sort())
    }
  }
  await cluster.stop()
  const records = await checkSameLogs(cluster)
  context.diagnostic(`${made.length} topics over six replacements, ${records} records the same`)
})
