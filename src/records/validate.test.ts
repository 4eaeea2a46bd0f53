import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ErrorCode } from '../protocol/index.ts'
import { type BatchOptions, buildBatch, type NewRecord } from './batch-builder.ts'
import * as header from './batch-header.ts'
import { compress, decompressPieces, decompressSlowly } from './codecs/index.ts'
import { CompressionType } from './compression-type.ts'
import { readRecords } from './record.ts'
import { RecordRules, type TopicRules } from './record-rules.ts'
import { RecordWalker } from './record-walker.ts'
import { InlineBudget, stampBatch, type ValidBatch, validateProduced, validateSlowly } from './validate.ts'

const nowMs = 1_700_000_000_000
const plainTopic: TopicRules = {
  topicPartition: 'words-0',
  maxMessageBytes: 1_048_588,
  isCompacted: false,
  timestampType: header.TimestampType.createTime,
  timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  timestampAfterMaxMs: 3_600_000,
  targetCompression: undefined,
}
const some: readonly NewRecord[] = [
  { key: Buffer.from('k'), value: Buffer.from('one'), timestampMs: nowMs },
  { value: Buffer.from('two'), timestampMs: nowMs + 5, headers: [{ key: 'h', value: null }] },
  { key: Buffer.from('k'), timestampMs: nowMs - 5 },
]

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A batch changed by `change`, its checksum right again. */
function changed(change: (view: DataView, bytes: Buffer) => void, options: BatchOptions = {}): Buffer {
  const bytes = buildBatch(some, options)
  change(viewOf(bytes), bytes)
  header.patchCrc(bytes, viewOf(bytes), 0)
  return bytes
}

function flipped(at: number): Buffer {
  const bytes = buildBatch(some)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes
}

const { CORRUPT_MESSAGE, INVALID_RECORD, MESSAGE_TOO_LARGE, INVALID_TIMESTAMP, UNKNOWN_SERVER_ERROR } = ErrorCode
const compacted = { ...plainTopic, isCompacted: true }
const appendTime = { ...plainTopic, timestampType: header.TimestampType.logAppendTime }

interface BadInput {
  readonly name: string
  readonly bytes: Uint8Array
  readonly code: number
  readonly message?: string | RegExp
  readonly topic?: TopicRules
  readonly batchIndexes?: readonly number[]
}

