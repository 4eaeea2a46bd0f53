import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ErrorCode } from '../protocol/index.ts'
import { type BatchOptions, buildBatch, type NewRecord } from './batch-builder.ts'
import * as header from './batch-header.ts'
import { decompress } from './codecs/index.ts'
import { CompressionType, compressionName } from './compression-type.ts'
import { readRecords } from './record.ts'
import type { TopicRules } from './record-rules.ts'
import { InlineBudget, stampBatch, type ValidBatch, validateProduced, validateSlowly } from './validate.ts'

const nowMs = 1_700_000_000_000
const codecs = Object.values(CompressionType)
const { createTime, logAppendTime } = header.TimestampType
const limitBytes = 64 * 1024 * 1024

function topicOf(codec: CompressionType, more: Partial<TopicRules> = {}): TopicRules {
  return {
    topicPartition: 'words-0',
    maxMessageBytes: 1_048_588,
    isCompacted: false,
    timestampType: createTime,
    timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
    timestampAfterMaxMs: 3_600_000,
    targetCompression: { codec, level: undefined },
    ...more,
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** As a worker does it. */
const slowly = (bytes: Uint8Array, topic: TopicRules) =>
  validateSlowly(bytes, { topic, nowMs, decompressedLimitBytes: limitBytes })

function valid(result: { readonly kind: string } | ValidBatch): ValidBatch {
  assert.ok('recordCount' in result, JSON.stringify(result))
  return result
}

/** What is appended. */
function stored(bytes: Uint8Array, topic: TopicRules, batch: ValidBatch): Uint8Array {
  const appended = batch.converted ?? bytes.subarray(0, batch.sizeInBytes)
  const before = Buffer.from(appended)
  stampBatch(appended, batch, topic.timestampType)
  if (batch.converted !== undefined) assert.ok(before.equals(appended), 'it was stamped when it was made')
  return appended
}

const plainOf = (batch: Uint8Array): Buffer => {
  const codec = codecs[header.codecId(viewOf(batch), 0)] ?? CompressionType.none
  return decompress(codec, batch.subarray(header.batchHeaderSize), limitBytes)
}

const arbitraryRecords = fc.array(
  fc.record({
    key: fc.option(fc.uint8Array({ maxLength: 20 })),
    value: fc.option(fc.uint8Array({ maxLength: 400 })),
    timestampMs: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: nowMs })),
    headers: fc.array(
      fc.record({ key: fc.string({ maxLength: 5 }), value: fc.option(fc.uint8Array({ maxLength: 9 })) }),
      { maxLength: 3 },
    ),
  }),
  { minLength: 1, maxLength: 20 },
)

/** All of the header that a conversion leaves alone. */
const kept = (batch: Uint8Array): unknown => {
  const view = viewOf(batch)
  return [
    header.baseOffset(view, 0),
    header.magic(view, 0),
    header.lastOffsetDelta(view, 0),
    header.baseTimestamp(view, 0),
    header.producerId(view, 0),
    header.producerEpoch(view, 0),
    header.baseSequence(view, 0),
    header.lastSequence(view, 0),
    header.recordCount(view, 0),
    header.isTransactional(view, 0),
    header.isControl(view, 0),
  ]
}

