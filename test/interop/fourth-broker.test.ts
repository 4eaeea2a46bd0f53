/**
 * Three brokers under load, and a fourth joins: half of the replicas move to it, then the first broker is emptied, stopped and
 * unregistered. Nothing that was acknowledged is lost, by value, and no request fails but such as a client sends again. Then moves
 * that do not go as planned.
 */
import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Cluster, type ClusterNode, type Kind } from './cluster.ts'
import { untilBalanced } from './group.ts'
import { runTool } from './java-tool.ts'
import { kcat } from './kcat.ts'
import { assertOnce, readAll, untilProgress } from './kept.ts'
import { against, bootstrapVariable, isShortRun, runFolder, until } from './kit.ts'
import { Load } from './load.ts'
import { javaKinds, Member } from './member.ts'
import { Operator, type Placed } from './operator.ts'
import { ping } from './ping.ts'

const kind: Kind = against === 'kafka' ? 'kafka' : 'odradek'
const name = `fourth-broker-${kind}`
const partitionCount = 6
const rate = isShortRun ? 200 : 1000
const skip = isShortRun ? 'in the full run only' : false
/** New partitions are found soon. */
const javaConfigs = { 'metadata.max.age.ms': '1000' }
const loadOptions = { acks: -1, codec: 'none', idempotent: true, rate, javaConfigs } as const
/** Of moves that are to last. */
const slowBytesPerSecond = 2_000_000
const bigRecords = { count: 20_000, size: 1000 }

const settings = {
  'offsets.topic.replication.factor': '3',
  'offsets.topic.num.partitions': '3',
  'broker.session.timeout.ms': '6000',
  'broker.heartbeat.interval.ms': '500',
  'log.segment.delete.delay.ms': '1000',
}

let cluster: Cluster
let operator: Operator

