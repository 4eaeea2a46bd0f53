/** Rows P1 to P23 and R4 against a node: each kind of bad batch gets its code, nothing of it is kept, the next one goes on. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { zeroUuid } from '../../src/base/index.ts'
import { ErrorCode, initProducerId, listOffsets, produce } from '../../src/protocol/index.ts'
import {
  batchHeader,
  buildBatch,
  buildControlBatch,
  CompressionType,
  ControlRecordType,
  compress,
} from '../../src/records/index.ts'
import { Faults, goodBatch, type Produced, produceTo } from './kit.ts'
import { batchOf } from './resources-world.ts'

/** The batch with something changed, and its checksum right again. */
function changed(change: (view: DataView, bytes: Uint8Array) => void, batch = goodBatch()): Uint8Array {
  const bytes = Uint8Array.from(batch)
  const view = new DataView(bytes.buffer)
  change(view, bytes)
  view.setUint32(crcAt, batchHeader.computeCrc(bytes, 0, bytes.length))
  return bytes
}

const flipped = (at: number): Uint8Array => {
  const bytes = Uint8Array.from(goodBatch())
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes
}

const magicOf = (magic: number): Uint8Array => {
  const bytes = Uint8Array.from(goodBatch())
  bytes[16] = magic
  return bytes
}

const lengthOf = (length: number): Uint8Array => {
  const bytes = Uint8Array.from(goodBatch())
  new DataView(bytes.buffer).setInt32(8, length)
  return bytes
}

const codecs = Object.values(CompressionType)
/** A record is: its size, attributes, timestamp, offset, key, value, headers; here 6 bytes, no key and no value. */
const lyingRecords: readonly (readonly [name: string, bytes: string])[] = [
  ['a record longer than the batch', '7e0000000101' + '00'],
  ['a record shorter than its fields', '080000000101' + '00'],
  ['a record of size 0', '00'],
  ['a record of size -1', '01'],
  ['a record of size 2^31 - 1', 'feffffff0f00'],
  ['a size that does not end', 'ffffffffffffff'],
  ['a key beyond the record', '0c000000fe0f0100'],
  ['a value beyond the record', '0c00000001fe0f00'],
  ['2^31 - 1 headers', '140000000101feffffff0f'],
  ['-1 headers', '0c000000010101'],
  ['a header without a key', '1000000001010201' + '00'],
  ['another offset', '0c000002010100'],
  ['nothing at all', ''],
  ['bytes behind the records', '0c000000010100' + 'ff'],
]
const { attributesAt, crcAt, lastOffsetDeltaAt, recordCountAt } = batchHeader

