/** Code for a schema does what `avsc` does: the same bytes, the same values, and nothing that it would refuse. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import avsc from 'avsc'
import fc from 'fast-check'
import { type AvroCode, avroCode } from './avro-code.ts'
import { placesMax } from './avro-known-texts.ts'

const none = Buffer.alloc(0)
const head = Buffer.of(0, 0, 0, 0, 7)

function made(schema: avsc.Schema): { readonly type: avsc.Type; readonly code: AvroCode } {
  const type = avsc.Type.forSchema(schema)
  const code = avroCode(type)
  assert.ok(code)
  return { type, code }
}

/** There and back, by both. */
function agrees(schema: avsc.Schema, ...values: readonly unknown[]): void {
  const { type, code } = made(schema)
  for (const value of values) {
    const bytes = type.toBuffer(value)
    const framed = Buffer.from(code.encode(value, head))
    assert.deepEqual(framed, Buffer.concat([head, bytes]))
    assert.deepEqual(code.decode(framed, head.length), type.fromBuffer(bytes))
  }
}

const record = (name: string, ...fields: object[]): avsc.schema.RecordType =>
  Object({ type: 'record', name, fields: fields.map((type, i) => ({ name: `f${i}`, ...type })) })

const texts = [
  '',
  'a',
  'x'.repeat(63),
  'x'.repeat(64),
  'é'.repeat(40),
  'ab😀',
  'Zürich',
  'y'.repeat(300),
  '\0\x7f\x80ÿ',
]

