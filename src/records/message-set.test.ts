/** What Java's reader has of the same bytes: `test/golden/message-sets.test.ts`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type OldMessage, oldMessage, wrappedMessages } from '../../test/message-sets.ts'
import { MalformedError } from '../base/index.ts'
import { buildBatch } from './batch-builder.ts'
import { BatchCursor } from './batches.ts'
import { CompressionError, compress } from './codecs/index.ts'
import { CompressionType, compressionName } from './compression-type.ts'
import { readMessages } from './message-set.ts'

const limitBytes = 1_000_000
const text = (value: string): Buffer => Buffer.from(value)
const oldCodecs = [CompressionType.gzip, CompressionType.snappy, CompressionType.lz4] as const

/** `offset@time key=value`, those with a wrong checksum with a mark. */
const told = (bytes: Uint8Array, limit = limitBytes): string[] =>
  readMessages(bytes, 0, limit).map(({ offset, timestampMs, key, value, isCrcValid }) => {
    const record = `${offset}@${timestampMs} ${key?.toString() ?? null}=${value?.toString() ?? null}`
    return isCrcValid ? record : `${record} !`
  })

const malformed = (bytes: Uint8Array, message: RegExp): void =>
  assert.throws(
    () => readMessages(bytes, 0, limitBytes),
    (error: unknown) => error instanceof MalformedError && message.test(error.message),
  )

test('a message alone: of format 0 without a time, of format 1 with it; key and value may be missing, or be empty', () => {
  const both = { offset: 7, key: text('k'), value: text('v') }
  assert.deepEqual(told(oldMessage({ magic: 0, ...both })), ['7@-1 k=v'])
  assert.deepEqual(told(oldMessage({ magic: 1, timestampMs: 5, ...both })), ['7@5 k=v'])
  assert.deepEqual(told(oldMessage({ magic: 1, timestampMs: 5, offset: 2 ** 40 })), [`${2 ** 40}@5 null=null`])
  assert.deepEqual(told(oldMessage({ magic: 0, offset: 0, key: text(''), value: text('') })), ['0@-1 ='])
})

test('nobody can write into the headers of messages, which have none', () => {
  const [message] = readMessages(oldMessage({ magic: 1, timestampMs: 5, offset: 7 }), 0, limitBytes)
  assert.deepEqual(message?.headers, [])
  assert.ok(Object.isFrozen(message.headers))
})

for (const codec of oldCodecs) {
  const name = compressionName(codec)

  test(`${name}, format 0: inner offsets are those of the log`, () => {
    const inner = [3, 4, 9].map((offset) => oldMessage({ magic: 0, offset, value: text(`v${offset}`) }))
    const bytes = wrappedMessages({ magic: 0, offset: 9, codec }, Buffer.concat(inner))
    assert.deepEqual(told(bytes), ['3@-1 null=v3', '4@-1 null=v4', '9@-1 null=v9'])
  })

  test(`${name}, format 1: they are relative, with gaps where compaction made some, and the last is that of the wrapper`, () => {
    const inner = [0, 1, 6].map((offset) => oldMessage({ magic: 1, offset, timestampMs: 10 + offset, key: text('k') }))
    const bytes = wrappedMessages({ magic: 1, offset: 106, codec, timestampMs: 16 }, Buffer.concat(inner))
    assert.deepEqual(told(bytes), ['100@10 k=null', '101@11 k=null', '106@16 k=null'])
  })
}

test('the time at which a wrapper was appended is that of all that it wraps, if they have times', () => {
  const inner = [
    oldMessage({ magic: 1, offset: 0, timestampMs: 3 }),
    oldMessage({ magic: 0, offset: 1 }),
    oldMessage({ magic: 1, offset: 2, timestampMs: 4 }),
  ]
  const wrapper = { magic: 1, offset: 2, codec: CompressionType.gzip, timestampMs: 77 } as const
  assert.deepEqual(told(wrappedMessages({ ...wrapper, isAppendTime: true }, Buffer.concat(inner))), [
    '0@77 null=null',
    '1@-1 null=null',
    '2@77 null=null',
  ])
  const asCreated = told(wrappedMessages(wrapper, Buffer.concat(inner)))
  assert.deepEqual(asCreated, ['0@3 null=null', '1@-1 null=null', '2@4 null=null'])
})

