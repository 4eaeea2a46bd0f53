/** Payloads of Protobuf: which message, which values, and what is refused. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { WholeSchema } from './codec.ts'
import { type ProtobufOptions, protobufCodec } from './protobuf-codec.ts'

const whole = (schema: string, resolved: Readonly<Record<string, string>> = {}): WholeSchema => ({
  schema,
  references: [],
  resolved: Object.entries(resolved).map(([name, text]) => ({ name, text })),
})
const write = (schema: WholeSchema, value: unknown, options?: ProtobufOptions): Buffer => {
  const { place, encode } = protobufCodec(options).encoder(schema)
  return Buffer.concat([place ?? Buffer.alloc(0), encode(value)])
}
const read = (schema: WholeSchema, payload: Buffer, reader?: WholeSchema, options?: ProtobufOptions): unknown =>
  protobufCodec(options).decoder(schema, reader)(payload)

const shop = whole(
  `syntax = "proto3";
  package shop;
  import "money.proto";
  import "google/protobuf/timestamp.proto";
  message Order {
    int64 order_id = 1;
    string item = 2;
    repeated sint32 counts = 3;
    map<int64, string> by_id = 4;
    map<string, Line> lines = 5;
    Kind kind = 6;
    bytes data = 7;
    google.protobuf.Timestamp sent_at = 8;
    pay.Money price = 9;
    oneof payment { string card = 10; int32 cash = 11; }
    optional int32 maybe = 12;
    double share = 13;
    bool done = 14;
    message Line { uint64 count = 1; message Part { string name = 1; } }
    enum Kind { NONE = 0; GOOD = 1; }
  }
  message Refund { int32 code = 1; }
  `,
  {
    'money.proto':
      'syntax = "proto2"; package pay; message Money { required int32 cents = 1; optional string unit = 2 [default = "EUR"]; }',
  },
)
const order = {
  orderId: 5,
  item: 'book',
  counts: [1, -2],
  byId: { '-5': 'a', '9007199254740993': 'b' },
  lines: { ['__proto__']: { count: 3 } },
  kind: 'GOOD',
  data: Buffer.from('hi'),
  sentAt: { seconds: 7, nanos: 8 },
  price: { cents: 100 },
  card: 'visa',
  maybe: 0,
  share: 0.5,
  done: true,
}
const empty = {
  orderId: 0,
  item: '',
  counts: [],
  byId: {},
  lines: {},
  kind: 'NONE',
  data: Buffer.alloc(0),
  share: 0,
  done: false,
}

describe('values', () => {
  test('of each kind, as they were', () => {
    const payload = write(shop, order)
    assert.equal(payload[0], 0)
    assert.deepEqual(read(shop, payload), order)
  })

  test('what has no presence is always there, and what has it only where it was written', () => {
    assert.deepEqual(read(shop, Buffer.of(0)), empty)
    assert.deepEqual(write(shop, { item: undefined, card: null }), Buffer.of(0))
    assert.deepEqual(read(shop, write(shop, { cash: 0 })), { ...empty, cash: 0 })
  })

  test('names as in the file', () => {
    const options = { keepCase: true }
    const payload = write(shop, { order_id: 1, sent_at: { seconds: 2 } }, options)
    assert.deepEqual(payload, write(shop, { orderId: 1, sentAt: { seconds: 2 } }))
    assert.equal(Object(read(shop, payload, undefined, options)).order_id, 1)
    const holder = whole(
      'syntax = "proto3"; import "google/protobuf/any.proto"; message A { google.protobuf.Any it = 1; }',
    )
    assert.deepEqual(read(holder, write(holder, { it: { typeUrl: 'u' } })), {
      it: { typeUrl: 'u', value: Buffer.alloc(0) },
    })
    assert.throws(() => write(holder, { it: { typeUrl: 'u' } }, options), /it\.typeUrl/)
  })

  test('longs: both can be written, and what is read is exact or an error', () => {
    const line = whole(
      'syntax = "proto3"; message L { uint64 a = 1; sfixed64 b = 2; repeated sint64 c = 3; map<uint64, int64> d = 4; }',
    )
    const most = 2n ** 64n - 1n
    const value = { a: most, b: -(2n ** 63n), c: [-1n, 2n ** 63n - 1n], d: { [String(most)]: -1n } }
    const bytes = write(line, value)
    assert.deepEqual(read(line, bytes, undefined, { longs: 'bigint' }), value)
    assert.throws(() => read(line, bytes), /a: 18446744073709551615 is beyond 2\^53/)
    assert.deepEqual(read(line, write(line, { a: 1, b: -1, c: [2n] })), { a: 1, b: -1, c: [2], d: {} })
  })

  for (const [value, message] of [
    [{ order_id: 1 }, 'order_id: message Order has no such field'],
    [{ item: 5 }, 'item: number 5 does not fit string'],
    [{ counts: [1, 'x'] }, 'counts[1]: string x does not fit sint32'],
    [{ counts: 1 }, 'counts: number 1 does not fit a list'],
    [{ counts: [2 ** 40] }, 'counts[0]: 1099511627776 does not fit sint32'],
    [{ orderId: 2 ** 60 }, /^orderId: 1152921504606847000 .*beyond 2\^53/],
    [{ orderId: 2n ** 63n }, 'orderId: 9223372036854775808 does not fit int64'],
    [{ orderId: 1.5 }, /whole number/],
    [{ kind: 'BEST' }, 'kind: string BEST does not fit enum Kind'],
    [{ kind: 'toString' }, /does not fit enum/],
    [{ data: 'text' }, /^data: string text does not fit bytes/],
    [{ price: {} }, 'price.cents: it is required'],
    [{ card: 'a', cash: 1 }, /^card: of payment only one/],
    [{ lines: { a: { count: -1 } } }, 'lines["a"].count: -1 does not fit uint64'],
    [{ byId: { x: 'a' } }, 'byId["x"]: the key is no int64'],
    [{ item: '\ud800' }, /^item: .*surrogate/],
    [{ sentAt: new Date(0) }, /^sentAt: /],
    [{ share: '1' }, /^share: /],
    [{ done: 1 }, /^done: /],
    [5, 'the value: number 5 does not fit message Order'],
    [[], /^the value: a list/],
  ] as const)
    test(`refused: ${String(message)}`, () => {
      assert.throws(() => write(shop, value), { name: 'TypeError', message })
    })

  test('numbers of an enum: unknown ones of an open one go on, those of a closed one do not', () => {
    assert.equal(Object(read(shop, write(shop, { kind: 7 }))).kind, 7)
    const closed = whole('syntax = "proto2"; enum E { A = 1; } message M { optional E e = 1; }')
    assert.throws(() => write(closed, { e: 7 }), /does not fit enum E/)
    assert.deepEqual(read(closed, write(closed, { e: 1 })), { e: 'A' })
  })
})

describe('what is not usual is taken as well', () => {
  test('objects of classes, without a prototype, Maps, and names without a value', () => {
    class Item {
      item = 'book'
      price = Object.assign(Object.create(null), { cents: 1 })
      byId = new Map([[5n, 'a']])
      card = undefined
      cash = 0
    }
    const value = { item: 'book', price: { cents: 1 }, byId: { 5: 'a' }, cash: 0 }
    assert.deepEqual(read(shop, write(shop, new Item())), { ...empty, ...value })
    assert.deepEqual(write(shop, new Item()), write(shop, value))
    assert.throws(() => write(shop, { ...value, nothing: undefined }), /^TypeError: nothing: message Order has no such/)
    assert.throws(() => write(shop, { cash: 1, card: '' }), /only one field/)
    assert.throws(() => write(shop, { price: { unit: 'CHF' } }), /price\.cents: it is required/)
    assert.throws(() => write(shop, { lines: { a: { count: 1, n: 2 } } }), /lines\["a"\]\.n: message Line has no such/)
  })

  test('fields that are called as what every object has', () => {
    const schema = whole(`syntax = "proto3"; message M {
      string constructor = 1; int32 toString = 2; optional bool valueOf = 3; repeated M hasOwnProperty = 4; }`)
    const none = { constructor: '', toString: 0, hasOwnProperty: [] }
    const value = { constructor: 'a', toString: 5, valueOf: false, hasOwnProperty: [none] }
    assert.deepEqual(read(schema, write(schema, value)), value)
    assert.deepEqual(read(schema, Buffer.of(0)), none)
  })

  test('what was not sent of a message of proto2 is not there, whatever its default', () => {
    const schema = whole('syntax = "proto2"; message M { optional int64 a = 1 [default = 7]; repeated int64 b = 2; }')
    assert.deepEqual(read(schema, Buffer.of(0)), { b: [] })
    assert.deepEqual(read(schema, write(schema, { a: 0, b: [1, 2n, -3] })), { a: 0, b: [1, 2, -3] })
  })

  test('a value of a payload is nobody else’s', () => {
    const [one, other] = [read(shop, Buffer.of(0)), read(shop, Buffer.of(0))].map(Object)
    one.counts.push(5)
    one.lines.a = 1
    assert.deepEqual(other, empty)
  })
})

describe('messages', () => {
  test('by full name, without the package, by the last part; told by their indexes', () => {
    for (const [message, hex, value] of [
      ['shop.Order', '00', {}],
      ['Refund', '02020801', { code: 1 }],
      ['.shop.Order.Line', '0400000801', { count: 1 }],
      ['Part', '060000000a0178', { name: 'x' }],
    ] as const) {
      const payload = write(shop, value, { message })
      assert.equal(payload.toString('hex'), hex)
      assert.deepEqual(read(shop, payload, undefined, { message }), hex === '00' ? empty : value)
      assert.deepEqual(read(shop, payload), hex === '00' ? empty : value)
    }
    assert.throws(() => write(shop, {}, { message: 'Nothing' }), /no message 'Nothing', but shop\.Order/)
    assert.throws(() => write(whole('syntax = "proto3";'), {}), /no message/)
  })

  test('another one than the stated one is refused, and one that is not there', () => {
    const refund = write(shop, { code: 1 }, { message: 'Refund' })
    assert.throws(
      () => read(shop, refund, undefined, { message: 'Order' }),
      /message shop\.Refund, and not shop\.Order/,
    )
    for (const hex of ['0204', '02', '0401', 'ff01', '020a'])
      assert.throws(() => read(shop, Buffer.from(hex, 'hex')), { name: 'WireFormatError' }, hex)
  })

  test('groups and maps have no index', () => {
    const schema = whole(`syntax = "proto2"; message A {
      map<string, string> m = 1; optional group G = 2 { optional int32 x = 1; } enum E { Z = 0; } message B { optional int32 y = 1; } }`)
    const payload = write(schema, { y: 1 }, { message: 'B' })
    assert.equal(payload.toString('hex'), '0400000801')
    assert.deepEqual(read(schema, write(schema, { g: { x: 4 } })), { m: {}, g: { x: 4 } })
  })

  test('a map that a descriptor was the source of is a map, and its entry has an index', () => {
    const schema = whole(`syntax = "proto3"; message A {
      repeated MEntry m = 1; repeated NEntry n = 2; message MEntry { option map_entry = true; int64 key = 1; B value = 2; }
      message NEntry { option map_entry = true; bool key = 1; string value = 2; } message B { int32 y = 1; } }`)
    const same = whole(
      'syntax = "proto3"; message A { map<int64, B> m = 1; map<bool, string> n = 2; message B { int32 y = 1; } }',
    )
    const value = { m: { '-5': { y: 1 }, '9007199254740991': { y: 0 } }, n: { true: 'yes' } }
    const payload = write(schema, value)
    assert.deepEqual(payload, write(same, value))
    assert.deepEqual(read(schema, payload), value)
    assert.deepEqual(read(same, payload), value)
    assert.deepEqual(read(schema, Buffer.of(0)), { m: {}, n: {} })
    for (const it of [schema, same])
      assert.deepEqual(read(it, Buffer.from('000a020803', 'hex')), { m: { 3: { y: 0 } }, n: {} })
    assert.equal(write(schema, { y: 1 }, { message: 'B' }).toString('hex'), '0400040801')
    assert.throws(() => write(schema, { m: { x: {} } }), /m\["x"\]: the key is no int64/)
    assert.throws(() => write(schema, { m: { 1: { y: 'a' } } }), /m\["1"\]\.value\.y: string a/)
    assert.throws(() => write(schema, { n: { yes: 'a' } }), /neither true nor false/)
  })

  test('an entry of a map without its key is that of zero', () => {
    const keys = ['int32', 'uint64', 'sfixed64', 'sint64']
    const fields = keys.map((key, at) => `map<${key}, string> m${at} = ${at + 1};`)
    const schema = whole(`syntax = "proto3"; message A { ${fields.join(' ')} }`)
    assert.deepEqual(read(schema, Buffer.from('000a0012001a002200', 'hex')), {
      ...{ m0: { 0: '' }, m1: { 0: '' }, m2: { 0: '' }, m3: { 0: '' } },
    })
  })

  test('a schema of the same text that imports another version is another schema', () => {
    const text = 'syntax = "proto3"; import "line.proto"; message Order { Line line = 1; }'
    const line = (fields: string): string => `syntax = "proto3"; message Line { ${fields} }`
    const writer = whole(text, { 'line.proto': line('int32 x = 1;') })
    const reader = whole(text, { 'line.proto': line('int64 x = 1; string note = 2;') })
    assert.deepEqual(read(writer, write(writer, { line: { x: 5 } }), reader), { line: { x: 5, note: '' } })
  })

  test('clients that do not count the messages of map entries are understood where they cannot mean another one', () => {
    const schema = whole(`syntax = "proto3"; message A { repeated MEntry m = 1;
      message MEntry { option map_entry = true; string key = 1; int32 value = 2; }
      message B { int32 y = 1; message C { int32 z = 1; } } message D { int32 x = 1; } }`)
    for (const [hex, value] of [
      ['0400020805', { y: 5 }],
      ['0400040805', { x: 5 }],
      // By JavaScript: as the first, which is no entry, and what is in it.
      ['0400000805', { y: 5 }],
      ['060000000805', { z: 5 }],
      ['060002000805', { z: 5 }],
    ] as const)
      assert.deepEqual(read(schema, Buffer.from(hex, 'hex')), value, hex)
  })

  test('as the reader has it: by the name, wherever it stands in the file', () => {
    const reader = whole(
      'syntax = "proto3"; package shop; message New { } message Refund { int64 code = 1; string why = 2; }',
    )
    const payload = write(shop, { code: 9 }, { message: 'Refund' })
    assert.deepEqual(read(shop, payload, reader), { code: 9, why: '' })
    assert.throws(() => read(shop, write(shop, {}), reader), /no message 'shop\.Order'/)
  })

  test('the name of our own schema counts for what the registry has in its place', () => {
    const encoder = protobufCodec().encoder(shop, 'shop.Refund')
    assert.equal(encoder.name, 'shop.Refund')
    assert.deepEqual(encoder.place, Buffer.of(2, 2))
  })
})

describe('imports', () => {
  test('through another one, custom options, and those that every registry has', () => {
    const schema = whole(
      `syntax = "proto3"; import "a.proto"; import "confluent/type/decimal.proto"; import "google/protobuf/descriptor.proto";
      extend google.protobuf.FieldOptions { string hint = 50000; }
      message M { a.A it = 1 [(hint) = "x"]; confluent.type.Decimal price = 2; }`,
      {
        'b.proto': 'syntax = "proto3"; package b; message B { int32 n = 1; }',
        'a.proto': 'syntax = "proto3"; package a; import public "b.proto"; message A { b.B b = 1; }',
      },
    )
    const value = { it: { b: { n: 3 } }, price: { value: Buffer.of(1), precision: 3, scale: 2 } }
    assert.deepEqual(read(schema, write(schema, value)), value)
    assert.equal(protobufCodec().encoder(schema).name, 'M')
  })

  test('a missing one is named; one that leads back ends', () => {
    assert.throws(() => write(whole('syntax = "proto3"; import "x.proto"; message M {}'), {}), /imports 'x\.proto'/)
    const a = 'syntax = "proto3"; import "b.proto"; message A {}'
    const round = whole('syntax = "proto3"; import "a.proto"; message M { A a = 1; }', {
      'a.proto': a,
      'b.proto': 'syntax = "proto3"; import "a.proto"; message B {}',
    })
    assert.deepEqual(read(round, write(round, { a: {} })), { a: {} })
  })
})

describe('bounds', () => {
  const soon = (work: () => unknown, error: RegExp): void => {
    const begun = performance.now()
    assert.throws(work, error)
    assert.ok(performance.now() - begun < 5000)
  }
  const numbered = (count: number, field: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => field(at)).join('')

  test('messages nested more than a hundred times, both ways', () => {
    const list = whole('syntax = "proto3"; message R { R next = 1; }')
    let value = {}
    let payload = Buffer.alloc(0)
    for (let depth = 0; depth < 200; depth++) {
      value = { next: value }
      const size = payload.length
      payload = Buffer.concat([Buffer.from(size < 128 ? [10, size] : [10, (size % 128) + 128, size >> 7]), payload])
    }
    soon(() => write(list, value), /nested deeper than 100/)
    soon(() => read(list, Buffer.concat([Buffer.of(0), payload])), /max depth/)
  })

  test('schemas that are too large, or nested too deeply', () => {
    soon(() => write(whole(`syntax = "proto3"; ${' '.repeat(1_000_000)}`), {}), /at most 1000000 characters/)
    const fields = numbered(10_000, (at) => `int32 f${at} = ${at + 1};`)
    soon(() => write(whole(`syntax = "proto3"; message M { ${fields} }`), {}), /too many fields/)
    soon(() => write(whole(`syntax = "proto3"; ${'message M {'.repeat(20_000)}`), {}), /depth/)
    soon(() => write(whole(`syntax = "proto3"; option (x) = ${'{a:'.repeat(100_000)}`), {}), /depth/)
    soon(() => write(whole(`syntax = "proto3"; ${'/*'.repeat(400_000)}`), {}), /illegal/)
    const many = numbered(5000, (at) => `message M${at} { M${Math.max(0, at - 1)} m = 1; string s = 2; }`)
    assert.deepEqual(write(whole(`syntax = "proto3"; ${many}`), {}), Buffer.of(0))
  })

  test('payloads that are cut off, or announce more than they have', () => {
    for (const hex of ['000a05', '0012ffffffff0f', '001affffffffffffffffff01', '00ff', '000b', '00120180'])
      soon(() => read(shop, Buffer.from(hex, 'hex')), /./)
  })
})