const bad: readonly BadInput[] = [
  { name: 'P4 flipped byte', bytes: flipped(70), code: CORRUPT_MESSAGE },
  {
    name: 'P5 magic 3',
    bytes: changed((v) => v.setInt8(16, 3)),
    code: CORRUPT_MESSAGE,
    message: 'Invalid magic found in record: 3',
  },
  { name: 'P6 magic 0', bytes: changed((v) => v.setInt8(16, 0)), code: INVALID_RECORD },
  { name: 'P6 magic 1', bytes: changed((v) => v.setInt8(16, 1)), code: INVALID_RECORD },
  { name: 'P7 length below any record', bytes: changedLength(13), code: CORRUPT_MESSAGE },
  { name: 'P7 length below the header', bytes: changedLength(48), code: CORRUPT_MESSAGE },
  { name: 'P7 negative length', bytes: changedLength(-1), code: CORRUPT_MESSAGE },
  { name: 'P8 length beyond the buffer', bytes: changedLength(5000), code: INVALID_RECORD },
  { name: 'P8 empty', bytes: new Uint8Array(0), code: INVALID_RECORD },
  { name: 'P8 two batches', bytes: Buffer.concat([buildBatch(some), buildBatch(some)]), code: INVALID_RECORD },
  { name: 'P9 count too small', bytes: changed((v) => v.setInt32(57, 2)), code: INVALID_RECORD },
  { name: 'P9 count -1', bytes: changed((v) => v.setInt32(57, -1)), code: INVALID_RECORD },
  {
    name: 'P9 count and delta too big',
    bytes: changed((v) => [v.setInt32(57, 4), v.setInt32(23, 3)]),
    code: INVALID_RECORD,
  },
  {
    name: 'P9 count and delta too small',
    bytes: changed((v) => [v.setInt32(57, 2), v.setInt32(23, 1)]),
    code: INVALID_RECORD,
  },
  { name: 'P9 last offset delta -1', bytes: changed((v) => v.setInt32(23, -1)), code: INVALID_RECORD },
  {
    name: 'P10 base offset',
    bytes: buildBatch(some, { baseOffset: 7 }),
    code: INVALID_RECORD,
    message: /should be 0, but it is 7/,
  },
  { name: 'P11 record length lies', bytes: changed((v) => v.setUint8(61, v.getUint8(61) + 2)), code: INVALID_RECORD },
  { name: 'P11 record length negative', bytes: changed((v) => v.setUint8(61, 1)), code: INVALID_RECORD },
  { name: 'P11 key length lies', bytes: changed((v) => v.setUint8(65, 0x70)), code: INVALID_RECORD },
  { name: 'P11 offset delta lies', bytes: changed((v) => v.setUint8(64, 2)), code: INVALID_RECORD },
  {
    name: 'P12 control bit',
    bytes: buildBatch(some, { isControl: true }),
    code: INVALID_RECORD,
    message: /not allowed to write control/,
  },
  { name: 'P13 codec 7', bytes: changed((v) => v.setInt16(21, 7)), code: UNKNOWN_SERVER_ERROR },
  { name: 'P13 gzip bit', bytes: changed((v) => v.setInt16(21, 1)), code: UNKNOWN_SERVER_ERROR },
  { name: 'P13 snappy bit', bytes: changed((v) => v.setInt16(21, 2)), code: UNKNOWN_SERVER_ERROR },
  { name: 'P13 lz4 bit', bytes: changed((v) => v.setInt16(21, 3)), code: UNKNOWN_SERVER_ERROR },
  { name: 'P13 zstd bit', bytes: changed((v) => v.setInt16(21, 4)), code: UNKNOWN_SERVER_ERROR },
  { name: 'P14 too large', bytes: buildBatch([{ value: Buffer.alloc(2_000_000) }]), code: MESSAGE_TOO_LARGE },
  {
    name: 'P15 no key on a compacted topic',
    bytes: buildBatch(some),
    topic: compacted,
    code: INVALID_RECORD,
    batchIndexes: [1],
    message:
      'One or more records have been rejected due to 1 record errors in total, and only showing the first three errors ' +
      "at most: [RecordError(batchIndex=1, message='Compacted topic cannot accept message without key in topic partition words-0')]",
  },
  {
    name: 'P16 timestamp too late',
    bytes: buildBatch([...some, { timestampMs: nowMs + 3_600_001 }, { timestampMs: nowMs + 3_600_000 }]),
    code: INVALID_TIMESTAMP,
    batchIndexes: [3],
    message: 'One or more records have been rejected due to invalid timestamp',
  },
  {
    name: 'P16 timestamp too early',
    bytes: buildBatch([{ timestampMs: nowMs - 11 }, { timestampMs: nowMs - 10 }, { timestampMs: -2 }]),
    topic: { ...plainTopic, timestampBeforeMaxMs: 10 },
    code: INVALID_TIMESTAMP,
    batchIndexes: [0, 2],
  },
  {
    name: 'LogAppendTime said by a producer',
    bytes: buildBatch([{ timestampMs: 1 }], { logAppendTimeMs: 5 }),
    topic: appendTime,
    code: INVALID_TIMESTAMP,
    batchIndexes: [0],
  },
  {
    name: 'producer id without sequence',
    bytes: buildBatch(some, { producerId: 5, producerEpoch: 0 }),
    code: INVALID_RECORD,
  },
]

function changedLength(length: number): Buffer {
  const bytes = buildBatch(some)
  bytes.writeInt32BE(length, 8)
  return bytes
}

for (const { name, bytes, code, message, topic, batchIndexes } of bad) {
  test(`refused: ${name}`, () => {
    const result = validateProduced(bytes, { topic: topic ?? plainTopic, nowMs })
    assert.equal(result.kind, 'invalid')
    assert.equal(result.code, code, result.message)
    if (typeof message === 'string') assert.equal(result.message, message)
    if (message instanceof RegExp) assert.match(result.message, message)
    assert.deepEqual(
      result.recordErrors.map((error) => error.batchIndex),
      batchIndexes ?? [],
    )
  })
}

