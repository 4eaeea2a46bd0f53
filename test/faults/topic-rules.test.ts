/** What a topic asks of batches and records, against a node: as it was created, and from the moment on that it is altered. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ErrorCode, fetch, incrementalAlterConfigs, offsetCommit } from '../../src/protocol/index.ts'
import {
  BatchCursor,
  batchHeader,
  buildBatch,
  CompressionType,
  type NewRecord,
  readRecords,
} from '../../src/records/index.ts'
import { Faults, type Produced, produceTo } from './kit.ts'

const { none, gzip, snappy, lz4, zstd } = CompressionType
const hourMs = 3_600_000
const topicResource = 2
const brokerResource = 4
const [set, remove] = [0, 1]

interface Stored {
  readonly codec: number
  readonly sizeInBytes: number
  readonly isLogAppendTime: boolean
  readonly timestampsMs: readonly number[]
}

describe('the rules of a topic', () => {
  let faults: Faults
  let topics = 0
  before(async () => {
    faults = await Faults.start({ 'offsets.topic.num.partitions': '1' })
  })
  after(() => faults.stop())

  const newTopic = async (configs: Readonly<Record<string, string>> = {}): Promise<string> => {
    const topic = `t${topics++}`
    await faults.createTopic(topic, configs)
    return topic
  }

  /** Null takes the config away. */
  const alter = async (
    [resourceType, resourceName]: readonly [number, string],
    configs: Readonly<Record<string, string | null>>,
  ): Promise<void> => {
    const given = Object.entries(configs).map(([name, value]) => ({
      name,
      configOperation: value === null ? remove : set,
      value,
    }))
    const resources = [{ resourceType, resourceName, configs: given }]
    const reply = await faults.with((wire) => wire.call(incrementalAlterConfigs, { resources }))
    assert.equal(reply.responses[0]?.errorCode, ErrorCode.NONE, reply.responses[0]?.errorMessage ?? '')
  }
  const alterTopic = (topic: string, configs: Readonly<Record<string, string | null>>): Promise<void> =>
    alter([topicResource, topic], configs)

  const send = (topic: string, records: readonly NewRecord[], codec: CompressionType = none): Promise<Produced> =>
    faults.with((wire) => produceTo(wire, { topic, records: buildBatch(records, { codec }) }))

  /** The code, and how many single records were named. */
  const refusal = async (topic: string, records: readonly NewRecord[], codec: CompressionType = none) => {
    const { errorCode, recordErrors } = await send(topic, records, codec)
    return [errorCode, recordErrors.length]
  }

  const stored = async (topic: string): Promise<Stored[]> => {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000_000 }]
    const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 10_000_000, topics: [{ topic, partitions }] }
    const reply = await faults.with((wire) => wire.call(fetch, request, 12))
    const bytes = reply.responses[0]?.partitions[0]?.records
    assert.ok(bytes instanceof Uint8Array)
    const found: Stored[] = []
    for (const cursor = new BatchCursor(bytes); cursor.next(); ) {
      const { view, position, sizeInBytes } = cursor
      found.push({
        codec: batchHeader.codecId(view, position),
        sizeInBytes,
        isLogAppendTime: batchHeader.timestampType(view, position) === 1,
        timestampsMs: [...readRecords(bytes, position, 10_000_000)].map((record) => record.timestampMs),
      })
    }
    return found
  }
  const codecsOf = async (topic: string): Promise<number[]> => (await stored(topic)).map(({ codec }) => codec)

  const small = (): NewRecord[] => [{ key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: Date.now() }]
  const text = Array.from({ length: 30_000 }, (_, i) => `${(i * 7919) % 30_011} `).join('')
  const large = (): NewRecord[] => [{ ...small()[0], value: Buffer.from(text) }]

  it('compression.type: of the topic, else of the broker, as soon as it is altered', async () => {
    const topic = await newTopic()
    const broker = [brokerResource, ''] as const
    const both = async (): Promise<void> => {
      for (const records of [small(), large()]) assert.equal((await send(topic, records, snappy)).errorCode, 0)
    }
    await both()
    await alter(broker, { 'compression.type': 'lz4' })
    await both()
    await alterTopic(topic, { 'compression.type': 'zstd' })
    await both()
    await alterTopic(topic, { 'compression.type': 'uncompressed' })
    await both()
    await alterTopic(topic, { 'compression.type': null })
    await both()
    await alter(broker, { 'compression.type': null })
    await both()
    const wanted = [snappy, lz4, zstd, none, lz4, snappy].flatMap((codec) => [codec, codec])
    assert.deepEqual(await codecsOf(topic), wanted)
  })

  it('compression.gzip.level and compression.zstd.level', async () => {
    for (const [codec, low, high] of [
      ['gzip', '1', '9'],
      ['zstd', '-100', '19'],
    ] as const) {
      const topic = await newTopic({ 'compression.type': codec })
      for (const records of [small(), large()]) {
        for (const level of [low, high]) {
          await alterTopic(topic, { [`compression.${codec}.level`]: level })
          await send(topic, records)
        }
      }
      const sizes = (await stored(topic)).map(({ sizeInBytes }) => sizeInBytes)
      assert.ok((sizes[3] ?? 0) < (sizes[2] ?? 0), `${codec}: ${sizes}`)
    }
  })

  it('groups write in the codec of their topic', async () => {
    const commit = (): Promise<number | undefined> =>
      faults.with(async (wire) => {
        const partitions = [{ partitionIndex: 0, committedOffset: 5n }]
        const request = { groupId: 'g', topics: [{ name: 't0', partitions }] }
        const reply = await wire.call(offsetCommit, request, 8)
        return reply.topics[0]?.partitions[0]?.errorCode
      })
    await faults.createTopic('__consumer_offsets', { 'cleanup.policy': 'compact', 'compression.type': 'producer' })
    while ((await commit()) === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    await alterTopic('__consumer_offsets', { 'compression.type': 'gzip' })
    assert.equal(await commit(), ErrorCode.NONE)
    const codecs = await codecsOf('__consumer_offsets')
    assert.deepEqual([codecs[0], codecs.at(-1)], [none, gzip])
  })

  it('message.timestamp.type', async () => {
    const topic = await newTopic({ 'compression.type': 'zstd' })
    const earlyMs = Date.now() - hourMs
    const early = [...small(), ...small()].map((record) => ({ ...record, timestampMs: earlyMs }))
    await send(topic, early)
    await alterTopic(topic, { 'message.timestamp.type': 'LogAppendTime' })
    for (const codec of [none, gzip, zstd]) await send(topic, early, codec)
    await alterTopic(topic, { 'message.timestamp.type': 'CreateTime' })
    await send(topic, early)
    const seen = await stored(topic)
    assert.deepEqual(
      seen.map(({ isLogAppendTime }) => isLogAppendTime),
      [false, true, true, true, false],
    )
    for (const { isLogAppendTime, timestampsMs } of seen) {
      assert.ok(timestampsMs.every((it) => it > earlyMs === isLogAppendTime && it === timestampsMs[0]))
    }
  })

  it('message.timestamp.before.max.ms and after.max.ms: 32, and which records', async () => {
    for (const type of ['producer', 'lz4']) {
      const topic = await newTopic({ 'compression.type': type })
      const around = (sign: number): NewRecord[] =>
        [0, 2, 4].map((hours) => ({ ...small()[0], timestampMs: Date.now() + sign * hours * hourMs }))
      const code = ErrorCode.INVALID_TIMESTAMP
      assert.deepEqual(await refusal(topic, around(-1)), [0, 0])
      assert.deepEqual(await refusal(topic, around(1)), [code, 2])
      await alterTopic(topic, {
        'message.timestamp.before.max.ms': `${3 * hourMs}`,
        'message.timestamp.after.max.ms': `${3 * hourMs}`,
      })
      for (const codec of [none, gzip, lz4]) {
        assert.deepEqual(await refusal(topic, around(-1), codec), [code, 1])
        assert.deepEqual(await refusal(topic, around(1), codec), [code, 1])
      }
      await alterTopic(topic, { 'message.timestamp.type': 'LogAppendTime' })
      assert.deepEqual(await refusal(topic, around(1)), [0, 0], 'the time of the append is in no doubt')
    }
  })

  it('max.message.bytes: 10, of what comes and of what it becomes', async () => {
    const topic = await newTopic()
    const zeros = [{ ...small()[0], value: Buffer.alloc(5000) }]
    const tooLarge = [ErrorCode.MESSAGE_TOO_LARGE, 0]
    assert.deepEqual(await refusal(topic, zeros), [0, 0])
    await alterTopic(topic, { 'max.message.bytes': '1000' })
    assert.deepEqual(await refusal(topic, zeros), tooLarge)
    assert.deepEqual(await refusal(topic, zeros, zstd), [0, 0])
    await alterTopic(topic, { 'compression.type': 'uncompressed' })
    assert.deepEqual(await refusal(topic, zeros, zstd), tooLarge)
    await alterTopic(topic, { 'compression.type': 'gzip' })
    assert.deepEqual(await refusal(topic, zeros, zstd), [0, 0])
    assert.deepEqual(await refusal(topic, zeros), tooLarge, 'it would be small enough afterwards')
  })

  it('cleanup.policy: records without a key are refused by 87 while it has compact', async () => {
    const keyless = [...small(), { value: Buffer.from('v'), timestampMs: Date.now() }]
    for (const type of ['producer', 'snappy']) {
      const topic = await newTopic({ 'compression.type': type })
      assert.deepEqual(await refusal(topic, keyless), [0, 0])
      await alterTopic(topic, { 'cleanup.policy': 'compact,delete' })
      for (const codec of [none, snappy, zstd]) {
        assert.deepEqual(await refusal(topic, keyless, codec), [ErrorCode.INVALID_RECORD, 1])
      }
      assert.deepEqual(await refusal(topic, small()), [0, 0])
      await alterTopic(topic, { 'cleanup.policy': null })
      assert.deepEqual(await refusal(topic, keyless), [0, 0])
    }
  })

  it('after all of it the node is well', () => faults.checkHealth())
})
