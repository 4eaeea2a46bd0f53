/**
 * Brokers in three racks, leaders that send a consumer to the replica in its own (KIP-392): what it reads comes from there,
 * while that broker lives, and from others while it does not. A fourth broker is Apache Kafka: as a leader it names ours, as a
 * follower it is named by ours. Each record is read once.
 */
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../../bench/broker.ts'
import { createTopics, ErrorCode, produce } from '../../src/protocol/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import { Cluster, type ClusterNode } from './cluster.ts'
import { runTool } from './java-tool.ts'
import { isShortRun, until } from './kit.ts'
import { Load } from './load.ts'
import { NearReader } from './near-reader.ts'
import { asked, untilInSync } from './partitions-seen.ts'
import { ping } from './ping.ts'
import { answerOf, questionsOf, type ReplicaQuestion } from './replica-questions.ts'

const rounds = isShortRun ? 1 : 5
const rate = 500
/** While nothing else happens, so that bytes can be counted. */
const quietCount = 2000
const ids = [11, 12, 13] as const
const racks: Readonly<Record<number, string>> = { 11: 'a', 12: 'b', 13: 'c', 14: 'd' }

const metricsPorts = new Map<number, number>()

async function makeCluster(): Promise<Cluster> {
  for (const id of ids) metricsPorts.set(id, await freePort())
  const brokers = ids.map((id) => ({
    ...({ id, kind: 'odradek', roles: ['broker'] } as const),
    settings: { 'broker.rack': racks[id] ?? '', 'odradek.metrics.listener': `127.0.0.1:${metricsPorts.get(id)}` },
  }))
  return Cluster.make({
    name: 'near-reads',
    nodes: [
      { id: 1, kind: 'odradek', roles: ['controller'] },
      ...brokers,
      { id: 14, kind: 'kafka', roles: ['broker'], settings: { 'broker.rack': racks[14] ?? '' } },
    ],
    settings: {
      'broker.session.timeout.ms': '3000',
      'broker.heartbeat.interval.ms': '500',
      'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
    },
  })
}

const serves = ({ ports }: ClusterNode): Promise<number> =>
  ping({ port: ports.broker, sinceNs: process.hrtime.bigint() })

/** Of one partition, whose first replica leads. */
async function create(cluster: Cluster, name: string, brokerIds: readonly number[]): Promise<void> {
  const assignments = [{ partitionIndex: 0, brokerIds: [...brokerIds] }]
  const topics = [{ name, numPartitions: -1, replicationFactor: -1, assignments, configs }]
  const reply = await asked(cluster.node(11), (wire) => wire.call(createTopics, { topics, timeoutMs: 30_000 }))
  assert.equal(reply.topics[0]?.errorCode, ErrorCode.NONE)
  await untilInSync(cluster.node(brokerIds[0] ?? 11), name, brokerIds)
}

const configs = [{ name: 'min.insync.replicas', value: '2' }]

/** Records by the leader, in batches of a hundred. */
async function fill(leader: ClusterNode, topic: string, count: number): Promise<void> {
  await asked(leader, async (wire) => {
    for (let first = 0; first < count; first += 100) {
      const values = Array.from({ length: 100 }, (_, i) => Buffer.from(`filled-${first + i}`))
      const records = buildBatch(values.map((value) => ({ value, timestampMs: Date.now() })))
      const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
      const { responses } = await wire.call(produce, { acks: -1, timeoutMs: 30_000, topicData }, 12)
      assert.equal(responses[0]?.partitionResponses[0]?.errorCode, ErrorCode.NONE)
    }
  })
}