describe('what is written and read', () => {
  test('numbers, to their edges', () => {
    agrees('int', 0, -1, 1, 63, 64, -64, -65, 2 ** 30, -(2 ** 30), 2 ** 30 - 1, 2 ** 31 - 1, -(2 ** 31), -0)
    agrees('long', 0, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 51, -(2 ** 51), 4_000_000_001, -4_000_000_001)
    agrees('double', 0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE, -Number.MAX_VALUE)
    agrees('float', 0, -0, 1.5, Number.NaN, Number.NEGATIVE_INFINITY)
    // Here `avsc` by itself is not exact.
    const { code } = made('long')
    for (const value of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 52, -(2 ** 52)])
      assert.equal(code.decode(code.encode(value, none), 0), value)
  })

  test('strings, bytes and what is named', () => {
    agrees('string', ...texts)
    agrees('bytes', none, Buffer.of(0, 255), Buffer.alloc(20_000, 7))
    agrees('boolean', true, false)
    agrees('null', null)
    agrees({ type: 'fixed', name: 'F', size: 3 }, Buffer.of(1, 2, 3))
    agrees({ type: 'enum', name: 'E', symbols: ['A', 'B'] }, 'A', 'B')
  })

  test('arrays and maps, short and long, one after the other', () => {
    agrees(
      { type: 'array', items: 'string' },
      [],
      texts,
      Array.from({ length: 3000 }, (_, i) => `item ${i}`),
    )
    agrees({ type: 'array', items: { type: 'array', items: 'null' } }, [[null, null], []])
    const keyed = (count: number, of: string): object =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`${of}${i}`, i]))
    const maps = [1, 3, placesMax, placesMax + 1, 40].flatMap((count) => [keyed(count, 'k'), keyed(count, 'ké')])
    agrees({ type: 'map', values: 'int' }, {}, ...maps, ...maps, keyed(2, 'k0'), { k00: 5, k: 6 })
    agrees({ type: 'map', values: { type: 'map', values: 'string' } }, { a: { b: 'c', d: 'e' }, b: {} })
  })

  test('arrays of each small size, with a block behind the first or none', () => {
    const { type, code } = made({ type: 'array', items: 'string' })
    const item = (text: string): string => type.toBuffer([text]).toString('hex').slice(2, -2)
    for (let count = 0; count < 6; count++) {
      const items = Array.from({ length: count }, (_, i) => `item ${i}`)
      agrees({ type: 'array', items: 'string' }, items)
      const one = Buffer.of(2 * count).toString('hex') + items.map(item).join('')
      for (const more of ['', `02${item('more')}`, `04${item('é')}${item('more')}`]) {
        const bytes = Buffer.from(count === 0 ? '00' : `${one}${more}00`, 'hex')
        assert.deepEqual(code.decode(bytes, 0), type.fromBuffer(bytes))
      }
    }
  })

  test('keys of each size, and others that begin like them', () => {
    const keys = Array.from({ length: 20 }, (_, size) => 'abcdefghijklmnopqrst'.slice(0, size))
    const others = keys.map((key) => `${key.slice(0, -1)}é`)
    const changed = keys.flatMap((key) => Array.from(key, (_, i) => `${key.slice(0, i)}_${key.slice(i + 1)}`))
    for (const key of keys) {
      const values = [key, key, ...changed.filter(({ length }) => length === key.length), ...others, key]
      agrees({ type: 'map', values: 'int' }, ...values.map((it) => ({ [it]: 1 })))
    }
  })

  test('records of many fields', () => {
    const types = ['null', 'boolean', 'int', 'long', 'float', 'double', 'string', 'bytes'] as const
    const values = [null, true, 5, 2 ** 40, 1.5, 2.5, 'é text', Buffer.of(1, 2)]
    for (const count of [96, 100, 101, 200]) {
      const fields = Array.from({ length: count }, (_, i) => ({ type: types[i % 8] ?? 'null' }))
      const named = { type: { type: 'enum', name: 'E', symbols: ['A', 'B'] } }
      const value = Object.fromEntries(fields.map((_, i) => [`f${i}`, values[i % 8]]))
      agrees(record('Wide', ...fields, named), { ...value, [`f${count}`]: 'B' })
    }
  })

  test('strings to where the characters of one call end, and behind it', () => {
    const around = Array.from({ length: 20 }, (_, i) => [
      'x'.repeat(60),
      'y'.repeat(60),
      'z'.repeat(60 + (i % 4)),
      'w'.repeat(50 + i),
      'end',
    ])
    agrees({ type: 'array', items: 'string' }, ...around, ...around.map((texts) => [...texts, 'é', ...texts]))
  })

  test('the shortest strings, more than are known again', () => {
    const alphabet = Array.from({ length: 36 }, (_, i) => i.toString(36))
    const pairs = alphabet.flatMap((a) => alphabet.map((b) => a + b))
    const triples = pairs.map((pair, i) => pair + (alphabet[i % 7] ?? ''))
    const all = ['', ...alphabet, ...pairs, ...triples, '\0', '\0\0', '\0\0\0', '\x02a', '\x04', 'é', 'aé']
    agrees({ type: 'array', items: 'string' }, all, all.toReversed(), all)
  })

  test('more keys than are learned', () => {
    agrees(
      { type: 'map', values: 'int' },
      ...Array.from({ length: 200 }, (_, i) => ({ [`key-${i}`]: i, [`é${i}`]: 1 })),
    )
  })

  test('unions, of values that are told apart and of named ones', () => {
    agrees(
      ['null', 'boolean', 'int', 'string', 'bytes', { type: 'array', items: 'int' }],
      null,
      true,
      5,
      'x',
      none,
      [5],
    )
    agrees(['null', record('R', { type: 'int' })], null, { f0: 5 })
    agrees(['null', { type: 'map', values: 'int' }], null, { f0: 5 })
    agrees(['int', 'null', 'double', record('S', { type: 'int' })], { int: 5 }, null, { double: 5 }, { S: { f0: 1 } })
  })

  test('records, in themselves, and with defaults', () => {
    const list = record('Node', { type: 'int' }, { type: ['null', 'Node'], default: null })
    agrees(list, { f0: 1, f1: { f0: 2, f1: null } }, { f0: 1 }, { f0: 1, f1: { f0: 2 } })
    agrees(record('Empty'), {})
    agrees(
      record('Default', { type: 'string', default: 'd' }, { type: { type: 'array', items: 'int' }, default: [] }),
      {},
    )
    const { code } = made(list)
    assert.equal(code.decode(code.encode({ f0: 1 }, none), 0)?.constructor.name, 'Node')
  })

  test('blocks with sizes, and several of them', () => {
    const { type, code } = made({ type: 'array', items: 'int' })
    for (const hex of ['04020401020600', '0304020400', '00']) {
      const bytes = Buffer.from(hex, 'hex')
      assert.deepEqual(code.decode(bytes, 0), type.fromBuffer(bytes))
    }
  })

  test('longs as bigints', () => {
    const long = avsc.types.LongType.__with({
      fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
      toBuffer(value: bigint) {
        const buffer = Buffer.alloc(8)
        buffer.writeBigInt64LE(value)
        return buffer
      },
      fromJSON: BigInt,
      toJSON: Number,
      isValid: (value: unknown) => typeof value === 'bigint',
      compare: () => 0,
    })
    const type = avsc.Type.forSchema(['null', 'long'], { registry: { long } })
    const code = avroCode(type)
    for (const value of [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 300n, null]) {
      const bytes = type.toBuffer(value)
      assert.deepEqual(code?.encode(value, none), bytes)
      assert.equal(code?.decode(bytes, 0), value)
    }
    for (const value of [1, 2n ** 63n]) assert.throws(() => code?.encode(value, none), TypeError)
    assert.throws(() => code?.decode(Buffer.alloc(20, 255), 0), RangeError)
  })
})

