/**
 * Partitions move between brokers of ours and of Apache Kafka, throttled (KIP-73): first as Kafka's tool does it, on both sides; then
 * by the configs of our brokers alone. Each move takes about its bytes by the rate, and producers with acks=all go on.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Uuid } from '../../src/base/index.ts'
import {
  alterPartitionReassignments,
  createTopics,
  describeConfigs,
  ErrorCode,
  incrementalAlterConfigs,
  metadata,
  produce,
} from '../../src/protocol/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import { Cluster, type ClusterNode } from './cluster.ts'
import { runTool } from './java-tool.ts'
import { isShortRun, runFolder, until } from './kit.ts'
import { asked, untilInSync } from './partitions-seen.ts'

const folder = 'throttles'
const bytesPerSecond = 400_000
const partitionBytes = (isShortRun ? 4 : 20) * bytesPerSecond
/** One comes whole, also where a fetch asks for less: so much is fetched at a time. */
const batchBytes = 100_000
const expectedSeconds = partitionBytes / bytesPerSecond
const ids = [11, 12, 13]
/** `moved` has one replica of each partition, which goes there, and comes back. */
const from = [11, 12, 13]
const to = [12, 13, 11]
const topicResource = 2
const brokerResource = 4
/** Of a config that nobody has set. */
const defaultSource = 5

class Moves {
  readonly cluster: Cluster
  readonly #topicIds = new Map<string, Uuid>()

  constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  async create(): Promise<void> {
    const topic = (name: string, replicas: readonly (readonly number[])[]) => ({
      ...{ name, numPartitions: -1, replicationFactor: -1 },
      assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds: [...brokerIds] })),
    })
    const moved = topic(
      'moved',
      from.map((id) => [id]),
    )
    const used = topic(
      'used',
      ids.map((id) => [id, ...ids.filter((other) => other !== id)]),
    )
    const reply = await asked(this.cluster.node(11), (wire) => wire.call(createTopics, { topics: [moved, used] }))
    for (const { name, topicId, errorCode } of reply.topics) {
      assert.equal(errorCode, ErrorCode.NONE)
      this.#topicIds.set(name, topicId)
    }
    for (const id of ids) await untilInSync(this.cluster.node(id), 'used', ids)
  }

  /** acks=all, to the leader, which has a partition of the number of its place. */
  async produce(name: string, partition: number, value: Buffer): Promise<void> {
    const records = buildBatch([{ value, timestampMs: Date.now() }])
    const topicId = this.#topicIds.get(name) ?? assert.fail(name)
    const topicData = [{ name, topicId, partitionData: [{ index: partition, records }] }]
    const leader = this.cluster.node(from[partition] ?? assert.fail(`${partition}`))
    const reply = await asked(leader, (wire) => wire.call(produce, { acks: -1, timeoutMs: 30_000, topicData }))
    assert.equal(reply.responses[0]?.partitionResponses[0]?.errorCode, ErrorCode.NONE, `${name}-${partition}`)
  }

  async fill(): Promise<void> {
    for (let size = 0; size < partitionBytes; size += batchBytes) {
      for (const partition of from.keys()) await this.produce('moved', partition, randomBytes(batchBytes))
    }
  }

  /** Resolves when all are there: how long each took, since its new replica was not known yet. However late one looks, it was no longer. */
  async seconds(targets: readonly number[]): Promise<number[]> {
    const sinceMs = targets.map(() => Date.now())
    const seconds = targets.map(() => 0)
    const condition = async (): Promise<boolean> => {
      const lookedMs = Date.now()
      const { topics } = await asked(this.cluster.node(11), (wire) =>
        wire.call(metadata, { topics: [{ name: 'moved' }] }),
      )
      for (const { partitionIndex: i, replicaNodes, isrNodes } of topics[0]?.partitions ?? []) {
        const target = targets[i] ?? assert.fail(`${i}`)
        if (!replicaNodes.includes(target)) sinceMs[i] = lookedMs
        if (seconds[i] === 0 && isrNodes.includes(target)) seconds[i] = (Date.now() - (sinceMs[i] ?? 0)) / 1000
      }
      return seconds.every((it) => it > 0)
    }
    await until({ what: `moved is on ${targets}`, timeoutMs: 120_000, condition, seen: () => `${seconds}` })
    return seconds
  }

  /** Changes configs where they are judged. */
  async alter(resourceType: number, resourceName: string, texts: Readonly<Record<string, string>>): Promise<void> {
    const node = this.cluster.node(resourceType === brokerResource ? Number(resourceName) : 11)
    const configs = Object.entries(texts).map(([name, value]) => ({ name, value, configOperation: 0 }))
    const resources = [{ resourceType, resourceName, configs }]
    const reply = await asked(node, (wire) => wire.call(incrementalAlterConfigs, { resources }))
    assert.equal(reply.responses[0]?.errorCode, ErrorCode.NONE)
  }

  /** Throttles that are configured, of topic and brokers; brokers of both kinds describe theirs in the same way. */
  async throttles(): Promise<string[]> {
    const [topic = [], ...brokers] = await Promise.all([
      this.#throttlesOf(topicResource, 'moved'),
      ...ids.map((id) => this.#throttlesOf(brokerResource, `${id}`)),
    ])
    for (const it of brokers) assert.deepEqual(it, brokers[0])
    return [...topic, ...(brokers[0] ?? [])].map(({ name, value }) => `${name}=${value}`).sort()
  }

  async #throttlesOf(resourceType: number, resourceName: string) {
    const node = this.cluster.node(resourceType === brokerResource ? Number(resourceName) : 11)
    const resources = [{ resourceType, resourceName, configurationKeys: null }]
    const request = { resources, includeSynonyms: true, includeDocumentation: true }
    const { results } = await asked(node, (wire) => wire.call(describeConfigs, request))
    assert.equal(results[0]?.errorCode, ErrorCode.NONE)
    return results[0].configs
      .filter(({ name, configSource }) => name.includes('throttled') && configSource !== defaultSource)
      .sort((a, b) => a.name.localeCompare(b.name))
  }

  async reassign(targets: readonly number[]): Promise<void> {
    const partitions = targets.map((id, partitionIndex) => ({ partitionIndex, replicas: [id] }))
    const topics = [{ name: 'moved', partitions }]
    const reply = await asked(this.cluster.node(11), (wire) => wire.call(alterPartitionReassignments, { topics }))
    assert.equal(reply.errorCode, ErrorCode.NONE)
  }

  tool(action: readonly string[]): Promise<string> {
    const file = join(runFolder(folder), 'reassignment.json')
    const partitions = to.map((id, partition) => ({ topic: 'moved', partition, replicas: [id] }))
    writeFileSync(file, JSON.stringify({ version: 1, partitions }))
    const place = ['--bootstrap-server', this.cluster.bootstrap, '--reassignment-json-file', file]
    return runTool('reassignPartitions', [...place, ...action])
  }
}

/** One record after the other with acks=all, to each leader in turn; `stop` tells how long each took. */
function keepProducing(moves: Moves): { readonly stop: () => Promise<readonly number[]> } {
  let isStopped = false
  const tookMs: number[] = []
  const run = async (): Promise<readonly number[]> => {
    while (!isStopped) {
      const beforeMs = performance.now()
      await moves.produce('used', tookMs.length % ids.length, Buffer.from('value'))
      tookMs.push(performance.now() - beforeMs)
      await delay(20)
    }
    return tookMs
  }
  const done = run()
  // Who waits for the moves hears of it when they are over.
  done.catch(() => undefined)
  return {
    stop: () => {
      isStopped = true
      return done
    },
  }
}

function assertAtTheRate(seconds: number, what: string): void {
  // It begins with what a second has room for, and goes beyond by one fetch: then, and once more where that second ends in the middle of
  // the window of a second that it began in, and at the end.
  const beyondSeconds = (3 * batchBytes) / bytesPerSecond
  assert.ok(seconds > expectedSeconds - 1 - beyondSeconds, `${what} took ${seconds} s`)
  // The machine may be busy.
  assert.ok(seconds < 1.5 * expectedSeconds + 3, `${what} took ${seconds} s`)
}

