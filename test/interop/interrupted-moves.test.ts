/**
 * Moves of replicas that do not go as planned: cancelled half-way, the target dies and comes back, or stays dead, the topic is
 * deleted. What was there is there, byte for byte, and nothing is left where it is not to be. Replicas fetch slowly.
 */
import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { HeldCluster } from './held-cluster.ts'
import { kcat } from './kcat.ts'
import { against, bootstrapVariable, records, runFolder, until } from './kit.ts'
import { Operator, type Placed } from './operator.ts'

const kind = against === 'kafka' ? 'kafka' : 'odradek'
const name = 'interrupted-moves'
const target = 13
const bigRecords = { count: records(10_000), size: 1000 }
/** So that a partition takes some seconds. */
const bytesPerSecond = records(2_000_000)
const timeout = 300_000

let held: HeldCluster
let operator: Operator

before(async () => {
  held = await HeldCluster.start(kind, name)
  process.env[bootstrapVariable] = held.cluster.bootstrap
  operator = await Operator.start(held.cluster, runFolder(`${name}-${kind}`))
})
after(async () => {
  await operator?.[Symbol.asyncDispose]()
  await held?.[Symbol.asyncDispose]()
})

async function targetIsBack(): Promise<void> {
  held.pace(Number.POSITIVE_INFINITY)
  await held.cluster.node(target).start()
  await held.cluster.serving()
}

/** A topic with something in it, on the brokers 11 and 12: what is in each partition. */
async function makeBig(topic: string): Promise<readonly string[]> {
  held.pace(Number.POSITIVE_INFINITY)
  await operator.run('topics', ['--create', '--topic', topic, '--replica-assignment', '11:12,12:11'])
  await held.settled()
  const { count, size } = bigRecords
  const values = Array.from({ length: count }, (_, i) => `${i} `.padEnd(size, '.')).join('\n')
  const flags = ['-X', 'acks=all', '-X', 'batch.size=16000']
  for (const partition of ['0', '1']) await kcat(['-P', '-t', topic, '-p', partition, ...flags], values)
  await operator.untilAllInSync()
  const read = await contents(topic)
  assert.deepEqual(read, [`${values}\n`, `${values}\n`])
  return read
}

const contents = (topic: string): Promise<readonly string[]> =>
  Promise.all([0, 1].map((it) => kcat(['-C', '-t', topic, '-p', `${it}`, '-o', 'beginning', '-e', '-q'])))

/** All of it goes to the third broker alone. */
const planOf = (topic: string): readonly Placed[] =>
  [0, 1].map((partition) => ({ topic, partition, replicas: [target] }))

/** In either of its log directories. */
const foldersOf = (id: number, topic: string, partition: number): readonly string[] =>
  ['', '-1'].map((more) => join(`${held.cluster.node(id).directory}${more}`, `${topic}-${partition}`))

const sizeAtTarget = (topic: string, partition: number): number => {
  const files = foldersOf(target, topic, partition).map((it) => join(it, '00000000000000000000.log'))
  return Math.max(...files.map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0))
}

/** Ends when some of each partition is there, and not all. */
async function beginSlowly(topic: string): Promise<void> {
  held.pace(bytesPerSecond)
  await operator.move(planOf(topic))
  const condition = (): boolean => [0, 1].every((partition) => sizeAtTarget(topic, partition) > 0)
  await until({ what: `${topic} is on its way`, timeoutMs: 30_000, condition })
}

/** In no order: as in Kafka, a move that is cancelled does not remember which replica was the first. */
const replicasOf = async (topic: string): Promise<readonly (readonly number[])[]> =>
  (await operator.partitionsOf(topic)).map(({ replicas }) => replicas.toSorted((a, b) => a - b))

const goneTimeoutMs = 30_000
const untilGone = (ids: readonly number[], topic: string): Promise<void> =>
  until({
    what: `nothing of ${topic} is on ${ids}`,
    timeoutMs: goneTimeoutMs,
    condition: () =>
      !ids.some((id) => [0, 1].flatMap((partition) => foldersOf(id, topic, partition)).some((it) => existsSync(it))),
  })

test('a move that is cancelled half-way', { timeout }, async () => {
  const topic = 'cancelled'
  const had = await makeBig(topic)
  await beginSlowly(topic)
  await operator.cancel(planOf(topic))
  await operator.untilAllInSync()
  assert.deepEqual(await replicasOf(topic), [
    [11, 12],
    [11, 12],
  ])
  await untilGone([target], topic)
  assert.deepEqual(await contents(topic), had)
})

test('a move whose target dies in the middle, and comes back', { timeout }, async () => {
  const topic = 'died'
  const had = await makeBig(topic)
  await beginSlowly(topic)
  await held.cluster.node(target).kill()
  const before = await operator.underWay()
  await targetIsBack()
  await operator.untilMoved(planOf(topic))
  await operator.untilAllInSync()
  assert.deepEqual(await replicasOf(topic), [[target], [target]])
  await untilGone([11, 12], topic)
  assert.deepEqual(await contents(topic), had)
  assert.ok(before.length > 0, 'it died in the middle')
})

test('a move that is cancelled while its target is dead', { timeout }, async () => {
  const topic = 'dead'
  const had = await makeBig(topic)
  await beginSlowly(topic)
  await held.cluster.node(target).kill()
  const moving = await operator.underWay()
  await until({
    what: 'the target is missed',
    timeoutMs: 60_000,
    condition: async () => !(await operator.run('cluster', ['list-endpoints'])).match(/^13\s/m),
  })
  assert.equal(moving.length, 2, 'both are under way')
  await operator.cancel(planOf(topic), { preservesThrottles: true })
  assert.deepEqual(await contents(topic), had)
  await targetIsBack()
  await operator.untilAllInSync()
  assert.deepEqual(await replicasOf(topic), [
    [11, 12],
    [11, 12],
  ])
  await untilGone([target], topic)
  await operator.clearThrottles(planOf(topic))
  assert.deepEqual(await contents(topic), had)
})

test('a topic that is deleted while it moves', { timeout }, async () => {
  const topic = 'deleted'
  await makeBig(topic)
  await beginSlowly(topic)
  await operator.run('topics', ['--delete', '--topic', topic])
  await untilGone([11, 12, target], topic)
  assert.deepEqual(await operator.underWay(), [])
  assert.deepEqual(await replicasOf(topic), [])
})
