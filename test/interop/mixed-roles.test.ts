/**
 * Brokers of Apache Kafka under controllers of ours, with a load over the death of one of them; and a broker of ours under a
 * controller of Kafka's: it is fenced when it is silent, unfenced when it speaks again, and goes under control.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { describeCluster } from '../../src/protocol/index.ts'
import { Cluster, type ClusterNode } from './cluster.ts'
import { runTool } from './java-tool.ts'
import { isShortRun, records, runFolder, until } from './kit.ts'
import { asked, partitionsOf, untilInSync } from './partitions-seen.ts'

const skip = isShortRun ? 'in the full run only: a load over the death of a broker' : false

test('brokers of Kafka under controllers of ours', { timeout: 600_000, skip }, async (context) => {
  await using cluster = await Cluster.make({
    name: 'kafka-brokers',
    nodes: [
      { id: 1, kind: 'odradek', roles: ['controller'] },
      { id: 2, kind: 'odradek', roles: ['controller'] },
      { id: 3, kind: 'odradek', roles: ['controller'] },
      { id: 11, kind: 'kafka', roles: ['broker'] },
      { id: 12, kind: 'kafka', roles: ['broker'] },
    ],
  })
  await cluster.start()
  await cluster.serving()
  const [first, second] = [cluster.node(11), cluster.node(12)]
  const server = ['--bootstrap-server', cluster.bootstrap]
  const topic = ['--topic', 'loaded', '--partitions', '4', '--replication-factor', '2']
  await runTool('topics', [...server, '--create', ...topic])
  await untilInSync(first, 'loaded', [11, 12])
  const count = records(50_000)
  // By itself the tool retries nothing.
  const config = join(runFolder('kafka-brokers'), 'producer.properties')
  writeFileSync(config, 'retries=1000000\nenable.idempotence=true\n')
  const load = runTool(
    'verifiableProducer',
    [
      ...server,
      '--topic',
      'loaded',
      '--max-messages',
      String(count),
      '--throughput',
      String(count / 20),
      '--acks',
      '-1',
      '--command-config',
      config,
    ],
    { timeoutMs: 120_000 },
  )
  await until({ what: 'the load runs', timeoutMs: 30_000, condition: async () => (await endOf(server)) > count / 10 })
  await second.kill()
  await untilInSync(first, 'loaded', [11])
  await second.start()
  await untilInSync(first, 'loaded', [11, 12])
  const told = (await load).split('\n')
  const acknowledged = told.filter((line) => line.includes('producer_send_success')).length
  const refused = told.filter((line) => line.includes('producer_send_error'))
  assert.equal(acknowledged, count, refused.slice(0, 10).join('\n'))
  const read = await runTool(
    'consoleConsumer',
    [...server, '--topic', 'loaded', '--from-beginning', '--timeout-ms', '10000'],
    { timeoutMs: 120_000 },
  )
  const values = new Set(read.split('\n').filter((line) => line !== ''))
  assert.equal(values.size, count)
  context.diagnostic(`${acknowledged} records acknowledged over the death of a broker, all read`)
  await cluster.stop()
})

async function endOf(server: readonly string[]): Promise<number> {
  const printed = await runTool('getOffsets', [...server, '--topic', 'loaded'])
  return printed
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + Number(line.split(':').at(-1)), 0)
}

const isFenced = (through: ClusterNode, id: number): Promise<boolean | undefined> =>
  asked(through, async (wire) => {
    const { brokers } = await wire.call(describeCluster, { includeFencedBrokers: true, endpointType: 1 }, 2)
    return brokers.find(({ brokerId }) => brokerId === id)?.isFenced
  })

test('a broker of ours under a controller of Kafka', { timeout: 300_000 }, async (context) => {
  const session = { 'broker.session.timeout.ms': '4000', 'broker.heartbeat.interval.ms': '500' }
  await using cluster = await Cluster.make({
    name: 'odradek-broker',
    nodes: [
      { id: 1, kind: 'kafka', roles: ['controller'] },
      { id: 11, kind: 'odradek', roles: ['broker'] },
      { id: 12, kind: 'kafka', roles: ['broker'] },
    ],
    settings: session,
  })
  await cluster.start()
  await cluster.serving()
  const [ours, theirs] = [cluster.node(11), cluster.node(12)]
  const untilFenced = (fenced: boolean, timeoutMs: number): Promise<void> =>
    until({
      what: `the broker is ${fenced ? 'fenced' : 'unfenced'}`,
      timeoutMs,
      condition: async () => (await isFenced(theirs, ours.id)) === fenced,
    })
  await untilFenced(false, 30_000)
  const server = ['--bootstrap-server', cluster.bootstrap]
  await runTool('topics', [...server, '--create', '--topic', 'ours', '--replica-assignment', '11,11,11'])
  for (let round = 0; round < (isShortRun ? 1 : 3); round++) {
    const lines = Array.from({ length: 100 }, (_, i) => `${round}-${i}`)
    await runTool('consoleProducer', [...server, '--topic', 'ours'], { input: `${lines.join('\n')}\n` })
    ours.signal('SIGSTOP')
    await untilFenced(true, 20_000)
    ours.signal('SIGCONT')
    await untilFenced(false, 20_000)
    const read = await runTool('consoleConsumer', [
      ...server,
      '--topic',
      'ours',
      '--from-beginning',
      '--timeout-ms',
      '8000',
    ])
    assert.equal(new Set(read.split('\n').filter((line) => line !== '')).size, 100 * (round + 1))
  }
  const leaving = Date.now()
  await ours.stop()
  // At once: nobody had to wait for its session to end.
  await untilFenced(true, 2000)
  const tookMs = Date.now() - leaving
  const [partition] = await partitionsOf(theirs, 'ours')
  assert.equal(partition?.leader, -1)
  await ours.start()
  await untilFenced(false, 30_000)
  context.diagnostic(`fenced and unfenced; left under control in ${tookMs} ms, and came back`)
  await cluster.stop()
})
