/**
 * Three brokers under load, and a fourth joins: half of the replicas move to it, then the first broker is emptied, stopped and
 * unregistered. Nothing that was acknowledged is lost, by value, and no request fails but such as a client sends again.
 */
import assert from 'node:assert/strict'
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
const fastBytesPerSecond = 50_000_000
/** Of moves that are to last. */
const slowBytesPerSecond = 2_000_000

const settings = {
  'offsets.topic.replication.factor': '3',
  'offsets.topic.num.partitions': '3',
  'broker.session.timeout.ms': '6000',
  'broker.heartbeat.interval.ms': '500',
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
  await operator.move(plan, fastBytesPerSecond)
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
  await operator.move(plan, fastBytesPerSecond)
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

interface Performance {
  readonly recordsPerSecond: number
  readonly p99Ms: number
}

/** Twenty megabytes. */
const fill = (topic: string): Promise<string> =>
  kcat(['-P', '-t', topic, '-X', 'acks=all'], Array.from({ length: 20_000 }, (_, i) => `${i}`.padEnd(1000)).join('\n'))

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
  await makeTopic('moving', spread([12, 13], 2, 2))
  await fill('moving')
  await perform(topic, 10, Number.POSITIVE_INFINITY)
  const saturated = await perform(topic, 10, Number.POSITIVE_INFINITY)
  const third = saturated.recordsPerSecond / 3
  const quiet = await perform(topic, 20, third)
  let isOver = false
  let moves = 0
  const moving = (async () => {
    for (let ids = [14]; !isOver; ids = ids[0] === 14 ? [12] : [14]) {
      const plan = [0, 1].map((partition) => ({ topic: 'moving', partition, replicas: ids }))
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
