/** What the disk refuses beneath a running node, and who is still reading when files go. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import type { Node } from '../../src/node/index.ts'
import {
  createTopics,
  deleteTopics,
  ErrorCode,
  fetch,
  findCoordinator,
  joinGroup,
  listOffsets,
} from '../../src/protocol/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import { ReplicaManager } from '../../src/replication/index.ts'
import { requestFrame, Wire } from '../wire.ts'
import { BrokenWorld, within } from './broken-disk.ts'
import { goodBatch, produceTo } from './kit.ts'

const fetchVersion = 12
const noTime = 3000
const bigBatch = (): Uint8Array =>
  buildBatch([{ timestampMs: Date.now(), key: null, value: Buffer.alloc(400_000, 'x') }])
const portOf = (node: Node): number => node.listeners.find(({ listener }) => listener === 'PLAINTEXT')?.port ?? 0
const wireTo = (world: BrokenWorld, node: Node): Promise<Wire> =>
  Wire.connect(world.env.network, '127.0.0.1', portOf(node))

async function create(
  wire: Wire,
  name: string,
  options: { readonly partitions?: number; readonly configs?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const configs = Object.entries(options.configs ?? {}).map(([key, value]) => ({ name: key, value }))
  const topics = [{ name, numPartitions: options.partitions ?? 1, replicationFactor: 1, configs }]
  const reply = await within(noTime, 'a topic', wire.call(createTopics, { topics, timeoutMs: 2000 }))
  assert.equal(reply.topics[0]?.errorCode, ErrorCode.NONE)
}

async function remove(wire: Wire, name: string): Promise<void> {
  const reply = await within(noTime, 'a deletion', wire.call(deleteTopics, { topics: [{ name }], timeoutMs: 2000 }))
  assert.equal(reply.responses[0]?.errorCode, ErrorCode.NONE)
}

const place = (partition: number, fetchOffset = 0) => ({ partition, fetchOffset, partitionMaxBytes: 100_000_000 })
const fetchOf = (topic: string, partitions: readonly number[]) => ({
  maxWaitMs: 5000,
  minBytes: 1,
  maxBytes: 100_000_000,
  topics: [{ topic, partitions: partitions.map((partition) => place(partition)) }],
})

async function stop(node: Node): Promise<Error | undefined> {
  await within(noTime, 'the stop', node.stop())
  return node.ended
}

describe('reads that the disk refuses', () => {
  test('the partition answers 56 and its directory goes offline, the others of the request have their records', async () => {
    const world = new BrokenWorld({ 'log.dirs': '/a,/b' })
    let node = await world.start()
    let wire = await wireTo(world, node)
    await create(wire, 't', { partitions: 4 })
    for (let partition = 0; partition < 4; partition++) {
      await produceTo(wire, { topic: 't', partition, records: goodBatch() })
    }
    wire.destroy()
    await stop(node)
    node = await world.start()
    wire = await wireTo(world, node)
    world.disk.refuses = (operation, path) => operation === 'readSync' && path.startsWith('/b/')
    const { responses } = await wire.call(fetch, fetchOf('t', [0, 1, 2, 3]), fetchVersion)
    const codes = responses.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)).sort()
    assert.deepEqual(codes, [0, 0, ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.KAFKA_STORAGE_ERROR])
    wire.destroy()
    world.disk.refuses = () => false
    assert.equal(await stop(node), undefined)
  })

  test('the connection closes that was being sent to, and the node stops where it was the only directory', async () => {
    const world = new BrokenWorld({ 'log.dirs': '/a' })
    const node = await world.start()
    const [reader, writer] = [await wireTo(world, node), await wireTo(world, node)]
    await create(writer, 't')
    const waiting = reader.call(fetch, fetchOf('t', [0]), fetchVersion)
    const closed = assert.rejects(waiting)
    await new Promise((resolve) => setTimeout(resolve, 20))
    // The first read finds the batch; those of its bytes, on their way out, are refused.
    let reads = 0
    world.disk.refuses = (operation, path) => operation === 'readSync' && path.startsWith('/a/') && ++reads > 1
    await produceTo(writer, { topic: 't', records: bigBatch() }).catch(() => undefined)
    await within(noTime, 'the close', closed)
    assert.match(String(await within(noTime, 'the end', node.ended)), /all log dirs have failed/)
  })
})

describe('who reads does not hold up who deletes', () => {
  test('a client that asked for 16 MB and reads nothing of it', async () => {
    const world = new BrokenWorld({ 'log.dirs': '/a' })
    const node = await world.start()
    const wire = await wireTo(world, node)
    await create(wire, 'big')
    for (let i = 0; i < 40; i++) await produceTo(wire, { topic: 'big', records: bigBatch() })
    const stalled = connect(portOf(node), '127.0.0.1')
    stalled.pause()
    await once(stalled, 'connect')
    stalled.write(requestFrame(fetch, { version: fetchVersion, request: fetchOf('big', [0]) }))
    await new Promise((resolve) => setTimeout(resolve, 200))
    await remove(wire, 'big')
    await create(wire, 'other')
    await create(wire, 'big')
    assert.equal((await produceTo(wire, { topic: 'big', records: goodBatch() })).baseOffset, 0)
    wire.destroy()
    assert.equal(await stop(node), undefined)
    stalled.destroy()
  })

  test('a fetch of a session that has gone on without it', async () => {
    const world = new BrokenWorld({ 'log.dirs': '/a' })
    const node = await world.start()
    const [first, second, writer] = [await wireTo(world, node), await wireTo(world, node), await wireTo(world, node)]
    await create(writer, 't')
    const opened = await first.call(fetch, { ...fetchOf('t', [0]), maxWaitMs: 0, sessionEpoch: 0 }, fetchVersion)
    const next = (sessionEpoch: number) => ({
      ...fetchOf('t', []),
      topics: [],
      sessionId: opened.sessionId,
      sessionEpoch,
    })
    assert.ok(opened.sessionId > 0)
    const late = first.call(fetch, next(1), fetchVersion)
    await new Promise((resolve) => setTimeout(resolve, 20))
    const current = second.call(fetch, next(2), fetchVersion)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await produceTo(writer, { topic: 't', records: goodBatch() })
    assert.equal((await late).errorCode, ErrorCode.INVALID_FETCH_SESSION_EPOCH)
    assert.equal((await current).errorCode, ErrorCode.NONE)
    for (const wire of [first, second, writer]) wire.destroy()
    assert.equal(await stop(node), undefined)
  })

  test('fetches and lookups that wait for the index of an old segment when the topic is deleted', async () => {
    const world = new BrokenWorld({ 'log.dirs': '/a' })
    let node = await world.start()
    let wire = await wireTo(world, node)
    await create(wire, 't', { configs: { 'segment.bytes': '1048576' } })
    for (let i = 0; i < 20; i++) await produceTo(wire, { topic: 't', records: bigBatch() })
    wire.destroy()
    await stop(node)
    node = await world.start()
    world.disk.openMs = (path) => (/index/.test(path) ? 30 : 0)
    const wires = await Promise.all(Array.from({ length: 9 }, () => wireTo(world, node)))
    const lookup = { topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: BigInt(Date.now() + 1e6) }] }] }
    const asked = wires
      .slice(1)
      .map((it, i) =>
        i % 2 === 0
          ? it.call(fetch, { ...fetchOf('t', []), topics: [{ topic: 't', partitions: [place(0, i)] }] }, fetchVersion)
          : it.call(listOffsets, { replicaId: -1, ...lookup }, 7),
      )
    wire = wires[0] ?? assert.fail()
    await new Promise((resolve) => setTimeout(resolve, 10))
    await remove(wire, 't')
    await within(noTime, 'the answers', Promise.all(asked))
    for (const it of wires) it.destroy()
    assert.deepEqual(
      world.lines.filter((line) => /ERROR/.test(line)),
      [],
    )
    assert.equal(await stop(node), undefined)
  })
})

describe('stops', () => {
  test('a sync that fails at the stop is told, leaves no marker of a clean one, and gives the directory back', async () => {
    const world = new BrokenWorld({ 'log.dirs': '/a,/b' })
    let node = await world.start()
    const wire = await wireTo(world, node)
    await create(wire, 't', { partitions: 2 })
    for (const partition of [0, 1]) await produceTo(wire, { topic: 't', partition, records: goodBatch() })
    wire.destroy()
    world.disk.refuses = (operation, path) => operation === 'sync' && path.startsWith('/a/t-')
    assert.match(String(await stop(node)), /input\/output error: sync/)
    const marker = '.kafka_cleanshutdown'
    assert.equal(await world.env.disk.stat(`/a/${marker}`), undefined)
    assert.ok(await world.env.disk.stat(`/b/${marker}`))
    world.disk.refuses = () => false
    node = await world.start()
    assert.equal(await stop(node), undefined)
    assert.ok(await world.env.disk.stat(`/a/${marker}`))
  })

  test('who waits to join a group is answered', async () => {
    const world = new BrokenWorld({ 'log.dirs': '/a', 'group.initial.rebalance.delay.ms': '60000' })
    const node = await world.start()
    const wire = await wireTo(world, node)
    for (let code: number | undefined = -1; code !== ErrorCode.NONE; ) {
      const found = await wire.call(findCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
      code = found.coordinators[0]?.errorCode
    }
    const protocols = [{ name: 'range', metadata: Buffer.alloc(4) }]
    const joining = wire.call(
      joinGroup,
      {
        groupId: 'g',
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 60_000,
        memberId: '',
        protocolType: 'consumer',
        protocols,
      },
      3,
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(await stop(node), undefined)
    assert.equal((await joining).errorCode, ErrorCode.NOT_COORDINATOR)
  })
})

describe('the metadata log', () => {
  test('no longer takes a record: the node stops at once, says why, and has no controller meanwhile', async () => {
    const world = new BrokenWorld({ 'log.dirs': '/a' })
    const node = await world.start()
    const wire = await wireTo(world, node)
    world.disk.refuses = (operation, path) => operation === 'sync' && path.startsWith('/meta/')
    const topics = [{ name: 't', numPartitions: 1, replicationFactor: 1 }]
    const code = await wire
      .call(createTopics, { topics, timeoutMs: 2000 })
      .then((reply) => reply.topics[0]?.errorCode)
      .catch(() => 'closed')
    assert.ok(code === 'closed' || code === ErrorCode.NOT_CONTROLLER, `answered ${code}`)
    assert.match(String(await within(noTime, 'the end', node.ended)), /input\/output error: sync/)
    assert.ok(world.lines.filter((line) => /ERROR/.test(line)).length < 10, world.lines.join(''))
  })

  test('cannot be read at the start: the start fails soon, and nobody waits for the files that it had open', async () => {
    const world = new BrokenWorld({
      'log.dirs': '/a',
      'metadata.log.segment.ms': '20',
      'metadata.max.idle.interval.ms': '25',
    })
    const node = await world.start()
    await new Promise((resolve) => setTimeout(resolve, 200))
    await stop(node)
    const files = await world.env.disk.list('/meta/__cluster_metadata-0')
    assert.ok(files.filter(({ name }) => name.endsWith('.log')).length > 2)
    // Recovery reads off the loop and looks at headers; regions are read for what was committed, several files at a time.
    world.disk.refuses = (operation, path) =>
      operation === 'readSync' && path.startsWith('/meta/') && /log-region/.test(new Error().stack ?? '')
    await assert.rejects(within(noTime, 'the start', world.start()), /could not be read|input\/output error/)
  })

  test('whichever sync of a start fails, the start fails soon or the node ends, and the next one succeeds', async () => {
    for (let nth = 1; nth <= 12; nth++) {
      const world = new BrokenWorld({ 'log.dirs': '/a' })
      let node = await world.start()
      await stop(node)
      let syncs = 0
      world.disk.refuses = (operation) => operation === 'sync' && ++syncs >= nth
      const outcome = await within(noTime, `the start with sync ${nth} refused`, world.start()).catch(String)
      if (typeof outcome === 'string') assert.match(outcome, /input\/output error/)
      else {
        await outcome.stop()
        assert.match(String(await outcome.ended), /input\/output error/)
      }
      world.disk.refuses = () => false
      node = await world.start()
      assert.equal(await stop(node), undefined)
    }
  })

  test('a node that starts applies its images in their order, also those that come while it loads', async () => {
    const world = new BrokenWorld({ 'log.dirs': '/a', 'metadata.max.idle.interval.ms': '1' })
    let node = await world.start()
    const wire = await wireTo(world, node)
    for (let i = 0; i < 3; i++) await create(wire, `t${i}`, { partitions: 50 })
    wire.destroy()
    await stop(node)
    const { apply } = ReplicaManager.prototype
    const offsets: number[] = []
    let underWay = 0
    ReplicaManager.prototype.apply = async function record(update) {
      assert.equal(underWay++, 0, 'one after the other')
      offsets.push(update.image.provenance.offset)
      // Others come while the first one is applied.
      if (offsets.length === 1) await new Promise((resolve) => setTimeout(resolve, 30))
      const changes = await apply.call(this, update)
      underWay--
      return changes
    }
    try {
      world.disk.openMs = (path) => (path.startsWith('/a/') ? 5 : 0)
      node = await world.start()
      await stop(node)
    } finally {
      ReplicaManager.prototype.apply = apply
    }
    assert.ok(offsets.length > 2)
    assert.deepEqual(
      offsets,
      offsets.toSorted((a, b) => a - b),
    )
  })
})