/** What a broker of ours has sent of a topic since it started, to whomever. */
async function bytesOut(id: number, topic: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${metricsPorts.get(id)}/metrics`)
  const line = new RegExp(`^kafka_server_brokertopicmetrics_bytesout_total\\{topic="${topic}"\\} (\\d+)`, 'm')
  return Number(line.exec(await response.text())?.[1] ?? 0)
}

/** Bytes of the only segment. */
const logSize = ({ directory }: ClusterNode, topic: string): number =>
  statSync(join(directory, `${topic}-0`, '00000000000000000000.log')).size

function assertOnceEach(reader: NearReader, count: number): void {
  const offsets = reader.read().map(({ offset }) => offset)
  assert.deepEqual(offsets, [...Array(count).keys()])
}

/** The reader goes on over what happens meanwhile. */
const goesOn = (reader: NearReader, what: string): Promise<void> => reader.untilRead(reader.read().length + rate, what)

const untilReadsFrom = (id: number, topic: string): Promise<void> =>
  until({
    what: `the reader is back at broker ${id}`,
    timeoutMs: 90_000,
    condition: async () => (await bytesOut(id, topic)) > 0,
  })

/** Of the reader, while broker 11 leads and 12 follows nearby: the follower dies, and then the leader. */
async function killEach(cluster: Cluster, topic: string, reader: NearReader): Promise<void> {
  const near = cluster.node(12)
  const leader = cluster.node(11)
  await near.kill()
  await untilInSync(leader, topic, [11, 13])
  await goesOn(reader, 'without the near broker')
  await near.start()
  await untilInSync(leader, topic, ids)
  await untilReadsFrom(12, topic)
  await leader.kill()
  await untilInSync(near, topic, [12, 13])
  await goesOn(reader, 'without the leader')
  await leader.start()
  await untilInSync(near, topic, ids)
}

/** The broker that leads by choice does so again. */
async function leadAgain(cluster: Cluster, topic: string): Promise<void> {
  const toLead = ['--election-type', 'preferred', '--topic', topic, '--partition', '0']
  await runTool('leaderElection', ['--bootstrap-server', cluster.bootstrap, ...toLead])
}

test('a consumer reads from the replica in its rack', { timeout: 900_000 }, async (context) => {
  await using cluster = await makeCluster()
  await cluster.start()
  for (const id of ids) await serves(cluster.node(id))

  const topic = 'near'
  await create(cluster, topic, ids)
  await fill(cluster.node(11), topic, quietCount)
  const brokers = cluster.bootstrap
  await using reader = await NearReader.start({ brokers, topic, rack: 'b' })
  await reader.untilRead(quietCount, 'by a reader in rack b')
  const size = logSize(cluster.node(11), topic)
  assert.equal(await bytesOut(12, topic), size, 'all came from rack b')
  assert.equal(
    await bytesOut(11, topic),
    2 * size,
    'the leader has sent each byte to its followers, and to nobody else',
  )
  assert.equal(await bytesOut(13, topic), 0)

  const load = await Load.start('java', {
    ...{ brokers, topic, rate },
    ...{ prefix: '1.', acks: -1, codec: 'none', idempotent: true },
  })
  try {
    for (let round = 0; round < rounds; round++) {
      if (round > 0) await leadAgain(cluster, topic)
      await killEach(cluster, topic, reader)
    }
    await load.stop()
  } finally {
    await load.kill()
  }
  const count = quietCount + load.count
  await reader.untilRead(count, 'all that was acknowledged')
  assertOnceEach(reader, count)
  const values = new Map(reader.read().map(({ offset, value }) => [`0:${offset}`, value]))
  for (const [place, value] of load.acknowledged) assert.equal(values.get(place), value, place)
  context.diagnostic(`${count} records, each read once, over ${2 * rounds} deaths of brokers`)

  await readsBothWays(cluster)
  await cluster.stop()
})

/** Between brokers 11 and 13, which are ours, and 14. */
async function readsBothWays(cluster: Cluster): Promise<void> {
  await serves(cluster.node(14))
  const replicas = { 'led-by-odradek': [11, 14, 13], 'led-by-kafka': [14, 13, 11] }
  for (const [topic, brokerIds] of Object.entries(replicas)) {
    await create(cluster, topic, brokerIds)
    await fill(cluster.node(brokerIds[0] ?? 11), topic, quietCount)
  }
  const brokers = cluster.bootstrap
  await using ours = await NearReader.start({ brokers, topic: 'led-by-odradek', rack: 'd' })
  await using theirs = await NearReader.start({ brokers, topic: 'led-by-kafka', rack: 'c' })
  for (const reader of [ours, theirs]) {
    await reader.untilRead(quietCount, 'on brokers of both kinds')
    assertOnceEach(reader, quietCount)
  }
  const size = logSize(cluster.node(11), 'led-by-odradek')
  assert.equal(await bytesOut(11, 'led-by-odradek'), 2 * size, 'to its followers alone')
  assert.equal(await bytesOut(13, 'led-by-odradek'), 0)
  assert.equal(await bytesOut(13, 'led-by-kafka'), logSize(cluster.node(13), 'led-by-kafka'), 'all that was read')
  assert.equal(await bytesOut(11, 'led-by-kafka'), 0)
  await answersAreTheSame(cluster)
}

/** By followers of one leader, and by the leaders that name one. */
async function answersAreTheSame(cluster: Cluster): Promise<void> {
  const answer = (id: number, topic: string, question: ReplicaQuestion) => answerOf(cluster.node(id), topic, question)
  for (const { code, ...question } of questionsOf(quietCount)) {
    const ours = await answer(13, 'led-by-odradek', question)
    const theirs = await answer(14, 'led-by-odradek', question)
    assert.deepEqual(ours, theirs, JSON.stringify(question))
    assert.equal(ours.errorCode, code, JSON.stringify(question))
  }
  for (const offset of [0, quietCount]) {
    const ours = await answer(11, 'led-by-odradek', { rackId: 'd', offset })
    const theirs = await answer(14, 'led-by-kafka', { rackId: 'c', offset })
    assert.deepEqual([ours.preferredReadReplica, theirs.preferredReadReplica], [14, 13])
    assert.deepEqual({ ...ours, preferredReadReplica: 13 }, theirs)
  }
}