test('property: from any codec to any, each record and all that counts of the batch is kept', async () => {
  const producers = fc.constantFrom<BatchOptions>(
    {},
    { producerId: 2 ** 40, producerEpoch: 3, baseSequence: 2 ** 31 - 2 },
    { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true },
  )
  await fc.assert(
    fc.asyncProperty(arbitraryRecords, producers, fc.boolean(), async (records, producer, isAppendTime) => {
      for (const codec of codecs) {
        const bytes = buildBatch(records, { ...producer, codec })
        const read = [...readRecords(bytes, 0, limitBytes)]
        for (const target of codecs) {
          const topic = topicOf(target, { timestampType: isAppendTime ? logAppendTime : createTime })
          const maxTimestampMs = isAppendTime ? nowMs : Math.max(...records.map((it) => it.timestampMs))
          for (const work of [validateProduced, slowly]) {
            const given = Buffer.from(bytes)
            const batch = valid(
              work === slowly ? await slowly(given, topic) : validateProduced(given, { topic, nowMs }),
            )
            assert.equal(batch.converted === undefined, codec === target, 'it is made anew only where it must be')
            const appended = stored(given, topic, batch)
            const view = viewOf(appended)
            assert.equal(header.codecId(view, 0), target)
            assert.equal(header.sizeInBytes(view, 0), appended.length)
            assert.ok(header.isCrcValid(appended, view, 0))
            assert.deepEqual(kept(appended), kept(bytes))
            assert.equal(header.maxTimestamp(view, 0), maxTimestampMs)
            assert.ok(plainOf(appended).equals(plainOf(bytes)))
            const again = [...readRecords(appended, 0, limitBytes)]
            const wanted = read.map((it) => (isAppendTime ? nowMs : it.timestampMs))
            assert.deepEqual(
              again.map((it) => it.timestampMs),
              wanted,
            )
          }
        }
      }
    }),
    { numRuns: 25 },
  )
})

const some: readonly NewRecord[] = [
  { key: Buffer.from('k'), value: Buffer.from('one'), timestampMs: nowMs },
  { value: Buffer.from('two'), timestampMs: nowMs + 5, headers: [{ key: 'h', value: null }] },
]

test('flags that a producer has no business with are left out', () => {
  const bytes = buildBatch(some, { deleteHorizonMs: nowMs })
  const batch = valid(validateProduced(bytes, { topic: topicOf(CompressionType.gzip), nowMs }))
  assert.equal(header.attributes(viewOf(batch.converted ?? bytes), 0), CompressionType.gzip)
})

test('a topic that stores what comes leaves it as it came', () => {
  for (const codec of codecs) {
    const topic = topicOf(codec, { targetCompression: undefined })
    assert.equal(valid(validateProduced(buildBatch(some, { codec }), { topic, nowMs })).converted, undefined)
  }
})

test('with LogAppendTime the last record of a batch made anew stands for its time, as in Kafka', () => {
  const ofMaximum = (codec: CompressionType, target: CompressionType, timestampType: header.TimestampType): number => {
    const topic = topicOf(target, { timestampType })
    return valid(validateProduced(buildBatch(some, { codec }), { topic, nowMs })).offsetDeltaOfMaxTimestamp
  }
  const { gzip, none } = CompressionType
  assert.equal(ofMaximum(none, gzip, logAppendTime), 1)
  assert.equal(ofMaximum(gzip, none, logAppendTime), 1)
  assert.equal(ofMaximum(gzip, gzip, logAppendTime), 0)
  assert.equal(ofMaximum(none, gzip, createTime), 1)
})

/** Text that shrinks, but not to nothing. */
const textOf = (size: number): Buffer => {
  const words = Array.from({ length: Math.ceil(size / 10) }, (_, i) => `${(i * 7919) % 100_003} word;`)
  return Buffer.from(words.join('').slice(0, size))
}

test('what is more than about a millisecond of work is left to a worker', () => {
  const kindOf = (size: number, target: TopicRules['targetCompression'], codec: CompressionType = 0): string => {
    const bytes = buildBatch([{ value: textOf(size) }], { codec })
    const topic = topicOf(0, { targetCompression: target })
    return validateProduced(bytes, { topic, nowMs }).kind
  }
  const { gzip, lz4, none, snappy, zstd } = CompressionType
  const kibibyte = 1024
  for (const codec of [gzip, lz4, snappy, zstd]) {
    assert.equal(kindOf(20 * kibibyte, { codec, level: undefined }), 'valid', compressionName(codec))
    assert.equal(kindOf(1000 * kibibyte, { codec, level: undefined }), 'unfinished', compressionName(codec))
  }
  assert.equal(kindOf(20 * kibibyte, { codec: gzip, level: 9 }), 'unfinished')
  assert.equal(kindOf(20 * kibibyte, { codec: zstd, level: 9 }), 'valid')
  assert.equal(kindOf(20 * kibibyte, { codec: zstd, level: 22 }), 'unfinished')
  // Small as it comes, large when it is plain.
  assert.equal(kindOf(500 * kibibyte, { codec: lz4, level: undefined }, gzip), 'unfinished')
  assert.equal(kindOf(500 * kibibyte, { codec: none, level: undefined }, gzip), 'valid')
})