describe('produce: bad batches', () => {
  let faults: Faults
  let producerIds = 0
  before(async () => {
    faults = await Faults.start()
    await faults.createTopic('t')
    await faults.createTopic('compacted', { 'cleanup.policy': 'compact' })
  })
  after(() => faults.stop())

  const produceOne = (
    records: Uint8Array | null,
    more: Partial<Parameters<typeof produceTo>[1]> = {},
  ): Promise<Produced> => faults.with((wire) => produceTo(wire, { topic: 't', records, ...more }))

  const endOf = async (topic: string): Promise<number> => {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1n }] }]
    const reply = await faults.with((wire) => wire.call(listOffsets, { replicaId: -1, topics }, 7))
    return reply.topics[0]?.partitions[0]?.offset ?? -1
  }

  const many = (count: number): Uint8Array => goodBatch(Array.from({ length: count }, (_, i) => `${i}`))
  const controlBatch = (): Uint8Array =>
    buildControlBatch([{ type: ControlRecordType.leaderChange, value: Buffer.alloc(4) }], { timestampMs: Date.now() })

  const rows: readonly (readonly [name: string, records: () => Uint8Array | null, code: number])[] = [
    ['P4 a flipped byte', () => flipped(70), ErrorCode.CORRUPT_MESSAGE],
    ['P5 magic 3', () => magicOf(3), ErrorCode.CORRUPT_MESSAGE],
    ['P6 magic 0', () => magicOf(0), ErrorCode.INVALID_RECORD],
    ['P6 magic 1', () => magicOf(1), ErrorCode.INVALID_RECORD],
    ['P7 a length below the minimum', () => lengthOf(10), ErrorCode.CORRUPT_MESSAGE],
    ['P7 a negative length', () => lengthOf(-1), ErrorCode.CORRUPT_MESSAGE],
    ['P8 a length beyond the buffer', () => lengthOf(100_000), ErrorCode.INVALID_RECORD],
    ['P8 no records', () => new Uint8Array(0), ErrorCode.INVALID_RECORD],
    ['P8 two batches', () => Buffer.concat([goodBatch(), goodBatch()]), ErrorCode.INVALID_RECORD],
    [
      'P9 more records than offsets',
      () => changed((view) => view.setInt32(recordCountAt, 2)),
      ErrorCode.INVALID_RECORD,
    ],
    ['P9 a count of -1', () => changed((view) => view.setInt32(recordCountAt, -1)), ErrorCode.INVALID_RECORD],
    [
      'P9 more offsets than records',
      () => changed((view) => view.setInt32(lastOffsetDeltaAt, 5)),
      ErrorCode.INVALID_RECORD,
    ],
    ['P10 a base offset of 5', () => changed((view) => view.setBigInt64(0, 5n)), ErrorCode.INVALID_RECORD],
    ['P11 a record whose length lies', () => changed((_, bytes) => bytes.fill(0x7e, 61, 62)), ErrorCode.INVALID_RECORD],
    ...lyingRecords.flatMap(([name, bytes]) =>
      codecs.map(
        (codec) =>
          [
            `P11 ${name}, codec ${codec}`,
            () => batchOf(codec, compress(codec, Buffer.from(bytes, 'hex'))),
            ErrorCode.INVALID_RECORD,
          ] as const,
      ),
    ),
    ['P12 a control batch', controlBatch, ErrorCode.INVALID_RECORD],
    ['P13 codec 7', () => changed((view) => view.setInt16(attributesAt, 7)), ErrorCode.UNKNOWN_SERVER_ERROR],
    ...codecs
      .filter((codec) => codec !== CompressionType.none)
      .map(
        (codec) =>
          [
            `P13 codec ${codec} over plain bytes`,
            () => changed((view) => view.setInt16(attributesAt, codec)),
            ErrorCode.UNKNOWN_SERVER_ERROR,
          ] as const,
      ),
    ['P14 a record of 2 MB', () => goodBatch(['x'.repeat(2_000_000)]), ErrorCode.MESSAGE_TOO_LARGE],
    ['P16 a timestamp of tomorrow', () => futureBatch(), ErrorCode.INVALID_TIMESTAMP],
  ]
  for (const [name, records, code] of rows) {
    it(`${name}: ${code}`, async () => {
      const end = await endOf('t')
      assert.equal((await produceOne(records())).errorCode, code)
      assert.equal(await endOf('t'), end, 'nothing of it was kept')
    })
  }

  const futureBatch = (): Uint8Array =>
    buildBatch([{ timestampMs: Date.now() + 86_400_000, key: null, value: Buffer.from('x') }])

  it('P1 an unknown topic, a partition out of range, partition -1: 3', async () => {
    const code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert.equal((await produceOne(goodBatch(), { topic: 'unknown' })).errorCode, code)
    assert.equal((await produceOne(goodBatch(), { partition: 7 })).errorCode, code)
    assert.equal((await produceOne(goodBatch(), { partition: -1 })).errorCode, code)
  })

  it('P2 an unknown topic id: 100', async () => {
    const topicData = [{ topicId: zeroUuid, partitionData: [{ index: 0, records: goodBatch() }] }]
    const reply = await faults.with((wire) => wire.call(produce, { acks: 1, timeoutMs: 1000, topicData }, 13))
    assert.equal(reply.responses[0]?.partitionResponses[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_ID)
  })

  it('P3 acks of 2: 21', async () => {
    assert.equal((await produceOne(goodBatch(), { acks: 2 })).errorCode, ErrorCode.INVALID_REQUIRED_ACKS)
  })

  it('P15 no key on a compacted topic: 87, and which record', async () => {
    const answer = await produceOne(many(2), { topic: 'compacted' })
    assert.equal(answer.errorCode, ErrorCode.INVALID_RECORD)
    assert.match(JSON.stringify(answer.recordErrors), /Compacted topic cannot accept message without key/)
  })

  it('P17 a timestamp of -1 is accepted', async () => {
    const records = buildBatch([{ timestampMs: -1, key: null, value: Buffer.from('x') }])
    assert.equal((await produceOne(records)).errorCode, ErrorCode.NONE)
  })

  for (const codec of [CompressionType.gzip, CompressionType.zstd]) {
    it(`P18, R4 a batch of codec ${codec} that becomes 32 MiB is accepted, and others are served meanwhile`, async () => {
      const value = Buffer.alloc(1024 * 1024)
      const records = buildBatch(
        Array.from({ length: 32 }, () => ({ timestampMs: Date.now(), key: null, value })),
        { codec },
      )
      const produced = produceOne(records)
      await faults.checkHealth()
      assert.equal((await produced).errorCode, ErrorCode.NONE)
    })
  }

  it('P19 min.insync.replicas beyond the replicas is capped', async () => {
    await faults.createTopic('capped', { 'min.insync.replicas': '2' })
    assert.equal((await produceOne(goodBatch(), { topic: 'capped', acks: -1 })).errorCode, ErrorCode.NONE)
  })

  const sequenced = (producerId: number, options: { epoch?: number; sequence: number; count?: number }): Uint8Array =>
    buildBatch(
      Array.from({ length: options.count ?? 1 }, () => ({
        timestampMs: Date.now(),
        key: null,
        value: Buffer.from('x'),
      })),
      { producerId, producerEpoch: options.epoch ?? 0, baseSequence: options.sequence },
    )

  const newProducer = async (): Promise<number> => {
    producerIds++
    const reply = await faults.with((wire) => wire.call(initProducerId, { transactionalId: null }))
    assert.equal(reply.errorCode, ErrorCode.NONE)
    return reply.producerId
  }

  it('P20 a first sequence that is not 0 is accepted', async () => {
    assert.equal((await produceOne(sequenced(await newProducer(), { sequence: 3 }))).errorCode, ErrorCode.NONE)
  })

  it('P21 an exact repetition gets the offset of the first time, and nothing is kept twice', async () => {
    const id = await newProducer()
    const first = await produceOne(sequenced(id, { sequence: 0 }))
    for (let sequence = 1; sequence <= 4; sequence++) await produceOne(sequenced(id, { sequence }))
    const end = await endOf('t')
    const again = await produceOne(sequenced(id, { sequence: 0 }))
    assert.deepEqual([again.errorCode, again.baseOffset], [ErrorCode.NONE, first.baseOffset])
    assert.equal(await endOf('t'), end)
  })

  it('P22 a gap, an old repetition, another count, a new epoch that does not begin at 0: 45', async () => {
    const id = await newProducer()
    for (let sequence = 0; sequence < 7; sequence++) await produceOne(sequenced(id, { sequence }))
    const code = ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert.equal((await produceOne(sequenced(id, { sequence: 9 }))).errorCode, code)
    assert.equal((await produceOne(sequenced(id, { sequence: 0 }))).errorCode, code)
    assert.equal((await produceOne(sequenced(id, { sequence: 6, count: 2 }))).errorCode, code)
    assert.equal((await produceOne(sequenced(id, { epoch: 1, sequence: 4 }))).errorCode, code)
  })

  it('P23 an older epoch: 47', async () => {
    const id = await newProducer()
    await produceOne(sequenced(id, { epoch: 2, sequence: 0 }))
    assert.equal(
      (await produceOne(sequenced(id, { epoch: 1, sequence: 0 }))).errorCode,
      ErrorCode.INVALID_PRODUCER_EPOCH,
    )
  })

  it('internal topics take nothing from clients; transactions are refused', async () => {
    const transactional = changed(
      (view) => view.setInt16(attributesAt, 1 << 4),
      sequenced(await newProducer(), { sequence: 0 }),
    )
    assert.equal((await produceOne(transactional)).errorCode, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    assert.equal((await produceOne(transactional, { transactionalId: 'x' })).errorCode, ErrorCode.INVALID_TXN_STATE)
    assert.equal((await produceOne(transactional, { transactionalId: 'x' })).errorCode, ErrorCode.INVALID_TXN_STATE)
    const told = faults.lines.filter((line) =>
      /WARN .*asked for a transaction .* client=127\.0\.0\.1 .*apiKey=0/.test(line),
    )
    assert.equal(told.length, 1)
  })

  it('after all of it the node is well', async () => {
    assert.ok(producerIds > 0)
    assert.equal((await produceOne(goodBatch())).errorCode, ErrorCode.NONE)
    await faults.checkHealth()
  })
})
