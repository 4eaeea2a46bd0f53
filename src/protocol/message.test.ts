import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isRegion, MalformedError, Reader, Writer, zeroUuid } from '../base/index.ts'
import { message } from './message.ts'
import { i8, i16, i32, i64, i64Big, list, orNull, records, string, struct, uuid } from './words.ts'

const bytesOf = (write: (writer: Writer) => void): string => {
  const writer = new Writer()
  write(writer)
  return writer.finishAsOne().toString('hex')
}
const readerOf = (hex: string): Reader => new Reader(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

const inner = { a: i32({ default: -1 }), b: string() }

/** Versions 0 to 3; flexible since 2; `c` and `d` tagged, `d` only since 3. */
const sample = message({
  name: 'Sample',
  versions: [0, 3],
  flexible: 2,
  fields: {
    id: i16(),
    size: i64({ since: 1 }),
    names: orNull(list(string()), { since: 1 }),
    parts: list(inner),
    c: i32({ since: 2, tag: 1, default: 7 }),
    d: struct(inner, { since: 3, tag: 2 }),
  },
})

test('each version has its own form; what it lacks is left out and read as the default', () => {
  const value = sample.create({ id: 1, size: 2, names: ['x'], parts: [{ a: 3, b: 'y' }], c: 8, d: { a: 9, b: 'z' } })
  const encoded = [0, 1, 2, 3].map((version) => bytesOf((writer) => sample.encode(writer, version, value)))
  assert.deepEqual(
    encoded,
    [
      '0001 00000001 0001 78 00000001 00000003 0001 79',
      '0001 0000000000000002 00000001 0001 78 00000001 00000003 0001 79',
      '0001 0000000000000002 02 02 78 02 00000003 02 79 00 01 01 04 00000008',
      '0001 0000000000000002 02 02 78 02 00000003 02 79 00 02 01 04 00000008 02 07 00000009 02 7a 00',
    ].map((hex) => hex.replaceAll(' ', '')),
  )
  const own = sample.create()
  assert.deepEqual(sample.decode(readerOf(encoded[0] ?? ''), 0), { ...value, size: 0, c: 7, d: own.d })
  assert.deepEqual(sample.decode(readerOf(encoded[2] ?? ''), 2), { ...value, d: own.d })
  assert.deepEqual(sample.decode(readerOf(encoded[3] ?? ''), 3), value)
})

test('create fills in the defaults at every depth', () => {
  assert.deepEqual(sample.create({ parts: [{}, { b: 'x' }], d: { a: 1 } }), {
    id: 0,
    size: 0,
    names: [],
    parts: [
      { a: -1, b: '', unknownTags: undefined },
      { a: -1, b: 'x', unknownTags: undefined },
    ],
    c: 7,
    d: { a: 1, b: '', unknownTags: undefined },
    unknownTags: undefined,
  })
  assert.equal(sample.create({ names: null }).names, null)
})

test('defaults that were read are not shared with what is made', () => {
  assert.notEqual(sample.create().d, sample.create().d)
  assert.notEqual(sample.create().parts, sample.create().parts)
})

test('any negative length is null where null is allowed, and refused where it is not', () => {
  const size = '0000000000000000'
  for (const length of ['ffffffff', 'fffffffe', '80000000']) {
    assert.equal(sample.decode(readerOf(`0000 ${size} ${length} 00000000`), 1).names, null)
    assert.throws(() => sample.decode(readerOf(`0000 ${size} 00000000 ${length}`), 1), MalformedError)
  }
  for (const length of ['00', 'ffffffff0f']) {
    assert.equal(sample.decode(readerOf(`0000 ${size} ${length} 01 00`), 2).names, null)
    assert.throws(() => sample.decode(readerOf(`0000 ${size} 01 ${length} 00`), 2), MalformedError)
  }
  assert.throws(() => sample.decode(readerOf('0000 ffffffff'), 0), MalformedError)
})

test('what is announced but not there is refused before anything is made', () => {
  const size = '0000000000000000'
  const numbers = message({ name: 'Numbers', versions: [0, 0], fields: { of: list(i64()), ids: list(uuid()) } })
  for (const read of [
    () => sample.decode(readerOf(`0000 ${size} 7fffffff 00`), 1),
    () => sample.decode(readerOf(`0000 ${size} 80808080 08 00`), 2),
    () => sample.decode(readerOf(`0000 ${size} 01 01 ffffffff07`), 2),
    () => sample.decode(readerOf(`0000 ${size} 01 01 01 05 ffffffff0f`), 2),
    () => numbers.decode(readerOf('10000000 0000000000000000'), 0),
    () => numbers.decode(readerOf('00000000 10000000 0000000000000000'), 0),
  ]) {
    const before = process.memoryUsage().heapUsed
    assert.throws(read, MalformedError)
    assert.ok(process.memoryUsage().heapUsed - before < 1_000_000)
  }
})

test('unknown tags are kept and written in their place', () => {
  const base = '0001 0000000000000000 00 01'
  const hex = `${base} 04 00 01 aa 01 04 00000008 02 07 00000009 02 7a 00 05 02 bbcc`.replaceAll(' ', '')
  const value = sample.decode(readerOf(hex), 3)
  assert.deepEqual(
    value.unknownTags?.map(({ tag, bytes }) => [tag, Buffer.from(bytes).toString('hex')]),
    [
      [0, 'aa'],
      [5, 'bbcc'],
    ],
  )
  assert.equal(
    bytesOf((writer) => sample.encode(writer, 3, value)),
    hex,
  )
})

test('a tagged struct with unknown tags of its own is not taken for its default', () => {
  const own = sample.create({ id: 1, names: null })
  const value = { ...own, d: { ...own.d, unknownTags: [{ tag: 3, bytes: Buffer.from('ee', 'hex') }] } }
  const encoded = bytesOf((writer) => sample.encode(writer, 3, value))
  assert.deepEqual(sample.decode(readerOf(encoded), 3), {
    ...value,
    d: { ...value.d, unknownTags: [{ tag: 3, bytes: new Uint8Array([0xee]) }] },
  })
})

test('a known tag in a version that lacks it is refused; the size in front of a known one is not looked at', () => {
  const base = '0001 0000000000000000 00 01'
  assert.throws(() => sample.decode(readerOf(`${base} 01 02 07 00000009 02 7a 00`), 2), MalformedError)
  for (const size of ['03', '05', 'ffffffff0f']) {
    assert.equal(sample.decode(readerOf(`${base} 01 01 ${size} 00000008`), 3).c, 8)
    assert.throws(() => sample.decode(readerOf(`${base} 01 09 ${size} 0000`), 3), MalformedError)
  }
  assert.equal(sample.decode(readerOf(`${base} ffffffff0f`), 3).unknownTags, undefined)
})

test('records are written by reference, from one part or many', () => {
  const batches = message({ name: 'Batches', versions: [0, 0], flexible: 0, fields: { records: orNull(records()) } })
  const [first, second] = [Buffer.alloc(600, 1), Buffer.alloc(700, 2)]
  const writer = new Writer()
  batches.encode(writer, 0, batches.create({ records: [first, second] }))
  const parts = writer.finish()
  assert.ok(parts.some((part) => part === first) && parts.some((part) => part === second))
  const whole = Buffer.concat(parts.map((part) => (isRegion(part) ? Buffer.alloc(0) : part)))
  const read = batches.decode(new Reader(whole), 0).records
  assert.ok(read instanceof Uint8Array)
  assert.deepEqual(Buffer.from(read), Buffer.concat([first, second]))
  assert.equal(read.buffer, whole.buffer, 'a view, not a copy')
  assert.equal(
    bytesOf((to) => batches.encode(to, 0, batches.create({ records: null }))),
    '0000',
  )
})

test('an int64 saturates as a number and is whole as a bigint', () => {
  const pair = message({ name: 'Pair', versions: [0, 0], fields: { near: i64(), far: i64Big() } })
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      const hex = BigInt.asUintN(64, value).toString(16).padStart(16, '0')
      const { near, far } = pair.decode(readerOf(hex + hex), 0)
      const bound = BigInt(Number.MAX_SAFE_INTEGER)
      assert.equal(far, value)
      assert.equal(BigInt(near), value > bound ? bound : value < -bound ? -bound : value)
      assert.equal(bytesOf((writer) => pair.encode(writer, 0, { near, far })).slice(16), hex)
      const beyond = bytesOf((writer) => pair.encode(writer, 0, { near: near + Math.sign(near), far }))
      if (!Number.isSafeInteger(near + Math.sign(near)))
        assert.equal(BigInt(`0x${beyond.slice(0, 16)}`), BigInt.asUintN(64, BigInt(near)))
    }),
  )
  assert.throws(() => bytesOf((writer) => pair.encode(writer, 0, { near: 0.5, far: 0n })))
})

