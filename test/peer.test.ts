/** Peers over real sockets, against a whole broker. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEnv } from '../src/env/index.ts'
import { type Peer, Peers } from '../src/peer/index.ts'
import { createTopics, fetch, metadata, produce } from '../src/protocol/index.ts'
import { BatchCursor, buildBatch } from '../src/records/index.ts'
import { startBroker } from '../src/stack/index.ts'

const options = { timeoutMs: 20_000 }

function makePeer(host: string, port: number): Peer {
  const { network, clock, random } = createEnv({})
  const peers = new Peers({
    network,
    clock,
    random: random.stream('peers'),
    clientId: 'tester',
    software: { name: 'odradek', version: '0' },
    limits: { replyBytesMax: 2 ** 23, inFlightMax: 100, queuedBytesMax: 2 ** 20, waitingMax: 1000 },
    reconnect: { initialMs: 20, maxMs: 200 },
    setupTimeout: { initialMs: 10_000, maxMs: 30_000 },
    poison: true,
  })
  return peers.to({ host, port })
}

/** Bytes that differ from place to place. */
const payload = (size: number, start: number): Buffer =>
  Buffer.from(Array.from({ length: size }, (_, i) => (start + i * 7 + (i >> 8)) & 255))

test('megabytes go to a broker and come back whole, over one connection', async () => {
  await using broker = await startBroker()
  const peer = makePeer('localhost', broker.port)
  const topic = createTopics.request.create({
    topics: [{ name: 'numbers', numPartitions: 1, replicationFactor: 1 }],
    timeoutMs: 10_000,
  })
  assert.equal((await peer.send(createTopics, topic, options)).topics[0]?.errorCode, 0)
  const values = Array.from({ length: 40 }, (_, i) => payload(100_000, i))
  const versions = [3, 12] as const
  const offsets = await Promise.all(
    values.map(async (value) => {
      const records = buildBatch([{ timestampMs: 1_767_225_600_000, key: null, value }])
      const topicData = [{ name: 'numbers', partitionData: [{ index: 0, records }] }]
      const request = produce.request.create({ acks: -1, timeoutMs: 10_000, topicData })
      const reply = await peer.send(produce, request, { ...options, versions })
      return reply.responses[0]?.partitionResponses[0]?.baseOffset
    }),
  )
  assert.deepEqual(
    offsets,
    values.map((_, i) => i),
  )
  const request = fetch.request.create({
    maxWaitMs: 1000,
    minBytes: 1,
    maxBytes: 2 ** 23,
    topics: [{ topic: 'numbers', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 2 ** 23 }] }],
  })
  const read = await peer.send(fetch, request, {
    ...options,
    versions: [4, 12],
    take: ({ responses }) => {
      const records = responses[0]?.partitions[0]?.records
      assert.ok(records instanceof Uint8Array)
      const cursor = new BatchCursor(records)
      let count = 0
      while (cursor.next()) {
        assert.ok(cursor.isCrcValid())
        count++
      }
      return { count, size: records.length }
    },
  })
  assert.equal(read.count, values.length)
  assert.ok(read.size > 4_000_000)
  peer.close()
})

test('a broker that stops and comes again is found again; who is not there refuses by name', async () => {
  const first = await startBroker()
  const { port } = first
  const peer = makePeer('127.0.0.1', port)
  const ask = () => peer.send(metadata, metadata.request.create({ topics: [] }), options)
  assert.equal((await ask()).clusterId, first.clusterId)
  await first.stop()
  await assert.rejects(
    async () => {
      // The end of the connection may be noticed by the request that is lost with it.
      for (let i = 0; i < 2; i++) await ask().catch((error) => (i === 0 ? undefined : Promise.reject(error)))
    },
    { failure: 'unreachable', wasSent: false, message: /^127\.0\.0\.1:\d+: .*ECONNREFUSED/ },
  )
  const byName = makePeer('localhost', port)
  const refused = byName.send(metadata, metadata.request.create(), options)
  await assert.rejects(refused, { message: /^localhost:\d+: .*ECONNREFUSED/ })
  await using second = await startBroker({ config: { listeners: `PLAINTEXT://127.0.0.1:${port}` } })
  assert.equal((await ask()).clusterId, second.clusterId)
  peer.close()
})
