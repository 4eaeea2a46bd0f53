/** Payloads of Avro: what a writer wrote read as another schema has it, and bytes that are made to cost much. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type AvroOptions, avroCodec } from './avro-codec.ts'
import type { WholeSchema } from './codec.ts'

const whole = (schema: unknown, resolved: WholeSchema['resolved'] = []): WholeSchema => ({
  schema: typeof schema === 'string' ? schema : JSON.stringify(schema),
  references: [],
  resolved,
})
const record = (name: string, ...fields: object[]): object => ({ type: 'record', name, fields })
const write = (schema: WholeSchema, value: unknown, options?: AvroOptions): Buffer =>
  Buffer.from(avroCodec(options).encoder(schema).encode(value))
const read = (writer: WholeSchema, payload: Buffer, reader?: WholeSchema, options?: AvroOptions): unknown =>
  avroCodec(options).decoder(writer, reader)(payload)
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('evolution', () => {
  const writer = whole(record('Order', { name: 'id', type: 'int' }, { name: 'note', type: ['null', 'string'] }))
  const payload = write(writer, { id: 5, note: 'x' })

  test('as it was written, and with a field more, one less and one of a wider type', () => {
    assert.deepEqual(plain(read(writer, payload)), { id: 5, note: 'x' })
    const reader = whole(
      record('Order', { name: 'id', type: 'double' }, { name: 'more', type: 'string', default: 'd' }),
    )
    assert.deepEqual(plain(read(writer, payload, reader)), { id: 5, more: 'd' })
  })

  test('an alias of a field, and a symbol that the reader does not know', () => {
    const renamed = whole(record('Order', { name: 'number', aliases: ['id'], type: 'int' }))
    assert.deepEqual(plain(read(writer, payload, renamed)), { number: 5 })
    const symbols = (all: string[], rest = {}): WholeSchema => whole({ type: 'enum', name: 'E', symbols: all, ...rest })
    const bytes = write(symbols(['A', 'B']), 'B')
    assert.equal(read(symbols(['A', 'B']), bytes, symbols(['A', 'C'], { default: 'C' })), 'C')
    assert.throws(() => read(symbols(['A', 'B']), bytes, symbols(['A'])))
  })

  test('schemas that do not go together are refused before a payload is read', () => {
    const reader = whole(record('Order', { name: 'id', type: 'int' }, { name: 'must', type: 'string' }))
    assert.throws(() => avroCodec().decoder(writer, reader), /must|default/)
    assert.throws(() => avroCodec().encoder(whole('{"type":"recrd"}')))
  })
})

describe('longs', () => {
  const long = whole(record('L', { name: 'n', type: { type: 'long', logicalType: 'timestamp-micros' } }))
  const big = 2n ** 62n + 1n

  test('beyond 2^53 a bigint is exact, and a number is refused both ways', () => {
    const bytes = write(long, { n: big }, { longs: 'bigint' })
    const value = read(long, bytes, undefined, { longs: 'bigint' })
    assert.deepEqual({ ...Object(value) }, { n: big })
    assert.throws(() => read(long, bytes))
    assert.throws(() => write(long, { n: 2 ** 60 }))
    assert.throws(() => write(long, { n: big }))
    assert.throws(
      () => write(long, { n: 2n ** 63n }, { longs: 'bigint' }),
      /n: bigint 9223372036854775808 does not fit/,
    )
    assert.throws(() => write(long, { n: 1 }, { longs: 'bigint' }), /n: number 1/)
  })

  test('an int that was written is read as a bigint; a long as a double is a number', () => {
    const bigint = { longs: 'bigint' } as const
    assert.equal(read(whole('int'), write(whole('int'), 7), whole('long'), bigint), 7n)
    assert.equal(read(whole('long'), write(whole('long'), 7n, bigint), whole('double'), bigint), 7)
    assert.equal(read(whole('"long"'), write(whole('"long"'), -1n, bigint), undefined, bigint), -1n)
  })
})

test('what does not fit is named', () => {
  const inner = { type: 'array', items: record('Inner', { name: 'count', type: 'int' }) }
  const schema = whole(record('Outer', { name: 'all', type: inner }))
  assert.throws(() => write(schema, { all: [{ count: 1 }, { count: 'x' }] }), {
    message: 'all.1.count: string x does not fit int',
  })
  assert.throws(() => write(schema, null), /the value: null does not fit Outer/)
})

test('references', () => {
  const resolved = [
    { name: 'a.Money', text: JSON.stringify({ ...record('Money', { name: 'cents', type: 'long' }), namespace: 'a' }) },
    { name: 'a.Line', text: JSON.stringify({ ...record('Line', { name: 'price', type: 'Money' }), namespace: 'a' }) },
  ]
  const schema = whole(record('Order', { name: 'lines', type: { type: 'array', items: 'a.Line' } }), resolved)
  const value = { lines: [{ price: { cents: 100 } }] }
  assert.deepEqual(plain(read(schema, write(schema, value))), value)
  assert.equal(avroCodec().encoder(schema).name, 'Order')
  assert.throws(() => avroCodec().encoder(whole(schema.schema)), /undefined type name/)
})

describe('payloads that announce more than they have', () => {
  const announced = (count: bigint): Buffer => write(whole('long'), count, { longs: 'bigint' })
  const many = [2n ** 31n, 2n ** 52n, -(2n ** 31n)]
  const end = Buffer.of(0)

  for (const items of ['int', 'null', 'string', record('Empty')])
    test(`an array of ${JSON.stringify(items)}`, () => {
      const array = whole({ type: 'array', items })
      const ignored = whole(record('R', { name: 'gone', type: JSON.parse(array.schema) }, { name: 'k', type: 'int' }))
      const reader = whole(record('R', { name: 'k', type: 'int' }))
      for (const count of many) {
        const payload = Buffer.concat([announced(count), count < 0 ? Buffer.of(0) : Buffer.alloc(0), end, end])
        assert.throws(() => read(array, payload), RangeError)
        assert.throws(() => read(ignored, payload, reader), RangeError)
        assert.throws(() =>
          read(array, payload, whole({ type: 'array', items: ['null', items].slice(items === 'null' ? 1 : 0) })),
        )
      }
    })

  test('a map, an array in a union, and an array in an array', () => {
    const nulls = { type: 'array', items: 'null' }
    for (const [schema, before] of [
      [{ type: 'map', values: 'null' }, ''],
      [['string', nulls], '02'],
      [{ type: 'array', items: nulls }, '02'],
    ] as const) {
      const payload = Buffer.concat([Buffer.from(before, 'hex'), announced(2n ** 31n), end])
      assert.throws(() => read(whole(schema), payload), RangeError)
    }
  })

  test('many arrays that are each within bounds are not, together', () => {
    const schema = whole({ type: 'array', items: { type: 'array', items: 'null' } })
    const inner = Buffer.concat([announced(60_000n), end])
    const payload = Buffer.concat([announced(100n), ...Array.from({ length: 100 }, () => inner), end])
    assert.throws(() => read(schema, payload), RangeError)
    assert.deepEqual(read(schema, Buffer.concat([announced(1n), announced(2n), end, end])), [[null, null]])
  })

  test('the size of a block that leads back is not believed', () => {
    const ignored = whole(
      record('R', { name: 'gone', type: { type: 'array', items: 'int' } }, { name: 'k', type: 'int' }),
    )
    const payload = Buffer.concat([announced(-1n), announced(-2n), Buffer.of(2), end, Buffer.of(14)])
    assert.deepEqual(plain(read(ignored, payload, whole(record('R', { name: 'k', type: 'int' })))), { k: 7 })
  })

  test('strings and bytes', () => {
    for (const schema of ['string', 'bytes'])
      for (const count of [2n ** 31n, -1n]) assert.throws(() => read(whole(schema), announced(count)))
  })

  test('a list that goes on in itself', () => {
    const list = whole(record('Node', { name: 'next', type: ['null', 'Node'] }))
    assert.throws(() => read(list, Buffer.alloc(1_000_000, 2)))
  })

  test('what is left over', () => {
    assert.throws(() => read(whole('int'), Buffer.of(2, 2)))
  })
})

test('arrays and maps in several blocks, and with their sizes, are read', () => {
  const array = whole({ type: 'array', items: 'int' })
  assert.deepEqual(read(array, Buffer.from('04020401020600', 'hex')), [1, 2, 3])
  const map = whole({ type: 'map', values: 'int' })
  const value = Object(read(map, write(map, JSON.parse('{"__proto__":1,"b":2}'))))
  assert.deepEqual(Object.entries(value), [
    ['__proto__', 1],
    ['b', 2],
  ])
})