test('of payloads that are kept none is written over', () => {
  const { type, code } = made('string')
  const values = Array.from({ length: 2000 }, (_, i) => `${i} ${'z'.repeat(i % 100)}`)
  const encoded = values.map((value) => code.encode(value, none))
  assert.deepEqual(
    encoded,
    values.map((value) => type.toBuffer(value)),
  )
})

test('what does not fit is refused, and what comes next is written all the same', () => {
  const wide = ['null', { type: 'array', items: 'int' }, { type: 'map', values: 'int' }, 'bytes'] as const
  const refused: readonly (readonly [avsc.Schema, ...unknown[]])[] = [
    ['int', 1.5, 2 ** 31, '1', null, undefined, Number.NaN, 1n],
    ['long', 1.5, 2 ** 53, '1', 1n],
    ['double', '1', null],
    ['float', true],
    ['boolean', 1, null],
    ['string', 1, null, undefined, Buffer.of(1)],
    ['bytes', 'x', new Uint8Array(2)],
    ['null', undefined, 0],
    [{ type: 'fixed', name: 'F', size: 3 }, Buffer.of(1, 2), 'abc'],
    [{ type: 'enum', name: 'E', symbols: ['A'] }, 'B', 0, 'toString'],
    [{ type: 'array', items: 'int' }, {}, ['x'], 'x', null],
    [{ type: 'map', values: 'int' }, [], { a: 'x' }, null, 5],
    [Object(wide), 'x', true, ['x'], { a: 'x' }, new Uint8Array(1)],
    [['int', 'double'], 5, { string: 'x' }, { int: 1, double: 2 }, { int: 'x' }, {}],
    [record('R', { type: 'int' }), {}, { f0: 'x' }, null, 5],
  ]
  for (const [schema, ...values] of refused) {
    const { code } = made(schema)
    for (const value of values) assert.throws(() => code.encode(value, head), TypeError, JSON.stringify(schema))
  }
  const { code } = made({ type: 'array', items: 'string' })
  assert.throws(() => code.encode(['begun', 5], head), TypeError)
  assert.equal(code.encode(['a'], head).toString('hex'), '00000000070202' + '6100')
})

