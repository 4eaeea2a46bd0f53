/** Messages of Protobuf as JSON, and back, by the serdes' own codec. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { protobufCodec } from '../../registry/serdes/protobuf-codec.ts'
import { readJson, writeJson } from './json.ts'
import { MessageReader, messageJson } from './protobuf.ts'

const codec = protobufCodec<unknown>({ longs: 'bigint' })

function stage(schema: string, resolved: readonly { readonly name: string; readonly text: string }[] = []) {
  const whole = { schema, references: [], resolved }
  const reader = new MessageReader(
    schema,
    resolved.map(({ text }) => text),
    undefined,
  )
  const encoder = codec.encoder(whole)
  const decode = codec.decoder(whole, undefined)
  return {
    write: (json: string): Uint8Array => encoder.encode(reader.read(readJson(json))),
    read: (payload: Uint8Array): string =>
      writeJson(messageJson(decode(Buffer.concat([encoder.place ?? Buffer.alloc(0), payload])))),
    encode: (value: unknown): Uint8Array => encoder.encode(value),
  }
}

const scalars = [
  ...['int32', 'sint32', 'sfixed32', 'uint32', 'fixed32', 'int64', 'sint64', 'sfixed64', 'uint64', 'fixed64'],
  ...['double', 'float', 'bool', 'string', 'bytes'],
]

test('every kind of field, with presence and without, in lists and in maps: JSON that is read again as the same bytes', () => {
  const lines = scalars.flatMap((type, i) => [
    `${type} f_${type} = ${i * 10 + 1}; optional ${type} o_${type} = ${i * 10 + 2}; repeated ${type} r_${type} = ${i * 10 + 3};`,
    `map<string, ${type}> m_${type} = ${i * 10 + 4};`,
    /double|float|bytes/.test(type) ? '' : `map<${type}, bytes> k_${type} = ${i * 10 + 5};`,
  ])
  const names = scalars.map((type, i) => `${type} c_${type} = ${900 + i};`).join(' ')
  const { read, write, encode } = stage(
    `syntax = "proto3"; package p; message All { ${lines.join('\n')} All next = 800; oneof one { ${names} } }`,
  )
  const edges = (type: string): unknown[] => {
    if (type === 'bool') return [true, false]
    if (type === 'string') return ['', 'NaN', '12', 'AP8=', 'ä\u{1f600}"\n']
    if (type === 'bytes') return [Buffer.alloc(0), Buffer.of(0, 0xff), Buffer.of(0xfb, 0xff, 0xbf)]
    if (type === 'double' || type === 'float')
      return [0, -0, 0.5, 1e30, Number.NaN, Number.POSITIVE_INFINITY].map((it) =>
        type === 'float' ? Math.fround(it) : it,
      )
    const bits = BigInt(type.slice(-2))
    const [low, high] = /^[uf]/.test(type) ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]
    return bits === 32n ? [0, Number(low), Number(high)] : [0n, low, high, 2n ** 53n + 1n, 7n]
  }
  for (const type of scalars) {
    const all = edges(type)
    const keys = /double|float|bytes/.test(type)
      ? {}
      : { [`k${cap(type)}`]: Object.fromEntries(all.map((it) => [String(it), Buffer.of(1, 2)])) }
    for (const value of all) {
      const message = {
        ...{ [`f${cap(type)}`]: value, [`o${cap(type)}`]: value, [`r${cap(type)}`]: all, [`c${cap(type)}`]: value },
        ...{ [`m${cap(type)}`]: { a: value, __proto__x: value }, ...keys },
      }
      const payload = encode({ ...message, next: message })
      const json = read(payload)
      assert.deepEqual(Buffer.from(write(json)), Buffer.from(payload), json)
      assert.equal(read(write(json)), json)
    }
  }
})

const cap = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

const schema = `syntax = "proto3"; package shop;
import "google/protobuf/timestamp.proto"; import "confluent/type/decimal.proto"; import "google/type/money.proto"; import "line.proto";
message Order {
  enum Kind { NONE = 0; SOME = 1; }
  int64 order_id = 1; bytes raw = 2; repeated Line lines = 3; map<int64, Line> by = 4; Kind kind = 5; google.protobuf.Timestamp at = 6;
  confluent.type.Decimal price = 7; google.type.Money money = 8; double real = 9; uint64 big = 10;
}`
const line = {
  name: 'line.proto',
  text: 'syntax = "proto3"; package shop; message Line { bytes raw = 1; repeated Line more = 2; }',
}

test('what Protobuf’s own JSON allows, names of the file, and types of other files', () => {
  const { write, read } = stage(schema, [line])
  const pairs: readonly (readonly [given: string, part: string])[] = [
    ['{"order_id":"-9223372036854775808"}', '"orderId":-9223372036854775808'],
    ['{"orderId":9007199254740993}', '"orderId":9007199254740993'],
    ['{"big":1234567890123456800}', '"big":1234567890123456800'],
    ['{"order_id":1e3,"big":5.0}', '"orderId":1000'],
    ['{"raw":"_-8"}', '"raw":"/+8="'],
    [
      '{"lines":[{"raw":"AQ==","more":[{"raw":"Ag=="}]}]}',
      '"lines":[{"raw":"AQ==","more":[{"raw":"Ag==","more":[]}]}]',
    ],
    ['{"by":{"9007199254740993":{"raw":"AQ=="}}}', '"by":{"9007199254740993":{"raw":"AQ==","more":[]}}'],
    ['{"kind":1}', '"kind":"SOME"'],
    ['{"at":{"seconds":"5"}}', '"at":{"seconds":5,"nanos":0}'],
    ['{"price":{"value":"BQ==","scale":2}}', '"price":{"value":"BQ==","precision":0,"scale":2}'],
    ['{"money":{"units":9007199254740993}}', '"units":9007199254740993'],
    ['{"real":"-Infinity"}', '"real":"-Infinity"'],
    ['{"real":1.50}', '"real":1.5'],
    ['{"raw":null}', '"raw":""'],
  ]
  for (const [given, part] of pairs) assert.ok(read(write(given)).includes(part), `${given}: ${read(write(given))}`)
})

test('what does not fit is told by its path', () => {
  const { write } = stage(schema, [line])
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['{"lines":[{},{"raw":"*"}]}', /lines\[1\]\.raw: bytes are in base64/],
    ['{"by":{"1":{"raw":5}}}', /by\["1"\]\.raw: number 5 does not fit bytes/],
    ['{"nope":1}', /nope: message Order has no such field/],
    ['{"orderId":1.5}', /orderId: 1\.5 does not fit int64/],
    ['{"orderId":9223372036854775808}', /orderId: 9223372036854775808 does not fit int64/],
    ['{"real":"x"}', /real: string x does not fit double/],
    ['[]', /the value: a list does not fit message Order/],
  ]
  for (const [given, why] of wrong) assert.throws(() => write(given), why, given)
})

test('which message is meant', () => {
  const text = 'syntax = "proto3"; package p; message A { message B { int32 x = 1; } } message C { int32 y = 1; }'
  const nameOf = (message?: string): string => new MessageReader(text, [], message).name
  assert.deepEqual(
    [nameOf(), nameOf('C'), nameOf('p.C'), nameOf('.p.A.B'), nameOf('A.B')],
    ['p.A', 'p.C', 'p.C', 'p.A.B', 'p.A.B'],
  )
  assert.throws(() => nameOf('D'), /no message 'D'/)
  assert.throws(() => new MessageReader('syntax = "proto3"; enum E { A = 0; }', [], undefined), /no message/)
})
