import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { present, TimerWheel, WorkersBusyError } from '../../base/index.ts'
import { MemoryDisk } from '../../env/index.ts'
import { readPlan } from '../../log/index.ts'
import { jobs } from '../../node/jobs.ts'
import { ErrorCode, produce } from '../../protocol/index.ts'
import {
  BatchCursor,
  type BatchOptions,
  batchHeader,
  buildBatch,
  CompressionType,
  type NewRecord,
  readRecords,
  TimestampType,
} from '../../records/index.ts'
import { Replication } from '../../replication/index.ts'
import { inlineHost } from '../../sim/index.ts'
import { RareWarning } from '../rare-warning.ts'
import { produceHandler } from './00-produce.ts'
import { ask } from './handler-fixture.ts'
import { PartitionFixture } from './partition-fixture.ts'

const { none, gzip, snappy, lz4, zstd } = CompressionType
const typeOf = { uncompressed: none, gzip, snappy, lz4, zstd } as const
const compressionTypes = ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const silent = { child: () => silent, log: () => undefined }

class World {
  readonly fixture: PartitionFixture
  /** How often a worker was asked. */
  jobCount = 0
  /** Called before a job runs. */
  beforeJob: () => void = () => undefined
  readonly #handler

  private constructor(fixture: PartitionFixture) {
    this.fixture = fixture
    const { cluster, replicas } = fixture
    const { clock } = cluster
    const run = async (name: string, input: unknown): Promise<unknown> => {
      this.jobCount++
      this.beforeJob()
      return structuredClone(await jobs.get(name)?.(structuredClone(input), inlineHost))
    }
    this.#handler = produceHandler({
      replicas,
      replication: new Replication(new TimerWheel({ clock })),
      clock,
      workers: { run, background: { run } },
      refusals: new RareWarning({ clock, logger: silent }),
      decompressedBytesMax: () => 64 * 1024 * 1024,
      image: () => cluster.image,
      topicName: () => undefined,
    })
  }

  /** A topic for each compression type, by its name, and `producer`. */
  static async open(configs: Readonly<Record<string, string>> = {}): Promise<World> {
    const topic = (type: string) => ({ replicas: [[1]], configs: { 'compression.type': type, ...configs } })
    const topics = ['producer', ...compressionTypes].map((type) => [type, topic(type)] as const)
    return new World(await PartitionFixture.open(new MemoryDisk(), Object.fromEntries(topics)))
  }

  async produce(name: string, records: Uint8Array, { acks = -1, version = 12 } = {}) {
    const topicData = [{ name, partitionData: [{ index: 0, records: Uint8Array.from(records) }] }]
    const request = produce.request.create({ acks, timeoutMs: 1000, topicData })
    const reply = await ask(this.#handler, request, { apiVersion: version })
    return present(reply.responses[0]?.partitionResponses[0], 'the reply')
  }

  /** Where the batches of the topic lie in its bytes. */
  async batches(topic: string): Promise<{ readonly view: DataView; readonly values: (string | undefined)[] }[]> {
    const { log } = this.fixture.partition(topic)
    const plan = await log.read({ startOffset: 0, maxBytes: 2 ** 24, maxOffset: log.logEndOffset, minOneBatch: true })
    const bytes = present(readPlan(plan), 'the bytes')
    const found = []
    for (const cursor = new BatchCursor(bytes); cursor.next(); ) {
      assert.ok(cursor.isCrcValid())
      const records = [...readRecords(bytes, cursor.position, 2 ** 24)]
      const view = new DataView(bytes.buffer, bytes.byteOffset + cursor.position, cursor.sizeInBytes)
      found.push({ view, values: records.map((it) => it.value?.toString()) })
    }
    return found
  }
}

const recordsOf = (...values: readonly string[]): NewRecord[] =>
  values.map((value) => ({ key: Buffer.from('k'), value: Buffer.from(value), timestampMs: 5 }))
const large = Array.from({ length: 60_000 }, (_, i) => `${(i * 7919) % 60_013} `).join('')