const logOf = ({ directory }: ClusterNode, partition: number): Buffer =>
  readFileSync(join(directory, `moved-${partition}`, '00000000000000000000.log'))

test('moves between brokers of both kinds are throttled by each of them', { timeout: 600_000 }, async (context) => {
  await using cluster = await Cluster.make({
    name: folder,
    nodes: [
      { id: 1, kind: 'odradek', roles: ['controller'] },
      { id: 11, kind: 'odradek', roles: ['broker'] },
      { id: 12, kind: 'kafka', roles: ['broker'] },
      { id: 13, kind: 'odradek', roles: ['broker'] },
    ],
    // Little goes beyond the rate with one fetch, and a time without moves is not made up for.
    settings: { 'replica.fetch.max.bytes': '65536', 'replication.quota.window.num': '2' },
  })
  await cluster.start()
  await cluster.serving()
  const moves = new Moves(cluster)
  await moves.create()
  await moves.fill()
  const before = from.map((id, partition) => logOf(cluster.node(id), partition))
  const producer = keepProducing(moves)

  // Each broker sends one of them, and fetches another.
  const [printed, byTool] = await Promise.all([
    moves.tool(['--execute', '--throttle', `${bytesPerSecond}`]),
    moves.seconds(to),
  ])
  assert.match(printed, /^Successfully started partition reassignments for moved-0,moved-1,moved-2$/m)
  for (const [i, seconds] of byTool.entries()) assertAtTheRate(seconds, `${from[i]} to ${to[i]}`)
  assert.deepEqual(await moves.throttles(), [
    `follower.replication.throttled.rate=${bytesPerSecond}`,
    'follower.replication.throttled.replicas=0:12,1:13,2:11',
    `leader.replication.throttled.rate=${bytesPerSecond}`,
    'leader.replication.throttled.replicas=0:11,1:12,2:13',
  ])
  const verified = await moves.tool(['--verify'])
  assert.equal(verified.match(/^Reassignment of partition moved-\d is completed\.$/gm)?.length, to.length, verified)
  assert.deepEqual(await moves.throttles(), [])

  // Back: ours alone throttle, as a follower of Kafka and as its leader; what goes from ours to ours is not throttled.
  await moves.alter(brokerResource, '11', { 'follower.replication.throttled.rate': `${bytesPerSecond}` })
  await moves.alter(brokerResource, '13', { 'leader.replication.throttled.rate': `${bytesPerSecond}` })
  await moves.alter(topicResource, 'moved', {
    'follower.replication.throttled.replicas': '0:11',
    'leader.replication.throttled.replicas': '1:13',
  })
  const [byOurs] = await Promise.all([moves.seconds(from), moves.reassign(from)])
  const [fromKafka = 0, toKafka = 0, free = 0] = byOurs
  assertAtTheRate(fromKafka, 'our follower, from Kafka,')
  assertAtTheRate(toKafka, 'our leader, to Kafka,')
  assert.ok(free < expectedSeconds / 2, `what is not throttled took ${free} s`)

  const tookMs = await producer.stop()
  assert.ok(Math.max(...tookMs) < 3000, `a record with acks=all took ${Math.max(...tookMs)} ms`)
  assert.ok(tookMs.length > 20 * expectedSeconds, `${tookMs.length} records were sent meanwhile`)
  await cluster.stop()
  for (const [partition, bytes] of before.entries()) {
    const after = logOf(cluster.node(from[partition] ?? 0), partition)
    assert.ok(after.equals(bytes), `moved-${partition} is what it was, byte for byte`)
  }
  context.diagnostic(
    `${expectedSeconds} s by the rate; by the tool ${byTool.map((it) => it.toFixed(1))}, by ours alone ` +
      `${byOurs.map((it) => it.toFixed(1))} s; ${tookMs.length} records, ${Math.max(...tookMs).toFixed()} ms at most`,
  )
})
