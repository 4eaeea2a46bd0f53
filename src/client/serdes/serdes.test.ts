/** Serdes: what goes in comes out, what they write is what Kafka's own serializers write, and what is none of theirs is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  boolean,
  bytes,
  type Deserializer,
  float32,
  float64,
  int16,
  int32,
  int64,
  json,
  orNull,
  type Serde,
  string,
  uuid,
  voidSerde,
} from '../index.ts'
import type { UncheckedSerializer } from './serde.ts'

const context = { topic: 't', isKey: false, headers: [] }

function write<T>(serde: Serde<T>, value: T): Buffer {
  const written = serde.serialize(value, context)
  assert.ok(written instanceof Uint8Array)
  return Buffer.from(written)
}

/** As a view in the middle of something larger, which is what a consumer has. */
function read<T>(serde: Serde<T>, given: Uint8Array | null): T {
  const view = given === null ? null : Uint8Array.from([9, 9, 9, ...given, 9]).subarray(3, 3 + given.length)
  const value = serde.deserialize(view, context)
  assert.ok(!(value instanceof Promise))
  return value
}

/** Each pair was written by the serializer of `kafka-clients` 4.3.1 that is named. */
function equalToJava<T>(serializer: string, serde: Serde<T>, pairs: readonly (readonly [T, string])[]): void {
  test(`the bytes are those of Java's ${serializer}`, () => {
    for (const [value, hex] of pairs) {
      assert.equal(write(serde, value).toString('hex'), hex, String(value))
      assert.deepEqual(read(serde, Buffer.from(hex, 'hex')), value)
    }
  })
}

equalToJava('ShortSerializer', int16, [
  [0, '0000'],
  [1, '0001'],
  [-1, 'ffff'],
  [-32_768, '8000'],
  [32_767, '7fff'],
])
equalToJava('IntegerSerializer', int32, [
  [0, '00000000'],
  [258, '00000102'],
  [-1, 'ffffffff'],
  [-2_147_483_648, '80000000'],
  [2_147_483_647, '7fffffff'],
])
equalToJava('LongSerializer', int64, [
  [0n, '0000000000000000'],
  [-1n, 'ffffffffffffffff'],
  [9_007_199_254_740_993n, '0020000000000001'],
  [-(2n ** 63n), '8000000000000000'],
  [2n ** 63n - 1n, '7fffffffffffffff'],
])
equalToJava('FloatSerializer', float32, [
  [0, '00000000'],
  [-0, '80000000'],
  [1.5, '3fc00000'],
  [Math.fround(0.1), '3dcccccd'],
  [2 ** -149, '00000001'],
  [Math.fround(3.4028235e38), '7f7fffff'],
  [Number.NaN, '7fc00000'],
  [Number.POSITIVE_INFINITY, '7f800000'],
  [Number.NEGATIVE_INFINITY, 'ff800000'],
])
equalToJava('DoubleSerializer', float64, [
  [0, '0000000000000000'],
  [-0, '8000000000000000'],
  [0.1, '3fb999999999999a'],
  [Number.MIN_VALUE, '0000000000000001'],
  [Number.MAX_VALUE, '7fefffffffffffff'],
  [Number.NaN, '7ff8000000000000'],
  [Number.POSITIVE_INFINITY, '7ff0000000000000'],
  [Number.NEGATIVE_INFINITY, 'fff0000000000000'],
])
equalToJava('BooleanSerializer', boolean, [
  [true, '01'],
  [false, '00'],
])
equalToJava('UUIDSerializer', uuid, [
  ['f81d4fae-7dec-11d0-a765-00a0c91e6bf6', '66383164346661652d376465632d313164302d613736352d303061306339316536626636'],
])
equalToJava('StringSerializer', string, [
  ['', ''],
  ['a', '61'],
  ['h\u00e9\u20ac\u{1f600}', '68c3a9e282acf09f9880'],
  ['\ufeffx', 'efbbbf78'],
])

test('half of a surrogate pair is written as Java writes it, and what is no UTF-8 is read as Java reads it', () => {
  assert.equal(write(string, 'a\ud800b').toString(), 'a?b')
  assert.equal(write(string, '\udc00').toString(), '?')
  assert.equal(write(string, '\ud83d\ud83d\ude00').toString('hex'), '3ff09f9880')
  const read1 = (hex: string): string => read(string, Buffer.from(hex, 'hex'))
  assert.deepEqual(['ff61', '61e28261', 'c080', 'f4908080'].map(read1), [
    '\ufffda',
    'a\ufffda',
    '\ufffd\ufffd',
    '\ufffd\ufffd\ufffd\ufffd',
  ])
})

test('a uuid is the same key however it is written', () => {
  const text = 'F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6'
  assert.equal(write(uuid, text).toString(), text.toLowerCase())
  assert.equal(read(uuid, Buffer.from(text)), text.toLowerCase())
})

