/**
 * Partitions whose replicas are on brokers of ours and of Apache Kafka, each leading some, under load: each broker is killed in
 * turn. What was acknowledged is what is read, by value, and the logs of all replicas are the same, byte for byte.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Cluster, type ClusterNode } from './cluster.ts'
import { runTool } from './java-tool.ts'
import { isShortRun, runFolder } from './kit.ts'
import { untilInSync } from './partitions-seen.ts'

const name = 'replicated'
const partitionCount = 6
const rounds = isShortRun ? 1 : 10
const recordsPerSecond = 1000

test('replicas on brokers of both kinds, each killed in turn under load', { timeout: 1_800_000 }, async (context) => {
  await using cluster = await Cluster.make({
    name: 'mixed-replicas',
    nodes: [
      { id: 1, kind: 'odradek', roles: ['controller'] },
      { id: 11, kind: 'odradek', roles: ['broker'] },
      { id: 12, kind: 'kafka', roles: ['broker'] },
      { id: 13, kind: 'odradek', roles: ['broker'] },
    ],
    settings: { 'broker.session.timeout.ms': '4000', 'broker.heartbeat.interval.ms': '500' },
  })
  await cluster.start()
  await cluster.serving()
  const brokers = [11, 12, 13].map((id) => cluster.node(id))
  const ids = brokers.map(({ id }) => id)
  const server = ['--bootstrap-server', cluster.bootstrap]
  const config = ['--config', 'min.insync.replicas=2']
  const assignment = ids.flatMap((_, i) => Array(2).fill([...ids.slice(i), ...ids.slice(0, i)].join(':')))
  await runTool('topics', [
    ...server,
    '--create',
    '--topic',
    name,
    '--replica-assignment',
    assignment.join(),
    ...config,
  ])
  await untilInSync(cluster.node(11), name, ids)
  // By itself the tool retries nothing.
  const producer = join(runFolder('mixed-replicas'), 'producer.properties')
  writeFileSync(producer, 'retries=1000000\nenable.idempotence=true\ndelivery.timeout.ms=300000\n')
  const seconds = 10 + rounds * brokers.length * (isShortRun ? 12 : 25)
  const count = seconds * recordsPerSecond
  const send = ['--max-messages', `${count}`, '--throughput', `${recordsPerSecond}`, '--acks', '-1']
  const load = runTool('verifiableProducer', [...server, '--topic', name, ...send, '--command-config', producer], {
    timeoutMs: (seconds + 300) * 1000,
  })
  for (let round = 0; round < rounds; round++) {
    for (const broker of brokers) {
      const others = ids.filter((id) => id !== broker.id)
      const witness = cluster.node(others[0] ?? 11)
      await broker.kill()
      await untilInSync(witness, name, others)
      await broker.start()
      await untilInSync(witness, name, ids)
      await runTool('leaderElection', [...server, '--election-type', 'preferred', '--all-topic-partitions'])
    }
  }
  const told = (await load).split('\n').filter((line) => line.includes('"producer_send_'))
  const values = told
    .filter((line) => line.includes('_success"'))
    .map((line) => /"value":"(\d+)"/.exec(line)?.[1] ?? '')
  const read = await runTool(
    'consoleConsumer',
    [...server, '--topic', name, '--from-beginning', '--timeout-ms', '15000'],
    { timeoutMs: 300_000 },
  )
  const lines = read.split('\n').filter((line) => line !== '')
  assert.equal(values.length, count, 'all were acknowledged, in the end')
  assert.deepEqual(new Set(lines), new Set(values))
  assert.equal(lines.length, count, 'none twice: the producer is idempotent')
  context.diagnostic(`${count} records over ${rounds * brokers.length} deaths of brokers, all read, by value`)
  await cluster.stop()
  for (let partition = 0; partition < partitionCount; partition++) {
    const [first, ...others] = brokers.map((broker) => logOf(broker, partition))
    for (const other of others) assert.ok(first?.equals(other), `the logs of ${name}-${partition} are the same`)
  }
})

/** Bytes of the only segment. */
const logOf = ({ folder }: ClusterNode, partition: number): Buffer =>
  readFileSync(join(folder, 'data', `${name}-${partition}`, '00000000000000000000.log'))