test('of a wrapper at offset 0 the inner offsets are taken as they are', () => {
  const inner = [0, 1].map((offset) => oldMessage({ magic: 1, offset, timestampMs: 1 }))
  const bytes = wrappedMessages({ magic: 1, offset: 0, codec: CompressionType.gzip }, Buffer.concat(inner))
  assert.deepEqual(told(bytes), ['0@1 null=null', '1@1 null=null'])
})

test('the last inner message may be cut, and is left out', () => {
  const whole = oldMessage({ magic: 1, offset: 0, timestampMs: 1, value: text('whole') })
  const second = oldMessage({ magic: 1, offset: 1, timestampMs: 1, value: text('cut') })
  for (const size of [1, 11, 12, 20, second.length - 1]) {
    const inner = Buffer.concat([whole, second.subarray(0, size)])
    const bytes = wrappedMessages({ magic: 1, offset: 40, codec: CompressionType.snappy }, inner)
    assert.deepEqual(told(bytes), ['40@1 null=whole'], `${size} bytes of it`)
  }
})

test('of lz4 in format 1 the checksum of the frame is looked at, and in format 0 it is not', () => {
  const inner = oldMessage({ magic: 1, offset: 0, timestampMs: 1 })
  const value = compress(CompressionType.lz4, inner)
  value[6] = (value[6] ?? 0) ^ 0xff
  const codec = CompressionType.lz4
  assert.throws(() => told(oldMessage({ magic: 1, offset: 0, codec, value })), CompressionError)
  assert.deepEqual(told(oldMessage({ magic: 0, offset: 0, codec, value })), ['0@1 null=null'])
})

test('a checksum tells what was changed, in a message and in one that is wrapped', () => {
  const inner = oldMessage({ magic: 0, offset: 1, value: text('abc') })
  inner.write('x', inner.length - 1)
  assert.deepEqual(told(inner), ['1@-1 null=abx !'])
  const bytes = wrappedMessages({ magic: 0, offset: 1, codec: CompressionType.gzip }, inner)
  assert.deepEqual(told(bytes), ['1@-1 null=abx !'])
  const cursor = new BatchCursor(Buffer.concat([bytes, inner]))
  assert.deepEqual([cursor.next(), cursor.isCrcValid()], [true, true])
  assert.deepEqual([cursor.next(), cursor.isCrcValid()], [true, false])
})

test('what is no message, and wrappers of nothing, of wrappers, or of other codecs are refused', () => {
  const wrapper = { magic: 1, offset: 5, codec: CompressionType.gzip } as const
  const inner = oldMessage({ magic: 1, offset: 0, timestampMs: 1 })
  malformed(wrappedMessages(wrapper, Buffer.alloc(0)), /without messages/)
  malformed(wrappedMessages(wrapper, inner.subarray(0, 20)), /without messages/)
  malformed(oldMessage({ ...wrapper, value: null }), /without a value/)
  malformed(wrappedMessages(wrapper, wrappedMessages(wrapper, inner)), /holds another/)
  malformed(wrappedMessages({ ...wrapper, offset: 4 }, oldMessage({ magic: 1, offset: 5 })), /ends with 5/)
  for (const codec of [CompressionType.zstd, 5, 7]) malformed(oldMessage({ ...wrapper, codec, value: inner }), /codec/)
  const batch = buildBatch([{ value: text('new'), timestampMs: 1 }])
  malformed(wrappedMessages(wrapper, batch), /message of format 2/)
  const tiny = Buffer.from(inner)
  tiny.writeInt32BE(13, 8)
  malformed(wrappedMessages(wrapper, tiny), /message of 13 bytes/)
  const lying = oldMessage({ magic: 0, offset: 5, key: text('key') })
  lying.writeInt32BE(4096, 18)
  malformed(lying, /4096 bytes announced/)
  // Long enough for format 0 alone.
  const short = oldMessage({ magic: 0, offset: 5 })
  short.writeInt8(1, 16)
  malformed(short, /announced/)
})

test('what is decompressed is bounded', () => {
  const inner = oldMessage({ magic: 0, offset: 0, value: Buffer.alloc(100_000) })
  for (const codec of oldCodecs) {
    const bytes = wrappedMessages({ magic: 0, offset: 0, codec }, inner)
    assert.equal(told(bytes, inner.length).length, 1)
    assert.throws(() => told(bytes, inner.length - 1), { name: 'CompressionError', reason: 'limit' })
  }
})