function valid(bytes: Uint8Array, topic: TopicRules = plainTopic): ValidBatch {
  const result = validateProduced(bytes, { topic, nowMs })
  assert.equal(result.kind, 'valid', JSON.stringify(result))
  return result
}

test('P17 timestamp -1 is accepted, also where the window is narrow', () => {
  const topic = { ...plainTopic, timestampBeforeMaxMs: 10 }
  assert.equal(valid(buildBatch([{ value: Buffer.from('x') }]), topic).maxTimestampMs, -1)
})

test('a torn rest behind the batch is left out', () => {
  const batch = buildBatch(some)
  assert.equal(valid(Buffer.concat([batch, batch.subarray(0, 40)])).sizeInBytes, batch.length)
})

for (const codec of [0, 1, 2, 3, 4] as const) {
  test(`codec ${codec}: facts, and the timestamps as the topic wants them`, () => {
    const bytes = buildBatch(some, { codec })
    const before = Buffer.from(bytes)
    const result = valid(bytes)
    assert.deepEqual(
      { ...result },
      {
        kind: 'valid',
        sizeInBytes: bytes.length,
        recordCount: 3,
        lastOffsetDelta: 2,
        codec,
        maxTimestampMs: nowMs + 5,
        offsetDeltaOfMaxTimestamp: 1,
      },
    )
    stampBatch(bytes, result, header.TimestampType.createTime)
    assert.ok(before.equals(bytes), 'a right batch is stored as it came')

    header.writeInt64(viewOf(bytes), header.maxTimestampAt, 12)
    header.patchCrc(bytes, viewOf(bytes), 0)
    stampBatch(bytes, valid(bytes), header.TimestampType.createTime)
    assert.ok(before.equals(bytes), 'a wrong maximum timestamp is put right')

    const stamped = valid(bytes, appendTime)
    assert.equal(stamped.maxTimestampMs, nowMs)
    stampBatch(bytes, stamped, header.TimestampType.logAppendTime)
    assert.ok(header.isCrcValid(bytes, viewOf(bytes), 0))
    assert.deepEqual(
      [...readRecords(bytes, 0, 1000)].map((record) => record.timestampMs),
      [nowMs, nowMs, nowMs],
    )
  })
}

test('small batches that become large share what one request may take of the loop', () => {
  const bytes = buildBatch([{ value: Buffer.alloc(900_000) }], { codec: CompressionType.zstd })
  const budget = new InlineBudget()
  const kinds = Array.from({ length: 6 }, () => validateProduced(bytes, { topic: plainTopic, nowMs, budget }).kind)
  assert.deepEqual(kinds, ['valid', 'valid', 'valid', 'valid', 'unfinished', 'unfinished'])
  assert.equal(validateProduced(bytes, { topic: plainTopic, nowMs }).kind, 'valid')
})

test('blocks that hold nothing, hundreds of thousands of them, are left to a worker', async () => {
  const empty = {
    [CompressionType.snappy]: [compress(CompressionType.snappy, Buffer.alloc(0)), '0000000100'],
    [CompressionType.lz4]: [compress(CompressionType.lz4, Buffer.alloc(0)).subarray(0, 7), '0100000000'],
  } as const
  for (const codec of [CompressionType.snappy, CompressionType.lz4] as const) {
    const [start, block] = empty[codec]
    const ofBlocks = (count: number): Buffer => {
      const blocks = Buffer.from(block.repeat(count), 'hex')
      const bytes = Buffer.concat([buildBatch(some).subarray(0, header.batchHeaderSize), start, blocks])
      viewOf(bytes).setInt32(header.batchLengthAt, bytes.length - header.logOverhead)
      viewOf(bytes).setInt16(header.attributesAt, codec)
      header.patchCrc(bytes, viewOf(bytes), 0)
      return bytes
    }
    const bytes = ofBlocks(200_000)
    const options = { topic: plainTopic, nowMs }
    assert.equal(validateProduced(bytes, options).kind, 'unfinished')
    const budget = new InlineBudget()
    const few = ofBlocks(200)
    const kinds = Array.from({ length: 7 }, () => validateProduced(few, { ...options, budget }).kind)
    assert.deepEqual([kinds[0], kinds.at(-1)], ['invalid', 'unfinished'], 'they share what a request may take')
    assert.equal((await validateSlowly(bytes, { ...options, decompressedLimitBytes: 2 ** 20 })).kind, 'invalid')
  }
})

