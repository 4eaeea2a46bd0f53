/** Longs at their edges, and what they are promoted to. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { avroCodec } from './avro-codec.ts'
import type { Longs } from './avro-numbers.ts'
import type { WholeSchema } from './codec.ts'

const whole = (schema: unknown): WholeSchema => ({ schema: JSON.stringify(schema), references: [], resolved: [] })
const write = (schema: unknown, value: unknown, longs: Longs): Buffer =>
  Buffer.from(avroCodec({ longs }).encoder(whole(schema)).encode(value))
const read = (payload: Buffer, { from, to = from, longs }: { from: unknown; to?: unknown; longs: Longs }): unknown =>
  avroCodec({ longs }).decoder(whole(from), whole(to))(payload)

/** Written as it is, and in an array, which are different ways to it. */
const holders = [(type: unknown) => type, (items: unknown) => ({ type: 'array', items })] as const
const held = [(value: unknown) => value, (value: unknown) => [value]] as const

describe('a long as a number', () => {
  const edges = [2 ** 31, 2 ** 52 - 1, 2 ** 52, 2 ** 52 + 1, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER]
  for (const value of edges.flatMap((it) => [it, -it]))
    test(`${value} is the same on the wire as the bigint, and comes back`, () => {
      for (const [i, hold] of holders.entries()) {
        const type = hold('long')
        const put = held[i] ?? held[0]
        const bytes = write(type, put(value), 'number')
        assert.deepEqual(bytes, write(type, put(BigInt(value)), 'bigint'))
        assert.deepEqual(read(bytes, { from: type, longs: 'number' }), put(value))
        assert.deepEqual(read(bytes, { from: type, to: hold(['null', 'long']), longs: 'number' }), put(value))
      }
    })

  test('beyond 2^53 it is refused, both ways', () => {
    for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
      const bytes = write('long', value, 'bigint')
      assert.throws(() => read(bytes, { from: 'long', longs: 'number' }), /beyond 2\^53|precision/)
      assert.throws(() => write('long', Number(value), 'number'), /does not fit long/)
    }
  })
})

test('an int of more than 32 bits is refused, as itself and as what it is promoted to', () => {
  const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex')
  for (const hex of ['ffffffffff7f', '8080808010', '8180808010', 'ffffffffffffffffff01'])
    for (const to of ['int', 'long', 'float', 'double', ['null', 'int'], ['string', 'double']])
      for (const longs of ['number', 'bigint'] as const) {
        const message = /^the int -?\d+ has more than 32 bits$/
        assert.throws(() => read(bytesOf(hex), { from: 'int', to, longs }), { name: 'RangeError', message }, `${to}`)
      }
  for (const [hex, value] of [
    ['feffffff0f', 2 ** 31 - 1],
    ['ffffffff0f', -(2 ** 31)],
  ] as const)
    for (const to of ['int', 'double']) assert.equal(read(bytesOf(hex), { from: 'int', to, longs: 'number' }), value)
})

describe('what is promoted', () => {
  const longs = 'bigint'
  test('is rounded to a float, once', () => {
    for (const [value, float] of [
      [16_777_217n, 16_777_216],
      // A double in between would lie in the middle of two floats, and go to the lower one.
      [2n ** 60n + 2n ** 36n + 1n, 2 ** 60 + 2 ** 37],
      [-(2n ** 60n) - 2n ** 36n - 1n, -(2 ** 60) - 2 ** 37],
      [2n ** 60n + 2n ** 36n, 2 ** 60],
      [2n ** 63n - 1n, 2 ** 63],
      [-(2n ** 63n), -(2 ** 63)],
    ] as const)
      assert.equal(read(write('long', value, longs), { from: 'long', to: 'float', longs }), float, String(value))
    assert.equal(read(write('int', 16_777_217, longs), { from: 'int', to: 'float', longs }), 16_777_216)
  })

  test('is as near as a double can be', () => {
    for (const value of [-(2n ** 53n) + 1n, 2n ** 53n + 3n, -(2n ** 62n) - 1n])
      assert.equal(read(write('long', value, longs), { from: 'long', to: 'double', longs }), Number(value))
  })
})

test('defaults: the longest longs exactly, and floats as floats', () => {
  const from = { type: 'record', name: 'R', fields: [] }
  const reader = (type: string, text: string): WholeSchema => {
    const fields = [{ name: 'f', type, default: 0 }]
    return { ...whole(from), schema: JSON.stringify({ ...from, fields }).replace(':0}', `:${text}}`) }
  }
  const decoded = (to: WholeSchema, longs: Longs) => ({
    ...Object(avroCodec({ longs }).decoder(whole(from), to)(Buffer.alloc(0))),
  })
  for (const text of ['9223372036854775807', '-9223372036854775808', '9007199254740993', '7'])
    assert.deepEqual(decoded(reader('long', text), 'bigint'), { f: BigInt(text) })
  assert.deepEqual(decoded(reader('float', '0.1'), 'number'), { f: Math.fround(0.1) })
  assert.deepEqual(decoded(reader('double', '100000000000000000000'), 'number'), { f: 1e20 })
  assert.throws(() => decoded(reader('long', '9007199254740993'), 'number'), /default/)
})