test('many small ones share what one request may take of the loop', () => {
  const bytes = buildBatch(some)
  const budget = new InlineBudget()
  const topic = topicOf(CompressionType.zstd)
  const kinds = Array.from({ length: 200 }, () => validateProduced(bytes, { topic, nowMs, budget }).kind)
  assert.equal(kinds[99], 'valid')
  assert.equal(kinds[199], 'unfinished')
})

test('a batch that is too large for the topic when it is made anew is refused, in a worker too', async () => {
  const tooLarge = ErrorCode.MESSAGE_TOO_LARGE
  const bytes = buildBatch([{ value: textOf(20_000) }], { codec: CompressionType.zstd })
  const plainSize = header.batchHeaderSize + plainOf(bytes).length
  for (const [maxMessageBytes, code] of [
    [plainSize, undefined],
    [plainSize - 1, tooLarge],
    [bytes.length, tooLarge],
  ] as const) {
    const topic = topicOf(CompressionType.none, { maxMessageBytes })
    for (const result of [validateProduced(bytes, { topic, nowMs }), await slowly(bytes, topic)]) {
      assert.equal(result.kind === 'invalid' ? result.code : undefined, code)
    }
  }
  // It would be small enough: what comes must be, too.
  const plain = buildBatch([{ value: Buffer.alloc(20_000) }])
  const topic = topicOf(CompressionType.zstd, { maxMessageBytes: 10_000 })
  const refused = validateProduced(plain, { topic, nowMs })
  assert.equal(refused.kind === 'invalid' && refused.code, tooLarge)
})

test('what becomes too large is looked at to its end: a bad record is told first', async () => {
  const records = [...Array.from({ length: 40 }, () => ({ key: Buffer.from('k'), value: textOf(100_000) })), {}]
  const bytes = buildBatch(records, { codec: CompressionType.zstd })
  const topic = topicOf(CompressionType.none, { maxMessageBytes: bytes.length })
  const codeIn = async (rules: TopicRules): Promise<number | false> => {
    const result = await slowly(bytes, rules)
    return result.kind === 'invalid' && result.code
  }
  assert.equal(await codeIn(topic), ErrorCode.MESSAGE_TOO_LARGE)
  assert.equal(await codeIn({ ...topic, isCompacted: true }), ErrorCode.INVALID_RECORD)
})

test('records are judged as without a conversion', async () => {
  const keyless = topicOf(CompressionType.lz4, { isCompacted: true })
  const late = [{ key: Buffer.from('k'), timestampMs: nowMs + 3_600_001 }]
  for (const [records, topic, code] of [
    [some, keyless, ErrorCode.INVALID_RECORD],
    [late, topicOf(CompressionType.lz4), ErrorCode.INVALID_TIMESTAMP],
  ] as const) {
    for (const codec of codecs) {
      const bytes = buildBatch(records, { codec })
      for (const result of [validateProduced(bytes, { topic, nowMs }), await slowly(bytes, topic)]) {
        assert.equal(result.kind === 'invalid' && result.code, code)
        assert.equal(result.kind === 'invalid' && result.recordErrors.length, 1)
      }
    }
  }
})

test('levels reach the codec, on the loop and in a worker', async () => {
  const bytes = buildBatch([{ value: textOf(15_000) }])
  const sizesAt = async (codec: CompressionType, level: number): Promise<number[]> => {
    const topic = topicOf(codec, { targetCompression: { codec, level } })
    const results = [validateProduced(bytes, { topic, nowMs }), await slowly(bytes, topic)]
    return results.map((it) => valid(it).converted?.length ?? 0)
  }
  for (const [codec, low, high] of [
    [CompressionType.gzip, 1, 9],
    [CompressionType.zstd, -50, 12],
  ] as const) {
    const [lowSizes, highSizes] = [await sizesAt(codec, low), await sizesAt(codec, high)]
    for (const i of [0, 1]) assert.ok((highSizes[i] ?? 0) < (lowSizes[i] ?? 0), `${codec}: ${lowSizes} ${highSizes}`)
  }
})