test('a cursor goes over all formats, and knows of each what all have', () => {
  const inner = [0, 1].map((offset) => oldMessage({ magic: 1, offset, timestampMs: 1 }))
  const bytes = Buffer.concat([
    oldMessage({ magic: 0, offset: 3 }),
    oldMessage({ magic: 1, offset: 4, timestampMs: 2, isAppendTime: true }),
    wrappedMessages({ magic: 1, offset: 6, codec: CompressionType.gzip, timestampMs: 1 }, Buffer.concat(inner)),
    buildBatch([{ value: null, timestampMs: 4 }], { baseOffset: 7, leaderEpoch: 2 }),
    oldMessage({ magic: 0, offset: 8 }).subarray(0, 20),
  ])
  const cursor = new BatchCursor(bytes)
  const seen: unknown[] = []
  while (cursor.next()) {
    const { magic, lastOffset, leaderEpoch, timestampType, isControl } = cursor
    assert.ok(cursor.isCrcValid() && !isControl)
    seen.push([magic, lastOffset, leaderEpoch, timestampType])
  }
  assert.deepEqual(seen, [
    [0, 3, -1, 'NoTimestampType'],
    [1, 4, -1, 'LogAppendTime'],
    [1, 6, -1, 'CreateTime'],
    [2, 7, 2, 'CreateTime'],
  ])
  assert.equal(cursor.ended, 'torn')
})

const arbitraryBytes = fc.option(fc.uint8Array({ maxLength: 40 }))
const arbitraryInner = fc.array(
  fc.record({ key: arbitraryBytes, value: arbitraryBytes, timestampMs: fc.nat(), gap: fc.nat({ max: 3 }) }),
  { minLength: 1, maxLength: 20 },
)

test('what was wrapped comes out, whatever it is', () => {
  const property = fc.property(
    arbitraryInner,
    fc.constantFrom(...oldCodecs),
    fc.constantFrom(0, 1),
    fc.nat({ max: 2 ** 40 }),
    (inner, codec, magic, base) => {
      let next = 0
      const messages = inner.map(({ gap, ...rest }): OldMessage => {
        next += gap + 1
        return { ...rest, magic: magic === 0 ? 0 : 1, offset: next - 1 }
      })
      const bytesOf = ({ offset, ...rest }: OldMessage): Buffer =>
        oldMessage({ ...rest, offset: magic === 0 ? base + offset : offset })
      const wrapper = { magic: magic === 0 ? 0 : 1, offset: base + next - 1, codec } as const
      const bytes = wrappedMessages(wrapper, Buffer.concat(messages.map(bytesOf)))
      const found = readMessages(bytes, 0, limitBytes)
      // That at offset 0 holds itself alone, or what a librdkafka left so.
      assert.deepEqual(
        found.map(({ offset, timestampMs, key, value, isCrcValid }) => [offset, timestampMs, key, value, isCrcValid]),
        messages.map(({ offset, timestampMs = -1, key, value }) => [
          base + offset,
          magic === 0 ? -1 : timestampMs,
          key == null ? null : Buffer.from(key),
          value == null ? null : Buffer.from(value),
          true,
        ]),
      )
    },
  )
  fc.assert(property, { numRuns: 200 })
})

test('bytes that were changed anywhere are messages or an error, and never more than was allowed', () => {
  const inner = Buffer.concat([0, 1, 2].map((offset) => oldMessage({ magic: 1, offset, value: text('abcdefgh') })))
  const sources = oldCodecs.map((codec) => wrappedMessages({ magic: 1, offset: 2, codec }, inner))
  const property = fc.property(
    fc.constantFrom(...sources, oldMessage({ magic: 0, offset: 1, key: text('k') })),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
    (source, changes) => {
      const bytes = Buffer.from(source)
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      try {
        for (const { key, value } of readMessages(bytes, 0, 10_000)) {
          assert.ok((key?.length ?? 0) + (value?.length ?? 0) <= 10_000)
        }
      } catch (error) {
        assert.ok(error instanceof MalformedError || error instanceof CompressionError, String(error))
      }
    },
  )
  fc.assert(property, { numRuns: 2000 })
})