test('what our side may not write throws', () => {
  const writer = new Writer()
  assert.throws(() => sample.encode(writer, 0, sample.create({ names: null, parts: [{ b: 'x'.repeat(32768) }] })))
  const nullable = message({ name: 'N', versions: [0, 1], fields: { name: orNull(string(), { since: 1 }) } })
  assert.throws(() => nullable.encode(writer, 0, nullable.create({ name: null })), RangeError)
  assert.equal(
    bytesOf((to) => nullable.encode(to, 1, nullable.create({ name: null }))),
    'ffff',
  )
})

test('whatever is written is read again', () => {
  const everything = message({
    name: 'Everything',
    versions: [0, 1],
    flexible: 1,
    fields: {
      small: i8(),
      ids: list(uuid()),
      text: orNull(string()),
      maybe: orNull(struct(inner), { default: null }),
      many: list({ deep: list({ n: i64(), tagged: list(i32(), { since: 1, tag: 0 }) }) }),
    },
  })
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const given = fc.record({
    small: fc.integer({ min: -128, max: 127 }),
    ids: fc.array(fc.constant(zeroUuid)),
    text: fc.option(text),
    maybe: fc.option(fc.record({ a: fc.integer(), b: text })),
    many: fc.array(
      fc.record({ deep: fc.array(fc.record({ n: fc.maxSafeInteger(), tagged: fc.array(fc.integer()) })) }),
    ),
  })
  fc.assert(
    fc.property(given, (some) => {
      const value = everything.create(some)
      const hex = bytesOf((writer) => everything.encode(writer, 1, value))
      const reader = readerOf(hex)
      assert.deepEqual(everything.decode(reader, 1), value)
      assert.equal(reader.remaining, 0)
    }),
  )
})