for (const codec of [CompressionType.zstd, CompressionType.gzip]) {
  test(`a bomb of codec ${codec} is left to a worker, which is bounded too`, async () => {
    const bytes = buildBatch([{ value: Buffer.alloc(32 * 1024 * 1024) }], { codec })
    const options = { topic: plainTopic, nowMs }
    assert.equal(validateProduced(bytes, options).kind, 'unfinished')
    assert.equal((await validateSlowly(bytes, { ...options, decompressedLimitBytes: 2 ** 26 })).kind, 'valid')
    const refused = await validateSlowly(bytes, { ...options, decompressedLimitBytes: 2 ** 24 })
    assert.equal(refused.kind === 'invalid' && refused.code, MESSAGE_TOO_LARGE)
    const payload = bytes.subarray(header.batchHeaderSize)
    let whole = 0
    for await (const piece of decompressSlowly(codec, payload, 2 ** 26)) {
      assert.ok(piece.length <= 256 * 1024, 'a piece is small')
      whole += piece.length
    }
    assert.ok(whole > 32 * 1024 * 1024)
    const cut = async (): Promise<void> => {
      for await (const piece of decompressSlowly(codec, payload.subarray(0, payload.length - 5), 2 ** 26))
        whole -= piece.length
    }
    await assert.rejects(cut(), { name: 'CompressionError', reason: 'corrupt' })
  })
}

test('a batch of several frames or members is valid; of very many that hold nothing it is left to a worker', async () => {
  const plain = buildBatch(some).subarray(header.batchHeaderSize)
  for (const codec of [CompressionType.zstd, CompressionType.gzip] as const) {
    const inFrames = (frames: readonly Uint8Array[]): Buffer => {
      const bytes = Buffer.concat([buildBatch(some, { codec }).subarray(0, header.batchHeaderSize), ...frames])
      bytes.writeInt32BE(bytes.length - header.logOverhead, header.batchLengthAt)
      header.patchCrc(bytes, viewOf(bytes), 0)
      return bytes
    }
    const nothing = compress(codec, Buffer.alloc(0))
    const frames = [plain.subarray(0, 5), plain.subarray(5)].map((part) => compress(codec, part))
    const options = { topic: plainTopic, nowMs }
    const inWorker = { ...options, decompressedLimitBytes: 2 ** 20 }
    for (const bytes of [inFrames(frames), inFrames([nothing, ...frames])]) {
      assert.equal(validateProduced(bytes, options).kind, 'valid')
      assert.equal((await validateSlowly(bytes, inWorker)).kind, 'valid')
    }
    const many = inFrames([...frames, ...Array.from({ length: 20 }, () => nothing)])
    assert.equal(validateProduced(many, options).kind, 'unfinished')
    assert.equal((await validateSlowly(many, inWorker)).kind, 'valid')
  }
})

const arbitraryRecords = fc.array(
  fc.record(
    {
      key: fc.option(fc.uint8Array({ maxLength: 20 })),
      value: fc.option(fc.uint8Array({ maxLength: 300 })),
      timestampMs: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: nowMs })),
      headers: fc.array(
        fc.record({ key: fc.string({ maxLength: 5 }), value: fc.option(fc.uint8Array({ maxLength: 9 })) }),
        {
          maxLength: 3,
        },
      ),
    },
    { requiredKeys: ['timestampMs'] },
  ),
  { minLength: 1, maxLength: 20 },
)
const arbitraryCodec = fc.constantFrom(...Object.values(CompressionType))

