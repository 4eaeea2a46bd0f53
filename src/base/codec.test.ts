import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MalformedError, Reader, Writer } from './index.ts'

const roundTrip = <T>(write: (writer: Writer) => void, read: (reader: Reader) => T): T => {
  const writer = new Writer(1)
  write(writer)
  const reader = new Reader(writer.finishAsOne())
  const value = read(reader)
  assert.equal(reader.remaining, 0)
  return value
}

test('integers and varints come back as they were written', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (a, b, c) => {
      assert.equal(
        roundTrip(
          (w) => w.i64(a),
          (r) => r.i64(),
        ),
        a,
      )
      assert.equal(
        roundTrip(
          (w) => w.varlong(a),
          (r) => r.varlong(),
        ),
        a,
      )
      assert.equal(
        roundTrip(
          (w) => w.i32(b),
          (r) => r.i32(),
        ),
        b,
      )
      assert.equal(
        roundTrip(
          (w) => w.varint(b),
          (r) => r.varint(),
        ),
        b,
      )
      assert.equal(
        roundTrip(
          (w) => w.uvarint(b >>> 0),
          (r) => r.uvarint(),
        ),
        b >>> 0,
      )
      assert.equal(
        roundTrip(
          (w) => w.i64Big(c),
          (r) => r.i64Big(),
        ),
        c,
      )
      assert.equal(
        roundTrip(
          (w) => w.varlongBig(c),
          (r) => r.varlongBig(),
        ),
        c,
      )
    }),
  )
})

test('an int64 beyond 2^53 saturates', () => {
  assert.equal(
    roundTrip(
      (w) => w.i64Big(2n ** 63n - 1n),
      (r) => r.i64(),
    ),
    Number.MAX_SAFE_INTEGER,
  )
  assert.equal(
    roundTrip(
      (w) => w.i64Big(-(2n ** 63n)),
      (r) => r.i64(),
    ),
    -Number.MAX_SAFE_INTEGER,
  )
})

test('strings survive interning, whatever collides', () => {
  const reader = new Reader()
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const bytes = Buffer.from(text, 'utf8')
      reader.reset(bytes, 0, bytes.length)
      assert.equal(reader.string(bytes.length), bytes.toString('utf8'))
      reader.reset(bytes, 0, bytes.length)
      assert.equal(reader.string(bytes.length), bytes.toString('utf8'))
    }),
  )
})

test('nothing is taken from beyond the end', () => {
  const reader = new Reader(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))
  assert.throws(() => reader.uvarint(), MalformedError)
  reader.position = 0
  assert.throws(() => reader.slice(7), MalformedError)
  assert.throws(() => reader.take(-1), MalformedError)
  assert.throws(() => reader.count(2 ** 31 - 1), MalformedError)
})

test('big payloads stay where they are', () => {
  const payload = Buffer.alloc(4096, 7)
  const writer = new Writer(4)
  writer.i32(1)
  writer.reference(payload)
  writer.i32(2)
  assert.equal(writer.size, 4104)
  const chunks = writer.finish()
  assert.equal(chunks[1], payload)
  assert.deepEqual(
    Buffer.concat(chunks.filter((chunk) => chunk instanceof Uint8Array)),
    Buffer.concat([Buffer.from([0, 0, 0, 1]), payload, Buffer.from([0, 0, 0, 2])]),
  )
})

test('a short string of ASCII lies behind its length; any other leaves the writer as it was', () => {
  const units = fc.constantFrom('grapheme-ascii' as const, 'binary' as const)
  const text = units.chain((unit) => fc.string({ unit, maxLength: 40 }))
  fc.assert(
    fc.property(text, fc.boolean(), (value, compact) => {
      const bytes = Buffer.from(value)
      const isShort = bytes.length === value.length && value.length <= 32
      const length = compact ? [value.length + 1] : [0, value.length]
      const writer = new Writer(1)
      writer.i8(7)
      assert.equal(writer.shortString(value, compact), isShort)
      writer.i8(8)
      assert.deepEqual([...writer.finishAsOne()], isShort ? [7, ...length, ...bytes, 8] : [7, 8])
    }),
  )
})