before(async () => {
  cluster = await Cluster.make({
    name,
    nodes: [
      { id: 1, kind, roles: ['controller'] },
      ...[11, 12, 13, 14].map((id) => ({ id, kind, roles: ['broker'] as const })),
    ],
    settings,
  })
  for (const id of [1, 11, 12, 13]) await cluster.node(id).start()
  await answering(11, 12, 13)
  operator = await Operator.start(cluster, runFolder(name))
})
after(async () => {
  await operator?.[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
})

/** Clients of later calls ask those that run now. */
async function answering(...ids: readonly number[]): Promise<void> {
  for (const id of ids) await untilAnswers(cluster.node(id))
  process.env[bootstrapVariable] = cluster.bootstrap
}

async function untilAnswers({ ports }: ClusterNode): Promise<void> {
  await ping({ port: ports.broker, sinceNs: process.hrtime.bigint() })
}

async function makeTopic(topic: string, assignment: readonly (readonly number[])[]): Promise<void> {
  const replicas = assignment.map((ids) => ids.join(':')).join(',')
  await operator.run('topics', ['--create', '--topic', topic, '--replica-assignment', replicas])
  await operator.untilAllInSync()
}

/** So many partitions with so many replicas each, in turns. */
const spread = (ids: readonly number[], partitions: number, replicas: number): readonly number[][] =>
  Array.from({ length: partitions }, (_, i) =>
    Array.from({ length: replicas }, (_, j) => ids[(i + j) % ids.length] ?? 0),
  )

const placed = ({ topic, partition }: Placed, replicas: readonly number[]): Placed => ({ topic, partition, replicas })

test('a fourth broker joins under load, and the first one goes', { timeout: 600_000 }, async (context) => {
  const topic = 'loaded'
  await makeTopic(topic, spread([11, 12, 13], partitionCount, 3))
  const load = await Load.start('java', { topic, prefix: '1.', ...loadOptions })
  const reader = javaKinds['java, consumer, uniform']
  assert.ok(reader)
  const members: Member[] = []
  try {
    members.push(await Member.start(reader, { topic, group: 'readers', javaConfigs }))
    await untilBalanced(members, partitionCount)
    await untilProgress([load])
    await cluster.node(14).start()
    await answering(11, 12, 13, 14)
    await moveHalf(topic)
    await untilProgress([load])
    await drain(11)
    await untilProgress([load])
    await cluster.node(11).stop()
    await answering(12, 13, 14)
    await operator.run('cluster', ['unregister', '--id', '11'])
    const left = await operator.run('cluster', ['list-endpoints', '--include-fenced-brokers'])
    assert.deepEqual([...left.matchAll(/^(\d+)\s/gm)].map(([, id]) => Number(id)).sort(), [12, 13, 14])
    await untilProgress([load])
    await load.stop()
    await until({
      what: 'all is read',
      timeoutMs: 60_000,
      condition: () => members.reduce((sum, { values }) => sum + values.size, 0) >= load.count,
      seen: () => `${load}\n${members.join('\n')}`,
    })
    assertOnce(load, await readAll(topic, partitionCount))
    const read = new Set(members.flatMap(({ values }) => [...values]))
    assert.deepEqual(read, new Set(load.acknowledged.values()))
    context.diagnostic(`${load.count} records acknowledged, all read, by value`)
  } finally {
    await load.kill()
    await Promise.all(members.map((member) => member.kill()))
  }
})

/** Every other partition is led by the fourth broker. */
async function moveHalf(topic: string): Promise<void> {
  const all = await operator.partitionsOf(topic)
  const plan = all.filter(({ partition }) => partition % 2 === 0).map((it) => placed(it, [14, ...it.replicas.slice(1)]))
  await operator.move(plan, 50_000_000)
  await operator.untilMoved(plan)
  await operator.run('leaderElection', ['--election-type', 'preferred', '--all-topic-partitions'])
  const led = (await operator.partitionsOf(topic)).filter(({ leader }) => leader === 14)
  assert.equal(led.length, plan.length)
}

/** Of all topics: another broker has what this one had. */
async function drain(id: number): Promise<void> {
  const plan = (await operator.partitions())
    .filter(({ replicas }) => replicas.includes(id))
    .map((it) => {
      const [other = 0] = [12, 13, 14].filter((candidate) => !it.replicas.includes(candidate))
      return placed(
        it,
        it.replicas.map((replica) => (replica === id ? other : replica)),
      )
    })
  assert.ok(plan.length > 0)
  await operator.move(plan, 50_000_000)
  await operator.untilMoved(plan)
  const all = await operator.partitions()
  assert.deepEqual(
    all.filter(({ replicas, leader }) => leader === id || replicas.includes(id)),
    [],
  )
}

test('more replicas, fewer, and more partitions, under load', { timeout: 600_000, skip }, async () => {
  const topic = 'busy'
  await makeTopic(topic, spread([12, 13, 14], 3, 2))
  const load = await Load.start('java', { topic, prefix: '2.', ...loadOptions })
  try {
    await untilProgress([load])
    for (const replicas of [3, 1, 2]) {
      const plan = (await operator.partitionsOf(topic)).map((it, i) =>
        placed(it, spread([12, 13, 14], 3, replicas)[(i + replicas) % 3] ?? []),
      )
      await operator.move(plan)
      await operator.untilMoved(plan)
      await untilProgress([load])
    }
    await operator.run('topics', ['--alter', '--topic', topic, '--partitions', '6'])
    await until({
      what: 'the load has found the new partitions',
      timeoutMs: 60_000,
      condition: () => new Set(load.sent.map(({ partition }) => partition)).size === 6,
      seen: () => `${load}`,
    })
    await load.stop()
    assertOnce(load, await readAll(topic, 6))
  } finally {
    await load.kill()
  }
})

/** Topics with something in them, on the brokers 12 and 13: what is in each partition. */
async function makeBig(topic: string): Promise<readonly string[]> {
  await makeTopic(topic, spread([12, 13], 2, 2))
  const { count, size } = bigRecords
  const values = Array.from({ length: count }, (_, i) => `${i} `.padEnd(size, '.'))
  await kcat(['-P', '-t', topic, '-X', 'acks=all'], values.join('\n'))
  await operator.untilAllInSync()
  const read = await contents(topic)
  assert.deepEqual(new Set(read.flatMap((it) => it.split('\n'))), new Set(['', ...values]))
  return read
}

const contents = (topic: string): Promise<readonly string[]> =>
  Promise.all([0, 1].map((it) => kcat(['-C', '-t', topic, '-p', `${it}`, '-o', 'beginning', '-e', '-q'])))

/** All of it goes to the fourth broker alone. */
const planOf = (topic: string): readonly Placed[] => [0, 1].map((partition) => ({ topic, partition, replicas: [14] }))

const folderOf = (id: number, topic: string, partition: number): string =>
  join(cluster.node(id).directory, `${topic}-${partition}`)

/** Some of it is there, and not all. */
async function untilMidway(topic: string): Promise<void> {
  const file = join(folderOf(14, topic, 0), '00000000000000000000.log')
  const condition = (): boolean => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0
  await until({ what: `${file} grows`, timeoutMs: 30_000, condition })
}

const replicasOf = async (topic: string): Promise<readonly (readonly number[])[]> =>
  (await operator.partitionsOf(topic)).map(({ replicas }) => replicas)

const goneTimeoutMs = 30_000
const untilGone = (ids: readonly number[], topic: string): Promise<void> =>
  until({
    what: `nothing of ${topic} is on ${ids}`,
    timeoutMs: goneTimeoutMs,
    condition: () => !ids.some((id) => [0, 1].some((partition) => existsSync(folderOf(id, topic, partition)))),
  })

test('a move that is cancelled half-way', { timeout: 300_000, skip }, async () => {
  const topic = 'cancelled'
  const had = await makeBig(topic)
  await operator.move(planOf(topic), slowBytesPerSecond)
  await untilMidway(topic)
  await operator.cancel(planOf(topic))
  await operator.untilAllInSync()
  assert.deepEqual(await replicasOf(topic), [
    [12, 13],
    [13, 12],
  ])
  await untilGone([14], topic)
  assert.deepEqual(await contents(topic), had)
})

test('a move whose target dies in the middle, and comes back', { timeout: 300_000, skip }, async () => {
  const topic = 'died'
  const had = await makeBig(topic)
  await operator.move(planOf(topic), slowBytesPerSecond)
  await untilMidway(topic)
  await cluster.node(14).kill()
  const before = await operator.underWay()
  await cluster.node(14).start()
  await answering(12, 13, 14)
  await operator.untilMoved(planOf(topic))
  await operator.untilAllInSync()
  assert.deepEqual(await replicasOf(topic), [[14], [14]])
  await untilGone([12, 13], topic)
  assert.deepEqual(await contents(topic), had)
  assert.ok(before.length > 0, 'it died in the middle')
})

test('a move that is cancelled while its target is dead', { timeout: 300_000, skip }, async () => {
  const topic = 'dead'
  const had = await makeBig(topic)
  await operator.move(planOf(topic), slowBytesPerSecond)
  await untilMidway(topic)
  await cluster.node(14).kill()
  assert.ok((await operator.underWay()).length > 0)
  await until({
    what: 'the target is missed',
    timeoutMs: 60_000,
    condition: async () => !(await operator.run('cluster', ['list-endpoints'])).match(/^14\s/m),
  })
  await operator.cancel(
    (await operator.underWay()).map((it) => ({ topic, partition: Number(it.at(-1)), replicas: [14] })),
  )
  assert.deepEqual(await contents(topic), had)
  await cluster.node(14).start()
  await answering(12, 13, 14)
  await operator.untilAllInSync()
  assert.deepEqual(await replicasOf(topic), [
    [12, 13],
    [13, 12],
  ])
  await untilGone([14], topic)
  assert.deepEqual(await contents(topic), had)
})

test('a topic that is deleted while it moves', { timeout: 300_000, skip }, async () => {
  const topic = 'deleted'
  await makeBig(topic)
  await operator.move(planOf(topic), slowBytesPerSecond)
  await untilMidway(topic)
  await operator.run('topics', ['--delete', '--topic', topic])
  await untilGone([12, 13, 14], topic)
  assert.deepEqual(await operator.underWay(), [])
  assert.deepEqual(await replicasOf(topic), [])
})

interface Performance {
  readonly recordsPerSecond: number
  readonly p99Ms: number
}

/** Kafka's producer, as fast as it can or at a rate. */
async function perform(topic: string, seconds: number, recordsPerSecond: number): Promise<Performance> {
  const isPaced = recordsPerSecond < Number.POSITIVE_INFINITY
  const count = isPaced ? Math.ceil(seconds * recordsPerSecond) : seconds * 20_000
  const size = [
    '--num-records',
    `${count}`,
    '--record-size',
    '500',
    '--throughput',
    `${isPaced ? recordsPerSecond : -1}`,
  ]
  const props = ['--producer-props', `bootstrap.servers=${cluster.bootstrap}`, 'acks=all']
  const printed = await runTool('producerPerformance', ['--topic', topic, ...size, ...props], { timeoutMs: 300_000 })
  const [, per = '', p99 = ''] =
    /, ([\d.]+) records\/sec.* (\d+) ms 99th, /.exec(printed.trim().split('\n').at(-1) ?? '') ?? []
  assert.ok(Number(per) > 0, printed)
  return { recordsPerSecond: Number(per), p99Ms: Number(p99) }
}

test('at a third of what saturates, p99 of produce while moves go on', { timeout: 600_000, skip }, async (context) => {
  const topic = 'steady'
  await makeTopic(topic, spread([12, 13, 14], 3, 3))
  await makeBig('moving')
  await perform(topic, 10, Number.POSITIVE_INFINITY)
  const saturated = await perform(topic, 10, Number.POSITIVE_INFINITY)
  const third = saturated.recordsPerSecond / 3
  const quiet = await perform(topic, 20, third)
  let isOver = false
  let moves = 0
  const moving = (async () => {
    for (let ids = [14]; !isOver; ids = ids[0] === 14 ? [12] : [14]) {
      const plan = planOf('moving').map((it) => placed(it, ids))
      await operator.move(plan, slowBytesPerSecond)
      await operator.untilMoved(plan)
      moves++
    }
  })()
  const busy = await perform(topic, 20, third)
  isOver = true
  await moving
  const told = `p99 ${quiet.p99Ms} ms, while replicas moved ${moves} times ${busy.p99Ms} ms, at ${Math.round(third)} records/s`
  context.diagnostic(told)
  assert.ok(busy.p99Ms <= 2 * quiet.p99Ms, told)
})
