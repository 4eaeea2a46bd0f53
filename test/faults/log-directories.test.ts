/** Several log directories: the controller knows where each replica is, one that fails is missed alone, replicas move. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Node, nodeMetrics } from '../../src/node/index.ts'
import {
  alterReplicaLogDirs,
  createTopics,
  deleteRecords,
  deleteTopics,
  describeLogDirs,
  ErrorCode,
  fetch,
  incrementalAlterConfigs,
  metadata,
} from '../../src/protocol/index.ts'
import { Wire } from '../wire.ts'
import { BrokenWorld } from './broken-disk.ts'
import { goodBatch, produceTo } from './kit.ts'

const settings = { 'log.dirs': '/a,/b', 'log.segment.bytes': '1048576', 'log.segment.delete.delay.ms': '1' }

/** A node over what is left of the disk, and a client of it. */
async function start(world: BrokenWorld): Promise<{ readonly node: Node; readonly wire: Wire }> {
  const node = await world.start()
  const wire = await Wire.connect(world.env.network, '127.0.0.1', node.listeners[0]?.port ?? 0)
  return { node, wire }
}

async function stop({ node, wire }: { readonly node: Node; readonly wire: Wire }): Promise<void> {
  wire.destroy()
  await node.stop()
}

async function createTopic(wire: Wire, name: string, numPartitions: number, configs: Record<string, string> = {}) {
  const given = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
  const topics = [{ name, numPartitions, replicationFactor: 1, configs: given }]
  const reply = await wire.call(createTopics, { topics, timeoutMs: 5000 })
  assert.equal(reply.topics[0]?.errorCode, ErrorCode.NONE)
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const giveUpMs = Date.now() + 10_000; !(await condition()); ) {
    assert.ok(Date.now() < giveUpMs, `no ${what} within 10 s`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** By partition: the directory that the controller knows it in. */
function assigned({ broker }: Node, topic: string): (string | undefined)[] {
  const directories = broker.logDirectories.map(({ directory }) => directory)
  const ids = new Map(broker.directoryIds.map((id, i) => [id, directories[i]]))
  const partitions = broker.image.topics.byName.get(topic)?.partitions.values() ?? []
  return [...partitions].map(({ directories: [id] }) => (id === undefined ? undefined : ids.get(id)))
}

/** By directory: the partitions in it, future ones with `~`. */
async function described(wire: Wire, topic: string): Promise<Record<string, string[]>> {
  const { results } = await wire.call(describeLogDirs, { topics: null })
  const entries = results.map(({ logDir, errorCode, topics }) => {
    const found = topics.filter(({ name }) => name === topic).flatMap(({ partitions }) => partitions)
    const names = found.map((it) => `${it.isFutureKey ? '~' : ''}${it.partitionIndex}`).sort()
    return [logDir, errorCode === ErrorCode.NONE ? names : [`error ${errorCode}`]] as const
  })
  return Object.fromEntries(entries)
}

async function leaders(wire: Wire, topic: string): Promise<number[]> {
  const { topics } = await wire.call(metadata, { topics: [{ name: topic }] })
  const partitions = topics[0]?.partitions ?? []
  return partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex).map(({ leaderId }) => leaderId)
}

async function alter(wire: Wire, path: string, name: string, partition = 0): Promise<number | undefined> {
  const dirs = [{ path, topics: [{ name, partitions: [partition] }] }]
  const { results } = await wire.call(alterReplicaLogDirs, { dirs })
  return results[0]?.partitions[0]?.errorCode
}

/** All values of a partition, by what a client reads. */
async function valuesOf(node: Node, wire: Wire, topic: string, partition = 0): Promise<number> {
  let count = 0
  const end = node.broker.replicas.get(topic, partition)?.log.logEndOffset ?? -1
  for (let fetchOffset = 0; fetchOffset < end; ) {
    const asked = { partition, fetchOffset, currentLeaderEpoch: -1, partitionMaxBytes: 1_000_000 }
    const reply = await wire.call(
      fetch,
      { maxWaitMs: 100, minBytes: 1, maxBytes: 10_000_000, topics: [{ topic, partitions: [asked] }] },
      12,
    )
    const answer = reply.responses[0]?.partitions[0]
    assert.equal(answer?.errorCode, ErrorCode.NONE)
    const bytes = Buffer.from((answer?.records ?? new Uint8Array(0)) as Uint8Array)
    let at = 0
    for (; at + 12 <= bytes.length && at + 12 + bytes.readInt32BE(at + 8) <= bytes.length; ) {
      fetchOffset = Number(bytes.readBigInt64BE(at)) + bytes.readInt32BE(at + 23) + 1
      count += bytes.readInt32BE(at + 57)
      at += 12 + bytes.readInt32BE(at + 8)
    }
    assert.ok(at > 0)
  }
  return count
}

test('the controller learns in which directory each replica is', async () => {
  const world = new BrokenWorld(settings)
  const started = await start(world)
  await createTopic(started.wire, 't', 4)
  await until('assignment', () => !assigned(started.node, 't').includes(undefined))
  const places = assigned(started.node, 't')
  assert.deepEqual(places.toSorted(), ['/a', '/a', '/b', '/b'])
  const inB = places.flatMap((place, i) => (place === '/b' ? [`${i}`] : []))
  assert.deepEqual((await described(started.wire, 't'))['/b'], inB)
  await stop(started)
})

test('a directory that fails is missed: its partitions have no leader, topics come to the other', async () => {
  const world = new BrokenWorld(settings)
  const started = await start(world)
  const { node, wire } = started
  await createTopic(wire, 't', 4)
  await until('assignment', () => !assigned(node, 't').includes(undefined))
  const places = assigned(node, 't')
  world.disk.refuses = (_, path) => path.startsWith('/b/')
  const partition = places.indexOf('/b')
  const { errorCode } = await produceTo(wire, { topic: 't', partition, records: goodBatch() })
  assert.equal(errorCode, ErrorCode.KAFKA_STORAGE_ERROR)
  const expected = places.map((place) => (place === '/a' ? node.nodeId : -1))
  await until('leader less', async () => `${await leaders(wire, 't')}` === `${expected}`)
  await createTopic(wire, 'u', 2)
  assert.deepEqual(await described(wire, 'u'), { '/a': ['0', '1'], '/b': ['error 56'] })
  assert.equal(await alter(wire, '/b', 'u'), ErrorCode.KAFKA_STORAGE_ERROR)
  const [offline] = nodeMetrics(node).filter(({ name }) => name === 'kafka_log_logmanager_logdirectoryoffline')
  assert.deepEqual(offline?.samples, [
    { labels: { logDirectory: '/a' }, value: 0 },
    { labels: { logDirectory: '/b' }, value: 1 },
  ])
  await stop(started)
})

test('a directory fails when a new replica is made in it: the other one takes it', async () => {
  const world = new BrokenWorld(settings)
  const started = await start(world)
  const { node, wire } = started
  world.disk.refuses = (_, path) => path.startsWith('/b/')
  await createTopic(wire, 't', 4)
  assert.deepEqual(await described(wire, 't'), { '/a': ['0', '1', '2', '3'], '/b': ['error 56'] })
  for (let partition = 0; partition < 4; partition++) {
    const { errorCode } = await produceTo(wire, { topic: 't', partition, records: goodBatch() })
    assert.equal(errorCode, ErrorCode.NONE)
  }
  await until('assignment', () => `${assigned(node, 't')}` === '/a,/a,/a,/a')
  await stop(started)
})

test('a start without one of its directories: its replicas are not made anew, and come back with it', async () => {
  const world = new BrokenWorld(settings)
  const first = await start(world)
  await createTopic(first.wire, 't', 4)
  await until('assignment', () => !assigned(first.node, 't').includes(undefined))
  const places = assigned(first.node, 't')
  for (const partition of places.keys()) await produceTo(first.wire, { topic: 't', partition, records: goodBatch() })
  await stop(first)

  world.disk.refuses = (_, path) => path.startsWith('/b/')
  const second = await start(world)
  const expected = places.map((place) => (place === '/a' ? second.node.nodeId : -1))
  assert.deepEqual(await leaders(second.wire, 't'), expected)
  const inA = places.flatMap((place, i) => (place === '/a' ? [`${i}`] : []))
  assert.deepEqual(await described(second.wire, 't'), { '/a': inA, '/b': ['error 56'] })
  assert.match(world.lines.join(''), /Error while reading meta.properties directory=\/b/)
  await createTopic(second.wire, 'u', 2)
  assert.deepEqual((await described(second.wire, 'u'))['/a'], ['0', '1'])
  await stop(second)

  world.disk.refuses = () => false
  const third = await start(world)
  assert.deepEqual(await leaders(third.wire, 't'), [1, 1, 1, 1])
  for (const partition of places.keys()) assert.equal(await valuesOf(third.node, third.wire, 't', partition), 1)
  await stop(third)
})

test('a replica moves while it is written and read: every record is in the other directory, at its offset', async () => {
  const world = new BrokenWorld(settings)
  const started = await start(world)
  const { node, wire } = started
  await createTopic(wire, 't', 1)
  await until('assignment', () => !assigned(node, 't').includes(undefined))
  const [from = ''] = assigned(node, 't')
  const to = from === '/a' ? '/b' : '/a'
  const writer = await Wire.connect(world.env.network, '127.0.0.1', node.listeners[0]?.port ?? 0)
  let sent = 0
  let isWriting = true
  const write = async (): Promise<void> => {
    for (; isWriting; sent++) {
      const { errorCode, baseOffset } = await produceTo(writer, {
        topic: 't',
        records: goodBatch(['x'.repeat(20_000)]),
      })
      assert.equal(errorCode, ErrorCode.NONE)
      assert.equal(baseOffset, sent)
    }
  }
  const writing = write()
  // Several segments: what is copied at a time goes over their ends.
  await until('records', () => sent > 200)
  const place = async (): Promise<string | undefined> => {
    const found = Object.entries(await described(wire, 't')).filter(([, names]) => names.includes('0'))
    return found.length === 1 && JSON.stringify(await described(wire, 't')).includes('~') ? undefined : found[0]?.[0]
  }
  for (const next of [to, from, to]) {
    assert.equal(await alter(wire, next, 't'), ErrorCode.NONE)
    await until(`move to ${next}`, async () => (await place()) === next)
    const sentThen = sent
    await until('records behind the move', () => sent > sentThen + 20)
  }
  isWriting = false
  await writing
  writer.destroy()
  assert.equal(await valuesOf(node, wire, 't'), sent)
  assert.deepEqual(assigned(node, 't'), [to])
  await stop(started)

  const again = await start(world)
  assert.equal(await valuesOf(again.node, again.wire, 't'), sent)
  assert.deepEqual(await described(again.wire, 't'), { [from]: [], [to]: ['0'] })
  assert.deepEqual(
    world.lines.filter((line) => /ERROR|WARN/.test(line)),
    [],
  )
  await stop(again)
})

test('nothing new comes to a directory that is cordoned', async () => {
  const started = await start(new BrokenWorld(settings))
  const { wire, node } = started
  await createTopic(wire, 't', 2)
  const cordon = async (value: string): Promise<void> => {
    const configs = [{ name: 'cordoned.log.dirs', configOperation: 0, value }]
    const resources = [{ resourceType: 4, resourceName: `${node.nodeId}`, configs }]
    const { responses } = await wire.call(incrementalAlterConfigs, { resources })
    assert.equal(responses[0]?.errorCode, ErrorCode.NONE)
  }
  await cordon('/b')
  await createTopic(wire, 'u', 4)
  assert.deepEqual(await described(wire, 'u'), { '/a': ['0', '1', '2', '3'], '/b': [] })
  assert.equal(await alter(wire, '/b', 'u'), ErrorCode.INVALID_REPLICA_ASSIGNMENT)
  await cordon('*')
  const [all] = node.broker.directoryIds.length === 2 ? [node.broker.directoryIds] : []
  await until('controller to know', () => {
    const known = node.quorum.image.cluster.brokers.get(node.nodeId)?.cordonedLogDirs
    return known?.length === all?.length
  })
  const topics = [{ name: 'v', numPartitions: 1, replicationFactor: 1 }]
  const reply = await wire.call(createTopics, { topics, timeoutMs: 5000 })
  assert.equal(reply.topics[0]?.errorCode, ErrorCode.INVALID_REPLICATION_FACTOR)
  await cordon('')
  await until('topic', async () => {
    const again = await wire.call(createTopics, { topics, timeoutMs: 5000 })
    return again.topics[0]?.errorCode === ErrorCode.NONE
  })
  await stop(started)
})

/** A replica that takes its time to move: what is in it, where it is, and where it goes. */
async function startMove(world: BrokenWorld) {
  const started = await start(world)
  const { node, wire } = started
  await createTopic(wire, 't', 1)
  await until('assignment', () => !assigned(node, 't').includes(undefined))
  const configs = [{ name: 'replica.alter.log.dirs.io.max.bytes.per.second', configOperation: 0, value: '600000' }]
  const resources = [{ resourceType: 4, resourceName: `${node.nodeId}`, configs }]
  await wire.call(incrementalAlterConfigs, { resources })
  for (let i = 0; i < 20; i++) await produceTo(wire, { topic: 't', records: goodBatch(['x'.repeat(100_000)]) })
  const [from = ''] = assigned(node, 't')
  const to = from === '/a' ? '/b' : '/a'
  assert.equal(await alter(wire, to, 't'), ErrorCode.NONE)
  await until('copy', async () => `${(await described(wire, 't'))[to]}` === '~0')
  return { ...started, from, to }
}

const isServed = async (wire: Wire): Promise<boolean> =>
  (await produceTo(wire, { topic: 't', records: goodBatch() })).errorCode === ErrorCode.NONE

test('a move is called off by a move to where the replica is', async () => {
  const world = new BrokenWorld(settings)
  const moving = await startMove(world)
  const { wire, from, to } = moving
  assert.equal(await alter(wire, from, 't'), ErrorCode.NONE)
  assert.deepEqual(await described(wire, 't'), { [from]: ['0'], [to]: [] })
  assert.ok(await isServed(wire))
  await until('removal', async () => (await world.env.disk.list(to)).every(({ name }) => !name.startsWith('t-0')))
  await stop(moving)
})

test('a topic is deleted while it moves: nothing is left of it', async () => {
  const world = new BrokenWorld(settings)
  const moving = await startMove(world)
  const { wire, from, to } = moving
  await wire.call(deleteTopics, { topics: [{ name: 't' }], timeoutMs: 5000 })
  assert.deepEqual(await described(wire, 't'), { [from]: [], [to]: [] })
  const names = async (): Promise<string[]> =>
    [...(await world.env.disk.list(from)), ...(await world.env.disk.list(to))].map(({ name }) => name)
  await until('removal', async () => (await names()).every((name) => !name.startsWith('t-0')))
  await stop(moving)
})

test('the directory fails that a replica moves to: it stays where it is, and is served', async () => {
  const world = new BrokenWorld(settings)
  const moving = await startMove(world)
  const { wire, node, from, to } = moving
  world.disk.refuses = (_, path) => path.startsWith(`${to}/`)
  await until('failure', async () => `${(await described(wire, 't'))[to]}` === 'error 56')
  assert.deepEqual(assigned(node, 't'), [from])
  assert.ok(await isServed(wire))
  await stop(moving)
})

test('the directory fails that a replica moves from: it is missed', async () => {
  const world = new BrokenWorld(settings)
  const moving = await startMove(world)
  const { wire, from, to } = moving
  world.disk.refuses = (_, path) => path.startsWith(`${from}/`)
  assert.ok(!(await isServed(wire)))
  await until('leader less', async () => `${await leaders(wire, 't')}` === '-1')
  await stop(moving)
  // Its copy may lack the end: it is not taken for the replica.
  const again = await start(world)
  assert.deepEqual(await leaders(again.wire, 't'), [-1])
  assert.deepEqual(await described(again.wire, 't'), { [from]: ['error 56'], [to]: ['~0'] })
  await stop(again)
  world.disk.refuses = () => false
  const last = await start(world)
  assert.equal(await valuesOf(last.node, last.wire, 't'), 20)
  await stop(last)
})

test('the directory fails that a replica moves from, in its last moment there: the other one stays', async () => {
  const world = new BrokenWorld(settings)
  const moving = await startMove(world)
  const { wire, from, to } = moving
  // Not before the log is flushed, when the copy has all.
  world.disk.refuses = (operation, path) => operation === 'sync' && path.startsWith(`${from}/t-0/`)
  await until('failure', async () => `${(await described(wire, 't'))[from]}` === 'error 56')
  assert.deepEqual((await described(wire, 't'))[to], ['~0'])
  world.disk.refuses = () => false
  await createTopic(wire, 'u', 1)
  assert.deepEqual((await described(wire, 'u'))[to], ['0'])
  await stop(moving)
})

test('a start without the directory that a replica moves from, known to be in the other: it is not made anew', async () => {
  const world = new BrokenWorld(settings)
  const moved = await start(world)
  await createTopic(moved.wire, 't', 1)
  await until('assignment', () => !assigned(moved.node, 't').includes(undefined))
  const [from = ''] = assigned(moved.node, 't')
  const to = from === '/a' ? '/b' : '/a'
  for (let i = 0; i < 5; i++) assert.ok(await isServed(moved.wire))
  assert.equal(await alter(moved.wire, to, 't'), ErrorCode.NONE)
  await until('move', async () => `${(await described(moved.wire, 't'))[to]}` === '0')
  await stop(moved)
  // As if it had not got its name yet.
  await world.env.disk.rename(`${to}/t-0`, `${to}/t-0.${'0'.repeat(32)}-future`)
  world.disk.refuses = (_, path) => path.startsWith(`${from}/`)

  const without = await start(world)
  assert.ok(!(await isServed(without.wire)))
  assert.deepEqual(await described(without.wire, 't'), { [from]: ['error 56'], [to]: ['~0'] })
  await stop(without)
  world.disk.refuses = () => false
  const last = await start(world)
  assert.equal(await valuesOf(last.node, last.wire, 't'), 5)
  await stop(last)
})

test('two logs of one replica, as a killed Kafka leaves them: that counts which the controller knows', async () => {
  const world = new BrokenWorld(settings)
  const first = await start(world)
  await createTopic(first.wire, 't', 1)
  await until('assignment', () => !assigned(first.node, 't').includes(undefined))
  const [right = ''] = assigned(first.node, 't')
  const other = right === '/a' ? '/b' : '/a'
  for (let i = 0; i < 5; i++) assert.ok(await isServed(first.wire))
  await stop(first)
  await world.env.disk.makeDirectory(`${other}/t-0`)
  const again = await start(world)
  assert.equal(await valuesOf(again.node, again.wire, 't'), 5)
  assert.deepEqual(await described(again.wire, 't'), { [right]: ['0'], [other]: [] })
  const names = (await world.env.disk.list(other)).map(({ name }) => name)
  assert.ok(names.some((name) => /^t-0\.[0-9a-f]{32}-stray$/.test(name)))
  await stop(again)
})

test('what is damaged does not move, and is as it was', async () => {
  const world = new BrokenWorld(settings)
  const moving = await startMove(world)
  const { wire, from, to } = moving
  const file = await world.env.disk.open(`${from}/t-0/00000000000000000000.log`, { mode: 'write' })
  file.writeSync(Buffer.from('?'), 1_000_000)
  await file.close()
  await until('error', () => /a replica does not move/.test(world.lines.join('')))
  assert.ok(await isServed(wire))
  assert.equal(await alter(wire, from, 't'), ErrorCode.NONE)
  assert.deepEqual(await described(wire, 't'), { [from]: ['0'], [to]: [] })
  await stop(moving)
})

test('a log that starts in the middle of a batch moves, and starts there', async () => {
  const started = await start(new BrokenWorld(settings))
  const { wire, node } = started
  await createTopic(wire, 't', 1)
  await until('assignment', () => !assigned(node, 't').includes(undefined))
  await produceTo(wire, { topic: 't', records: goodBatch(['0', '1', '2', '3', '4', '5']) })
  await wire.call(deleteRecords, {
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 4 }] }],
    timeoutMs: 5000,
  })
  const [from = ''] = assigned(node, 't')
  const to = from === '/a' ? '/b' : '/a'
  for (const next of [to, from]) {
    assert.equal(await alter(wire, next, 't'), ErrorCode.NONE)
    await until('move', async () => `${(await described(wire, 't'))[next]}` === '0')
    const log = node.broker.replicas.get('t', 0)?.log
    assert.deepEqual([log?.logStartOffset, log?.logEndOffset], [4, 6])
    assert.ok((log?.sizeInBytes ?? 0) > 0)
  }
  await stop(started)
})

test("what cannot move is refused in Kafka's codes", async () => {
  const started = await start(new BrokenWorld(settings))
  const { wire, node } = started
  await createTopic(wire, 't', 1)
  await until('assignment', () => !assigned(node, 't').includes(undefined))
  const [here = ''] = assigned(node, 't')
  assert.equal(await alter(wire, '/none', 't'), ErrorCode.LOG_DIR_NOT_FOUND)
  assert.equal(await alter(wire, here, 't'), ErrorCode.NONE)
  assert.equal(await alter(wire, '/b', 'later'), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  await createTopic(wire, 'later', 1)
  assert.deepEqual(await described(wire, 'later'), { '/a': [], '/b': ['0'] })
  await stop(started)
})