test('whatever fits goes out and comes back', () => {
  const roundTrips = <T>(serde: Serde<T>, values: fc.Arbitrary<T>): void =>
    fc.assert(fc.property(values, (value) => assert.deepEqual(read(serde, write(serde, value)), value)))
  roundTrips(string, fc.string({ unit: 'grapheme' }))
  roundTrips(
    bytes,
    fc.uint8Array().map((it) => Buffer.from(it)),
  )
  roundTrips(int16, fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }))
  roundTrips(int32, fc.integer())
  roundTrips(int64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
  roundTrips(float32, fc.float())
  roundTrips(float64, fc.double())
  roundTrips(boolean, fc.boolean())
  roundTrips(uuid, fc.uuid())
  // What JSON cannot say apart from it: -0, and names that a parser makes no property of its own of.
  roundTrips(
    json<unknown>(),
    fc.jsonValue().map((it) => JSON.parse(JSON.stringify(it))),
  )
  const either = orNull(int32)
  fc.assert(
    fc.property(fc.option(fc.integer()), (value) => {
      const written = either.serialize(value, context)
      assert.ok(!(written instanceof Promise))
      assert.equal(written === null, value === null)
      assert.equal(read(either, written), value)
    }),
  )
})

test('null is a value for those alone who say so', () => {
  const serdes: readonly Deserializer<unknown>[] = [
    ...[string, uuid, bytes, int16, int32, int64, float32, float64, boolean, json()],
  ]
  for (const serde of serdes) assert.throws(() => serde.deserialize(null, context), /null.*orNull/)
  assert.equal(voidSerde.serialize(null, context), null)
  assert.equal(voidSerde.deserialize(null, context), null)
  assert.throws(() => voidSerde.deserialize(new Uint8Array(0), context), /0 bytes/)
  // JSON has a null of its own.
  assert.equal(String(write(json<null>(), null)), 'null')
  assert.equal(read(json<null>(), Buffer.from('null')), null)
})

test('what a type does not hold is refused by name, also where nobody has compiled the caller', () => {
  const refused: readonly (readonly [UncheckedSerializer, unknown, RegExp])[] = [
    [string, 5, /string: number/],
    [string, null, /string: object/],
    [bytes, 'text', /bytes: string/],
    [int16, 32_768, /int16: 32768/],
    [int16, '1', /int16: 1/],
    [int32, 1.5, /int32: 1.5/],
    [int32, -(2 ** 31) - 1, /int32/],
    [int64, 1, /int64: 1/],
    [int64, 2n ** 63n, /int64: 9223372036854775808/],
    [float32, 3.5e38, /float32: 3.5e\+38/],
    [float64, '1', /float64: string/],
    [boolean, 1, /boolean: number/],
    [uuid, 'f81d4fae', /uuid: 'f81d4fae'/],
    [uuid, null, /uuid: object/],
    [voidSerde, 'x', /void/],
    [json(), undefined, /json: .*undefined/],
    [json(), () => 1, /json: .*function/],
    [json(), 1n, /BigInt/],
    [orNull(string), undefined, /string: undefined/],
  ]
  for (const [serde, value, message] of refused) assert.throws(() => serde.serialize(value, context), message)
})

test('bytes that are nothing of the type are refused', () => {
  const refused: readonly (readonly [Deserializer<unknown>, string, RegExp])[] = [
    [int16, '00', /int16: 1 bytes instead of 2/],
    [int32, '', /int32: 0 bytes instead of 4/],
    [int32, '0000000001', /int32: 5 bytes/],
    [int64, '00000000', /int64: 4 bytes/],
    [float32, '0000', /float32/],
    [float64, '0000', /float64/],
    [boolean, '02', /boolean: the byte is 2/],
    [boolean, '0001', /boolean: 2 bytes/],
    [uuid, '78', /uuid: 1 bytes/],
    [uuid, '66'.repeat(36), /uuid: 'f+'/],
    // As Java has it: the text is 1-1-1-1-1.
    [uuid, '312d312d312d312d31', /uuid: 9 bytes/],
    [json(), '7b', /JSON/],
    [json(), '', /JSON/],
    [json(), '22ff22', /encoded data was not valid/],
  ]
  for (const [serde, hex, message] of refused) {
    assert.throws(() => serde.deserialize(Buffer.from(hex, 'hex'), context), message)
  }
})

test('JSON goes through the check of who reads it, which says what it is', () => {
  const total = (value: unknown): { readonly total: number } => {
    if (typeof value === 'object' && value !== null && 'total' in value && typeof value.total === 'number') {
      return { total: value.total }
    }
    throw new TypeError('no total')
  }
  const checked = json({ check: total })
  assert.deepEqual(read(checked, Buffer.from('{"total":3,"more":1}')), { total: 3 })
  assert.throws(() => read(checked, Buffer.from('{"total":"3"}')), /no total/)
  assert.equal(String(write(checked, { total: 3 })), '{"total":3}')
  assert.throws(() => json(JSON.parse('{"chekc": 1}')), { code: 'INVALID_ARGUMENT', message: /'chekc'/ })
})