describe('produce to a topic with a codec of its own', () => {
  test('stores what comes in any codec in that of the topic; what comes in it as it came', async () => {
    const world = await World.open()
    for (const type of compressionTypes) {
      let batchCount = 0
      for (const codec of Object.values(CompressionType)) {
        const values = [`from ${codec}`, 'second']
        const sent = buildBatch(recordsOf(...values), { codec })
        const reply = await world.produce(type, sent)
        assert.deepEqual([reply.errorCode, reply.baseOffset, reply.logAppendTimeMs], [0, batchCount * 2, -1])
        const last = present((await world.batches(type))[batchCount++], 'the batch')
        assert.equal(batchHeader.codecId(last.view, 0), typeOf[type])
        assert.equal(batchHeader.baseOffset(last.view, 0), reply.baseOffset)
        assert.deepEqual(last.values, values)
        if (codec !== typeOf[type]) continue
        const body = Buffer.from(last.view.buffer, last.view.byteOffset, last.view.byteLength)
        assert.ok(body.subarray(batchHeader.crcAt).equals(sent.subarray(batchHeader.crcAt)))
      }
    }
    assert.equal(world.jobCount, 0, 'little is done at once')
  })

  test('has a worker compress what is large', async () => {
    const world = await World.open()
    for (const type of compressionTypes) {
      for (const codec of [none, zstd]) {
        const jobsBefore = world.jobCount
        const reply = await world.produce(type, buildBatch(recordsOf(large), { codec }))
        assert.equal(reply.errorCode, 0, reply.errorMessage ?? '')
        // To nothing but plain bytes is little work.
        const isLittle = codec === typeOf[type] || type === 'uncompressed'
        assert.equal(world.jobCount - jobsBefore, isLittle ? 0 : 1, `${codec} to ${type}`)
      }
      const seen = await world.batches(type)
      assert.deepEqual(
        seen.map(({ view }) => batchHeader.codecId(view, 0)),
        [typeOf[type], typeOf[type]],
      )
      assert.ok(seen.every(({ values }) => values.length === 1 && values[0] === large))
    }
  })

  test('knows a repetition and a gap by the sequences of what was sent', async () => {
    const world = await World.open()
    const sequenced = (baseSequence: number, value: string): Buffer => {
      const producer: BatchOptions = { producerId: 9, producerEpoch: 1, baseSequence, codec: gzip }
      return buildBatch(recordsOf(value, 'b', 'c'), producer)
    }
    for (const value of ['a', large]) {
      const type = value === 'a' ? 'lz4' : 'zstd'
      assert.equal((await world.produce(type, sequenced(0, value))).baseOffset, 0)
      assert.equal((await world.produce(type, sequenced(3, value))).baseOffset, 3)
      const again = await world.produce(type, sequenced(0, value))
      assert.deepEqual([again.errorCode, again.baseOffset], [0, 0])
      const gap = await world.produce(type, sequenced(7, value))
      assert.equal(gap.errorCode, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
      assert.deepEqual(
        (await world.batches(type)).map(({ view }) => [
          batchHeader.producerId(view, 0),
          batchHeader.producerEpoch(view, 0),
          batchHeader.baseSequence(view, 0),
        ]),
        [
          [9, 1, 0],
          [9, 1, 3],
        ],
      )
    }
    assert.ok(world.jobCount > 0)
  })

  test('gives the time of the append where the topic says so', async () => {
    const world = await World.open({ 'message.timestamp.type': 'LogAppendTime' })
    world.fixture.cluster.clock.advance(1_000_000)
    for (const value of ['small', large]) {
      const reply = await world.produce('snappy', buildBatch(recordsOf(value)))
      assert.equal(reply.logAppendTimeMs, 1_000_000)
    }
    for (const { view } of await world.batches('snappy')) {
      assert.equal(batchHeader.timestampType(view, 0), TimestampType.logAppendTime)
      assert.equal(batchHeader.maxTimestamp(view, 0), 1_000_000)
    }
  })

  test('goes by the rules that held when it came, whatever changes while a worker looks', async () => {
    const world = await World.open()
    const partition = world.fixture.partition('gzip')
    world.beforeJob = () => {
      partition.config = { ...partition.config, messageTimestampType: 'LogAppendTime', compressionType: 'zstd' }
    }
    assert.equal((await world.produce('gzip', buildBatch(recordsOf(large)))).logAppendTimeMs, -1)
    assert.equal((await world.produce('gzip', buildBatch(recordsOf('small')))).logAppendTimeMs, 0)
    assert.deepEqual(
      (await world.batches('gzip')).map(({ view }) => [
        batchHeader.codecId(view, 0),
        batchHeader.timestampType(view, 0),
        batchHeader.maxTimestamp(view, 0),
      ]),
      [
        [gzip, TimestampType.createTime, 5],
        [zstd, TimestampType.logAppendTime, 0],
      ],
    )
  })

  test('appends nothing where the leadership went meanwhile, or no worker is free', async () => {
    const world = await World.open()
    const partition = world.fixture.partition('zstd')
    const sent = buildBatch(recordsOf(large))
    world.beforeJob = () => {
      throw new WorkersBusyError('busy')
    }
    assert.equal((await world.produce('zstd', sent)).errorCode, ErrorCode.REQUEST_TIMED_OUT)
    world.beforeJob = () => partition.stop()
    assert.equal((await world.produce('zstd', sent)).errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER)
    assert.equal(partition.log.logEndOffset, 0)
  })

  test('refuses what is larger than max.message.bytes afterwards, and before', async () => {
    const world = await World.open({ 'max.message.bytes': '1000' })
    const packed = buildBatch(recordsOf('x'.repeat(5000)), { codec: zstd })
    const codeOf = async (type: string, records: Uint8Array): Promise<number> =>
      (await world.produce(type, records)).errorCode
    assert.equal(await codeOf('producer', packed), 0)
    assert.equal(await codeOf('gzip', packed), 0)
    assert.equal(await codeOf('uncompressed', packed), ErrorCode.MESSAGE_TOO_LARGE)
    assert.equal(await codeOf('gzip', buildBatch(recordsOf('x'.repeat(5000)))), ErrorCode.MESSAGE_TOO_LARGE)
    assert.equal(world.fixture.partition('uncompressed').log.logEndOffset, 0)
  })
})

test('zstd is for those who ask in version 7 or later (KIP-110)', async () => {
  const world = await World.open()
  const codeOf = async (codec: CompressionType, version: number): Promise<number> =>
    (await world.produce('producer', buildBatch(recordsOf('x'), { codec }), { version })).errorCode
  assert.equal(await codeOf(zstd, 6), ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
  assert.equal(await codeOf(zstd, 7), 0)
  assert.equal(await codeOf(lz4, 3), 0)
})