describe('payloads that are none', () => {
  const schema = record(
    'All',
    ...[{ type: 'string' }, { type: { type: 'map', values: 'long' } }, { type: { type: 'array', items: 'double' } }],
    ...[{ type: ['null', 'bytes'] }, { type: { type: 'enum', name: 'E', symbols: ['A', 'B'] } }, { type: 'boolean' }],
  )
  const value = { f0: 'text é', f1: { a: 1, b: 2 ** 40 }, f2: [1, 2], f3: Buffer.of(1), f4: 'B', f5: true }

  test('cut off, or with more behind them', () => {
    const { type, code } = made(schema)
    const bytes = type.toBuffer(value)
    for (let size = 0; size < bytes.length; size++)
      assert.throws(() => code.decode(bytes.subarray(0, size), 0), `${size}`)
    assert.throws(() => code.decode(Buffer.concat([bytes, Buffer.of(0)]), 0), RangeError)
    // Not that which lies behind it in the same memory.
    const cut = Buffer.concat([bytes, bytes]).subarray(0, bytes.length - 1)
    assert.throws(() => code.decode(cut, 0), RangeError)
  })

  test('announcing what they have not', () => {
    const many = avsc.Type.forSchema('long').toBuffer(2 ** 40)
    for (const items of ['null', 'int'] as const) {
      const { code } = made({ type: 'array', items })
      assert.throws(() => code.decode(Buffer.concat([many, Buffer.of(0)]), 0), RangeError)
    }
    for (const type of ['string', 'bytes'] as const) assert.throws(() => made(type).code.decode(many, 0), RangeError)
    const nested = made({ type: 'array', items: { type: 'array', items: 'null' } })
    const inner = Buffer.concat([avsc.Type.forSchema('long').toBuffer(60_000), Buffer.of(0)])
    const all = Buffer.concat([Buffer.of(6), inner, inner, inner, Buffer.of(0)])
    assert.throws(() => nested.code.decode(all, 0), RangeError)
  })

  test('an int of more than 32 bits, and longs that are cut off or exact in more bytes than they need', () => {
    const { int, long } = { int: made('int').code, long: made('long').code }
    for (const hex of ['ffffffffff7f', '8080808010', 'ffffffffffffffffff01'])
      assert.throws(() => int.decode(Buffer.from(hex, 'hex'), 0), /more than 32 bits|not exact/)
    for (const hex of ['80', 'ffffffff', 'ffffffffffff', 'ffffffffffffffff', 'ffffffffffffffffff'])
      assert.throws(() => long.decode(Buffer.from(hex, 'hex'), 0), RangeError, hex)
    for (const hex of ['82808000', '82808080808000', `82${'80'.repeat(8)}00`])
      assert.equal(long.decode(Buffer.from(hex, 'hex'), 0), 1, hex)
  })

  test('strings that are no ASCII, in turns, and where the payload ends with them', () => {
    const names = Array.from({ length: 300 }, (_, i) => `é${'ü'.repeat(i % 9)}${i % 90}`)
    agrees({ type: 'array', items: 'string' }, names, names.toReversed(), ['a', 'é', 'ab', 'abc', 'abcé', 'ö'])
    agrees('string', ...names)
  })

  test('one longer than the memory that is kept, and the next ones', () => {
    const long = ['x'.repeat(50_000), 'é', 'y'.repeat(30_000), 'ascii']
    agrees({ type: 'array', items: 'string' }, long, ['a', 'é'], long)
  })

  test('a key that would be the prototype is for avsc', () => {
    const { type, code } = made({ type: 'map', values: 'int' })
    const bytes = code.encode(JSON.parse('{"a":1,"__proto__":2}'), none)
    assert.deepEqual(bytes, type.toBuffer(JSON.parse('{"a":1,"__proto__":2}')))
    assert.throws(() => code.decode(bytes, 0), RangeError)
  })

  test('whatever bytes they are: a value as avsc reads it, or an error', () => {
    const { type, code } = made(schema)
    const bytes = type.toBuffer(value)
    const changed = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(changed, (changes) => {
        const payload = Buffer.from(bytes)
        for (const [at, byte] of changes) payload[at] = byte
        let read: unknown
        try {
          read = code.decode(payload, 0)
        } catch {
          return
        }
        assert.deepEqual(read, type.fromBuffer(payload))
      }),
      { numRuns: 3000 },
    )
  })
})

test('values by chance, of a schema with all types', () => {
  const schema = record(
    'Chance',
    ...[{ type: 'int' }, { type: 'double' }, { type: 'float' }, { type: 'string' }, { type: 'boolean' }],
    ...[{ type: ['null', 'string'] }, { type: { type: 'map', values: ['null', 'int', 'string'] } }, { type: 'bytes' }],
    { type: { type: 'array', items: record('Inner', { type: 'string' }, { type: ['int', 'null'] }) } },
  )
  const strings = fc.string({ unit: 'grapheme', maxLength: 100 })
  const keys = strings.filter((key) => key !== '__proto__')
  const values = fc.record({
    ...{ f0: fc.integer(), f1: fc.double(), f2: fc.float(), f3: strings, f4: fc.boolean() },
    f5: fc.option(strings),
    f6: fc.dictionary(keys, fc.oneof(fc.constant(null), fc.integer(), strings)),
    f7: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    f8: fc.array(fc.record({ f0: strings, f1: fc.option(fc.integer()) })),
  })
  fc.assert(
    fc.property(values, (value) => agrees(schema, value)),
    { numRuns: 300 },
  )
})

test('a type that is not known', () => {
  class Twice extends avsc.types.LogicalType {}
  const logicalTypes = { twice: Twice }
  const schema = Object({ type: 'array', items: { type: 'int', logicalType: 'twice' } })
  assert.equal(avroCode(avsc.Type.forSchema(schema, { logicalTypes })), undefined)
})