test('a tagged struct that may be null says so with an unsigned varint, one in its place with a byte', () => {
  const nullable = message({
    name: 'Nullable',
    versions: [0, 0],
    flexible: 0,
    fields: { plain: orNull(struct(inner)), tagged: orNull(struct(inner, { tag: 0 })) },
  })
  const forms = [
    { value: nullable.create({ plain: null, tagged: null }), hex: 'ff 01 00 01 00' },
    {
      value: nullable.create({ plain: { a: 1, b: '' }, tagged: { a: 1, b: '' } }),
      hex: '01 00000001 01 00 01 00 07 01 00000001 01 00',
    },
  ]
  for (const { value, hex } of forms) {
    assert.equal(
      bytesOf((writer) => nullable.encode(writer, 0, value)),
      hex.replaceAll(' ', ''),
    )
    const reader = readerOf(hex)
    assert.deepEqual(nullable.decode(reader, 0), value)
    assert.equal(reader.remaining, 0)
  }
})

test('the types are those of the words', () => {
  const value = sample.create()
  const size: number = value.size
  const names: readonly string[] | null = value.names
  assert.deepEqual([size, names], [0, []])
  // @ts-expect-error a string where a number is declared
  sample.create({ size: '1' })
  // @ts-expect-error null where it is not allowed
  assert.throws(() => bytesOf((writer) => sample.encode(writer, 0, sample.create({ parts: null }))), RangeError)
  // @ts-expect-error a field that is not declared
  sample.create({ sizes: 1 })
  // @ts-expect-error null must be thought of
  assert.equal(value.names.length, 0)
})