test('property: what is built is valid, and reads as it was', () => {
  fc.assert(
    fc.property(arbitraryRecords, arbitraryCodec, fc.boolean(), (records, codec, isTransactional) => {
      const bytes = buildBatch(records, {
        codec,
        isTransactional,
        producerId: 2 ** 40,
        producerEpoch: 3,
        baseSequence: 9,
      })
      assert.equal(valid(bytes).maxTimestampMs, Math.max(...records.map((record) => record.timestampMs)))
      header.patchBaseOffset(viewOf(bytes), 0, 2 ** 41)
      const read = [...readRecords(bytes, 0, 100_000)]
      const bytesOrNull = (value: Uint8Array | null | undefined): string | null =>
        value === null || value === undefined ? null : Buffer.from(value).toString('hex')
      assert.deepEqual(
        read.map((r) => [
          r.offset,
          r.timestampMs,
          bytesOrNull(r.key),
          bytesOrNull(r.value),
          r.headers.map((h) => [h.key, bytesOrNull(h.value)]),
        ]),
        records.map((r, i) => [
          2 ** 41 + i,
          r.timestampMs,
          bytesOrNull(r.key),
          bytesOrNull(r.value),
          (r.headers ?? []).map((h) => [Buffer.from(h.key).toString(), bytesOrNull(h.value)]),
        ]),
      )
    }),
    { numRuns: 150 },
  )
})

function walkPieces(plain: Uint8Array, cuts: readonly number[], recordCount: number): string {
  const rules = new RecordRules(plainTopic, { nowMs, isBatchLogAppendTime: false })
  const walker = new RecordWalker({ recordCount, baseTimestampMs: 5, logAppendTimeMs: undefined, rules })
  const ends = [...cuts.map((cut) => cut % (plain.length + 1)), plain.length].sort((a, b) => a - b)
  try {
    let start = 0
    for (const end of ends) {
      // A copy, gone after the call: the walker keeps no piece.
      const piece = plain.slice(start, end)
      walker.feed(piece, 0, piece.length)
      piece.fill(0xee)
      start = end
    }
    walker.finish()
  } catch {
    return 'refused'
  }
  return `${walker.maxTimestampMs} ${walker.offsetDeltaOfMaxTimestamp}`
}

test('property: records are judged the same whole and in any pieces, right or hurt', () => {
  const cuts = fc.array(fc.nat(), { minLength: 1, maxLength: 6 })
  let refused = 0
  fc.assert(
    fc.property(arbitraryRecords, cuts, fc.option(fc.tuple(fc.nat(), fc.nat(255))), (records, places, hurt) => {
      const plain = Uint8Array.from(buildBatch(records).subarray(header.batchHeaderSize))
      if (hurt !== null) plain[hurt[0] % plain.length] = hurt[1]
      const whole = walkPieces(plain, [], records.length)
      if (whole === 'refused') refused++
      assert.equal(walkPieces(plain, places, records.length), whole)
      assert.equal(walkPieces(plain, Array.from(plain.keys()), records.length), whole)
    }),
    { numRuns: 300 },
  )
  assert.ok(refused > 10)
})

test('mutation: any bytes get an answer, never another error', () => {
  fc.assert(
    fc.property(
      arbitraryRecords,
      arbitraryCodec,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      fc.boolean(),
      (records, codec, edits, isChecksumRight) => {
        const bytes = buildBatch(records, { codec })
        for (const [at, value] of edits) bytes[at % bytes.length] = value
        if (isChecksumRight && header.sizeInBytes(viewOf(bytes), 0) === bytes.length)
          header.patchCrc(bytes, viewOf(bytes), 0)
        const result = validateProduced(bytes, { topic: compacted, nowMs })
        assert.match(result.kind, /^(valid|invalid|unfinished)$/)
      },
    ),
    { numRuns: 600 },
  )
})

test('compressed records with bytes behind the last one are refused', () => {
  const plain = Buffer.concat([buildBatch(some).subarray(header.batchHeaderSize), Buffer.from([0, 0])])
  for (const codec of [CompressionType.lz4, CompressionType.zstd] as const) {
    const packed = compress(codec, plain)
    assert.equal([...decompressPieces(codec, packed, 1000)].length, 1)
    const batch = Buffer.concat([buildBatch(some, { codec }).subarray(0, header.batchHeaderSize), packed])
    batch.writeInt32BE(batch.length - header.logOverhead, header.batchLengthAt)
    header.patchCrc(batch, viewOf(batch), 0)
    const result = validateProduced(batch, { topic: plainTopic, nowMs })
    assert.equal(result.kind === 'invalid' && result.code, INVALID_RECORD)
  }
})
