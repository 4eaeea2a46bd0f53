/** Types of Protobuf's messages: what is written of them, and that it is true of what the serde gives, and fit for what it takes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { protobufCodec } from '../registry/serdes/protobuf-codec.ts'
import { compileErrors } from './types/testdata/compile.ts'
import { declared, type Given } from './types/testdata/given.ts'

const proto = (schema: string, more: Partial<Given> = {}): Given => ({ schemaType: 'PROTOBUF', schema, ...more })

const order = `syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
// What was ordered.
message Order {
  string order_id = 1; // By which it is known.
  optional int32 item_count = 2;
  google.protobuf.Timestamp ordered_at = 3;
  repeated Line lines = 4;
  map<string, Line> by_name = 5;
  Kind kind = 6;
  uint64 total = 7;
  bytes raw = 8;
  oneof payment {
    Card card = 9;
    bool cash = 10;
  }
  message Line { string sku = 1; }
}
message Card {}
enum Kind { UNKNOWN = 0; BIG = 1; }
`

const types = `/** Values of subject orders-value, version 1, id 1. */
export type OrdersValue = Order

/** What was ordered. */
export type Order = {
  /** By which it is known. */
  orderId: string
  itemCount?: number
  orderedAt?: Timestamp
  lines: Line[]
  byName: Record<string, Line>
  kind: Kind
  total: number
  raw: Buffer
} & OneOf<{ card: Card; cash: boolean }>

export interface Timestamp {
  seconds: number
  nanos: number
}

export interface Line {
  sku: string
}

export type Kind = 'UNKNOWN' | 'BIG' | number

export interface Card {
  [key: string]: never
}

/** The schema of subject orders-value, version 1, id 1: \`registry.protobuf<OrdersValue>(ordersValueSchema)\`. */
export const ordersValueSchema = \`syntax = "proto3";
package shop;
`

test('messages with their texts and parts', () => {
  const text = declared([proto(order, { subject: 'orders-value' })])
  assert.ok(text.includes(`\n\n${types}`), text)
})

test('fields may be called as in the file, and long integers be bigints', () => {
  const text = declared([proto(order)], { keepCase: true, longs: 'bigint' })
  assert.match(text, / {2}order_id: string\n {2}item_count\?: number\n {2}ordered_at\?: Timestamp\n/)
  assert.match(text, / {2}total: bigint\n/)
  assert.match(text, /interface Timestamp \{\n {2}seconds: bigint\n {2}nanos: number\n\}/)
  assert.match(text, /`registry\.protobuf<S1>\(s1Schema, \{ longs: 'bigint', keepCase: true \}\)`/)
})

test('files that are imported, of proto2 and of nobody', () => {
  const schema = `syntax = "proto2";
package a;
import "other.proto";
import "nowhere.proto";
message M {
  required int32 id = 1;
  optional b.E e = 2;
  optional group Part = 3 { optional string text = 1; }
  optional nowhere.Thing thing = 4;
  repeated Entry entries = 5;
  message Entry { option map_entry = true; optional string key = 1; optional M value = 2; }
  extensions 100 to 200;
}
extend M { optional bool is_new = 100; }
service S { rpc Do (M) returns (nowhere.Answer); }
`
  const references = [{ name: 'other.proto', subject: 'other', version: 1 }]
  const others = [proto('syntax = "proto2"; package b; enum E { A = 0; B = 1; }', { subject: 'other' })]
  const text = declared([proto(schema, { references })], { others })
  assert.match(
    text,
    /interface M \{\n {2}id: number\n {2}e\?: E\n {2}part\?: Part\n {2}thing\?: unknown\n {2}entries: Record<string, M>\n {2}'\.a\.isNew'\?: boolean\n\}/,
  )
  assert.match(text, /export type E = 'A' \| 'B'\n/)
  assert.match(text, /registry\.protobuf<S1>\(s1Schema, \{ references: s1References \}\)/)
})

test('a file that is none says where', () => {
  assert.throws(() => declared([proto('message {')]), { message: /^s1, version 1: s1: .*line 1/ })
})

const all = `syntax = "proto3";
import "google/protobuf/struct.proto";
import "google/protobuf/any.proto";
import "google/protobuf/wrappers.proto";
message M {
  int64 long_one = 1;
  optional string maybe = 2;
  repeated bytes parts = 3;
  map<int64, E> numbered = 4;
  oneof one { M self = 5; string text = 6; }
  google.protobuf.Struct object = 7;
  google.protobuf.Any any_one = 8;
  google.protobuf.DoubleValue wrapped = 9;
  E e = 10;
  Nothing nothing = 11;
}
message Nothing {}
enum E { ZERO = 0; ONE = 1; }
`

/** A value as one would write it down. */
function literalOf(value: unknown): string {
  if (Buffer.isBuffer(value)) return 'Buffer.alloc(0)'
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return `[${value.map(literalOf).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value).map(([key, it]) => `${JSON.stringify(key)}:${literalOf(it)}`)}}`
}

test('what the serde has decoded is of the type, and what is of the type can be encoded', () => {
  const given = [
    {},
    { longOne: 5, maybe: '', parts: [Buffer.of(1)], numbered: { 7: 'ONE' }, text: 'x', e: 'ONE', nothing: {} },
    { self: { text: 'inner' }, e: 5, anyOne: { typeUrl: 'x', value: Buffer.of(1) }, wrapped: { value: 2 } },
    { object: { fields: { a: { listValue: { values: [{ nullValue: 'NULL_VALUE' }, { boolValue: true }] } } } } },
  ]
  const files = new Map<string, string>()
  for (const longs of ['number', 'bigint'] as const) {
    for (const keepCase of [true, false]) {
      const codec = protobufCodec<unknown>({ longs, keepCase })
      const whole = { schema: all, references: [], resolved: [] }
      const renamed = (value: object): object =>
        Object.fromEntries(
          Object.entries(value).map(([key, it]) => [
            keepCase ? key.replace(/[A-Z]/g, (char) => `_${char.toLowerCase()}`) : key,
            Object.prototype.toString.call(it) === '[object Object]' && key !== 'fields' ? renamed(it) : it,
          ]),
        )
      const values = (keepCase ? given.slice(0, 3) : given).map((it) => {
        const encode = codec.encoder(whole).encode
        const decode = codec.decoder(whole, undefined)
        const decoded = decode(Buffer.from([0, ...encode(renamed(it))]))
        assert.deepEqual(decode(Buffer.from([0, ...encode(decoded)])), decoded)
        return literalOf(decoded)
      })
      const name = `${longs}-${keepCase}`
      files.set(`${name}.ts`, declared([proto(all)], { longs, keepCase }))
      files.set(
        `${name}-values.ts`,
        `import type { S1 } from './${name}.ts'\nexport const values: S1[] = [\n${values.join(',\n')}\n]\n`,
      )
    }
  }
  const head = `import type { S1 } from './number-false.ts'\nconst rest = { longOne: 1, parts: [], numbered: {}, e: 'ONE' } as const\n`
  const bad = [
    "{ ...rest, parts: [], text: '', self: undefined as never as S1 }",
    '{ ...rest, parts: [], nothing: { a: 1 } }',
  ]
  files.set('bad.ts', `${head}${bad.map((it, i) => `export const v${i}: S1 = ${it}\n`).join('')}`)
  const errors = compileErrors(files).filter((line) => !line.startsWith(' '))
  assert.deepEqual(
    errors.map((line) => /^[^:]*/.exec(line)?.[0].replace(/,\d+/, '')),
    ['bad.ts(3)', 'bad.ts(4)'],
    errors.join('\n'),
  )
})
