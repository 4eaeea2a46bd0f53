import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResolvedReference } from '../formats/format.ts'
import { differencesBetween } from './differences.ts'
import { parseFile } from './file-parser.ts'
import { knownFiles } from './known-files.ts'
import { Names } from './names.ts'
import { protobuf } from './protobuf-format.ts'

interface Pair {
  readonly what: string
  readonly original: string
  readonly update: string
  /** As `KIND path`, in any order; those that hinder nobody are in lower case. */
  readonly differences: readonly string[]
}

const proto3 = (body: string) => `syntax = "proto3"; package shop; ${body}`
const order = (fields: string) =>
  proto3(`message Order { ${fields} } enum Size { S = 0; } message Line { int32 count = 1; }`)

/** Bodies of the message Order, before and after. */
const IN_ORDER: readonly Pair[] = [
  { what: 'nothing', original: 'int32 a = 1;', update: 'int32 a = 1;', differences: [] },
  { what: 'a new field', original: '', update: 'int32 a = 1;', differences: ['field_added #/Order/1'] },
  { what: 'a field less', original: 'int32 a = 1;', update: '', differences: ['field_removed #/Order/1'] },
  {
    what: 'a new name',
    original: 'int32 a = 1;',
    update: 'int32 b = 1;',
    differences: ['field_name_changed #/Order/1'],
  },
  { what: 'a wider number', original: 'int32 a = 1;', update: 'int64 a = 1;', differences: [] },
  { what: 'a bool as a number', original: 'bool a = 1;', update: 'uint32 a = 1;', differences: [] },
  { what: 'an enum as a number', original: 'Size a = 1;', update: 'uint64 a = 1;', differences: [] },
  { what: 'bytes for text', original: 'string a = 1;', update: 'bytes a = 1;', differences: [] },
  { what: 'signed as fixed', original: 'fixed32 a = 1;', update: 'sfixed32 a = 1;', differences: [] },
  ...(
    [
      ['int32', 'string'],
      ['int32', 'sint32'],
      ['fixed32', 'fixed64'],
      ['float', 'double'],
      ['Size', 'string'],
      ['double', 'fixed64'],
    ] as const
  ).map(([before, after]) => ({
    what: `${before} as ${after}`,
    original: `${before} a = 1;`,
    update: `${after} a = 1;`,
    differences: ['FIELD_SCALAR_KIND_CHANGED #/Order/1'],
  })),
  {
    what: 'a scalar as a message',
    original: 'int32 a = 1;',
    update: 'Line a = 1;',
    differences: ['FIELD_KIND_CHANGED #/Order/1'],
  },
  {
    what: 'a message as a map',
    original: 'Line a = 1;',
    update: 'map<string, Line> a = 1;',
    differences: ['FIELD_KIND_CHANGED #/Order/1'],
  },
  {
    what: 'another message',
    original: 'Line a = 1;',
    update: 'Order a = 1;',
    differences: ['FIELD_NAMED_TYPE_CHANGED #/Order/1'],
  },
  { what: 'the same message by its full name', original: 'Line a = 1;', update: '.shop.Line a = 1;', differences: [] },
  {
    what: 'other keys',
    original: 'map<string, int32> a = 1;',
    update: 'map<int32, int32> a = 1;',
    differences: ['FIELD_SCALAR_KIND_CHANGED #/Order/1'],
  },
  {
    what: 'other values',
    original: 'map<string, Line> a = 1;',
    update: 'map<string, Order> a = 1;',
    differences: ['FIELD_NAMED_TYPE_CHANGED #/Order/1'],
  },
  {
    what: 'the label of a number',
    original: 'optional int32 a = 1;',
    update: 'repeated int32 a = 1;',
    differences: ['FIELD_NUMERIC_LABEL_CHANGED #/Order/1'],
  },
  {
    what: 'the label of a text',
    original: 'optional string a = 1;',
    update: 'repeated string a = 1;',
    differences: ['field_string_or_bytes_label_changed #/Order/1'],
  },
  { what: 'no label as a label', original: 'int32 a = 1;', update: 'repeated int32 a = 1;', differences: [] },
  {
    what: 'a new oneof',
    original: '',
    update: 'oneof pay { int32 a = 1; }',
    differences: ['oneof_added #/Order/pay', 'oneof_field_added #/Order/pay/1'],
  },
  {
    what: 'a oneof with one more',
    original: 'oneof pay { int32 a = 1; }',
    update: 'oneof pay { int32 a = 1; int32 b = 2; }',
    differences: ['oneof_field_added #/Order/pay/2'],
  },
  {
    what: 'a oneof less',
    original: 'oneof pay { int32 a = 1; int32 b = 2; }',
    update: '',
    differences: ['oneof_removed #/Order/pay'],
  },
  {
    what: 'a oneof with one less',
    original: 'oneof pay { int32 a = 1; int32 b = 2; }',
    update: 'oneof pay { int32 a = 1; }',
    differences: ['ONEOF_FIELD_REMOVED #/Order/pay/2'],
  },
  {
    what: 'one of a oneof at the top, the other one gone',
    original: 'oneof pay { int32 a = 1; int32 b = 2; }',
    update: 'int32 a = 1;',
    differences: [
      'oneof_removed #/Order/pay',
      'oneof_field_moved_to_top_level #/Order/1',
      'ONEOF_FIELD_REMOVED #/Order/pay/2',
    ],
  },
  {
    what: 'one field into a new oneof',
    original: 'int32 a = 1;',
    update: 'oneof pay { int32 a = 1; int32 b = 2; }',
    differences: ['oneof_added #/Order/pay', 'oneof_field_added #/Order/pay/2'],
  },
  {
    what: 'two fields into a oneof',
    original: 'int32 a = 1; int32 b = 2;',
    update: 'oneof pay { int32 a = 1; int32 b = 2; }',
    differences: ['oneof_added #/Order/pay', 'MULTIPLE_FIELDS_MOVED_TO_ONEOF #/Order/pay'],
  },
  {
    what: 'a field into a oneof that was there',
    original: 'oneof pay { int32 a = 1; } int32 b = 2;',
    update: 'oneof pay { int32 a = 1; int32 b = 2; }',
    differences: ['FIELD_MOVED_TO_EXISTING_ONEOF #/Order/pay'],
  },
  {
    what: 'two oneofs as one',
    original: 'oneof pay { int32 a = 1; } oneof ship { int32 b = 2; }',
    update: 'oneof pay { int32 a = 1; int32 b = 2; }',
    differences: ['oneof_removed #/Order/ship', 'FIELD_MOVED_TO_EXISTING_ONEOF #/Order/pay'],
  },
  {
    what: 'another type within a oneof that has another name',
    original: 'oneof pay { int32 a = 1; }',
    update: 'oneof paid { string a = 1; }',
    differences: ['oneof_removed #/Order/pay', 'oneof_added #/Order/paid', 'FIELD_SCALAR_KIND_CHANGED #/Order/paid/1'],
  },
  {
    what: 'a message within, gone',
    original: 'message Part {}',
    update: '',
    differences: ['MESSAGE_REMOVED #/Order/Part'],
  },
  {
    what: 'a message within, new',
    original: '',
    update: 'message Part {}',
    differences: ['message_added #/Order/Part'],
  },
  {
    what: 'a message within, changed',
    original: 'message Part { int32 a = 1; }',
    update: 'message Part { string a = 1; }',
    differences: ['FIELD_SCALAR_KIND_CHANGED #/Order/Part/1'],
  },
  {
    what: 'a map that was written as the message of its entries',
    original: 'repeated AEntry a = 1; message AEntry { option map_entry = true; string key = 1; Line value = 2; }',
    update: 'map<string, Line> a = 1;',
    differences: [],
  },
]

const WHOLE: readonly Pair[] = [
  { what: 'another package', original: 'package a;', update: 'package b;', differences: ['PACKAGE_CHANGED #/'] },
  { what: 'no package', original: 'package a;', update: '', differences: ['PACKAGE_CHANGED #/'] },
  {
    what: 'a message less',
    original: 'message A {} message B {}',
    update: 'message B {}',
    differences: ['MESSAGE_REMOVED #/A', 'message_moved #/B'],
  },
  {
    what: 'a message more',
    original: 'message A {}',
    update: 'message A {} message B {}',
    differences: ['message_added #/B'],
  },
  { what: 'an enum more', original: '', update: 'enum E { X = 0; }', differences: ['enum_added #/E'] },
  { what: 'an enum less', original: 'enum E { X = 0; }', update: '', differences: ['enum_removed #/E'] },
  {
    what: 'constants',
    original: 'enum E { X = 0; Y = 1; Z = 2; }',
    update: 'enum E { X = 0; W = 1; V = 3; }',
    differences: ['enum_const_changed #/E/1', 'enum_const_removed #/E/2', 'enum_const_added #/E/3'],
  },
  {
    what: 'a required field more',
    original: 'message A {}',
    update: 'message A { required int32 a = 1; }',
    differences: ['REQUIRED_FIELD_ADDED #/A/1'],
  },
  {
    what: 'a required field less',
    original: 'message A { required int32 a = 1; }',
    update: 'message A {}',
    differences: ['REQUIRED_FIELD_REMOVED #/A/1'],
  },
  {
    what: 'within a group',
    original: 'message A { optional group B = 1 { optional int32 c = 2; } }',
    update: 'message A { optional group B = 1 { optional string c = 2; } }',
    differences: ['FIELD_SCALAR_KIND_CHANGED #/A/B/2', 'FIELD_NAMED_TYPE_CHANGED #/A/1'],
  },
  {
    what: 'a group as a message',
    original: 'message A { optional group B = 1 { } }',
    update: 'message A { optional B b = 1; message B {} }',
    differences: ['FIELD_KIND_CHANGED #/A/1', 'message_added #/A/B'],
  },
]

function namedFile(text: string) {
  const file = parseFile(text)
  const names = new Names()
  for (const known of knownFiles().values()) names.add(known, false)
  names.add(file, true)
  return { file, names }
}

function checkPair({ what, original, update, differences }: Pair): void {
  const found = differencesBetween(namedFile(original), namedFile(update)).map(({ kind, path }) => `${kind} ${path}`)
  const wanted = differences.map((difference) => difference.replace(/^\w+/, (kind) => kind.toUpperCase()))
  assert.deepEqual(found.toSorted(), wanted.toSorted(), what)
  const before = protobuf.parse({ text: original, references: [] })
  const after = protobuf.parse({ text: update, references: [] })
  const incompatible = after
    .incompatibilities(before)
    .map(({ type, description }) => `${type} ${description.split(':')[0]}`)
  assert.deepEqual(
    incompatible.toSorted(),
    differences.filter((difference) => /^[A-Z]/.test(difference)).toSorted(),
    what,
  )
}

test('each change of a message is of its kind, and hinders a reader or not', () => {
  for (const pair of IN_ORDER) checkPair({ ...pair, original: order(pair.original), update: order(pair.update) })
})

test('each change of a file is of its kind, and hinders a reader or not', () => {
  for (const pair of WHOLE) checkPair(pair)
})

function incompatibleKinds(
  before: [string, readonly ResolvedReference[]],
  after: [string, readonly ResolvedReference[]],
) {
  const [writer, reader] = [before, after].map(([text, references]) => protobuf.parse({ text, references }))
  assert.ok(writer !== undefined && reader !== undefined)
  return reader.incompatibilities(writer).map(({ type, description }) => `${type} ${description.split(':')[0]}`)
}

const line = (type: string) => ({
  name: 'line.proto',
  text: `syntax = "proto3"; package parts; message Line { ${type} a = 1; }`,
})
const withImport = 'syntax = "proto3"; import "line.proto"; message Order { parts.Line line = 1; }'

test('a type of an imported file takes part', () => {
  assert.deepEqual(incompatibleKinds([withImport, [line('int32')]], [withImport, [line('int64')]]), [])
  assert.deepEqual(incompatibleKinds([withImport, [line('int32')]], [withImport, [line('string')]]), [
    'FIELD_SCALAR_KIND_CHANGED #/Line/1',
    'FIELD_NAMED_TYPE_CHANGED #/Order/1',
  ])
})

test('a type that no field leads to takes no part', () => {
  const text = 'syntax = "proto3"; import "line.proto"; message Order { int32 a = 1; }'
  assert.deepEqual(incompatibleKinds([text, [line('int32')]], [text, [line('string')]]), [])
})

test('a type may move from an imported file into the schema, and to another package', () => {
  const own = 'syntax = "proto3"; message Order { Line line = 1; } message Line { int32 a = 1; }'
  assert.deepEqual(incompatibleKinds([withImport, [line('int32')]], [own, []]), [])
  assert.deepEqual(incompatibleKinds([withImport, [line('string')]], [own, []]), [
    'FIELD_SCALAR_KIND_CHANGED #/Line/1',
    'FIELD_NAMED_TYPE_CHANGED #/Order/1',
  ])
})

test('types that hold each other are compared to an end, and what is wrong goes outwards', () => {
  const ring = (type: string) => ({
    name: 'ring.proto',
    text: `syntax = "proto3"; message A { B b = 1; } message B { A a = 1; C c = 2; } message C { ${type} d = 1; B b = 2; }`,
  })
  const text = 'syntax = "proto3"; import "ring.proto"; message Order { A a = 1; }'
  assert.deepEqual(incompatibleKinds([text, [ring('int32')]], [text, [ring('int32')]]), [])
  assert.deepEqual(incompatibleKinds([text, [ring('int32')]], [text, [ring('string')]]).toSorted(), [
    'FIELD_NAMED_TYPE_CHANGED #/A/1',
    'FIELD_NAMED_TYPE_CHANGED #/B/1',
    'FIELD_NAMED_TYPE_CHANGED #/B/2',
    'FIELD_NAMED_TYPE_CHANGED #/C/2',
    'FIELD_NAMED_TYPE_CHANGED #/Order/1',
    'FIELD_SCALAR_KIND_CHANGED #/C/1',
  ])
})

test('known types are the same in all schemas', () => {
  const text = (type: string) =>
    `syntax = "proto3"; import "google/protobuf/timestamp.proto"; message A { ${type} a = 1; }`
  assert.deepEqual(
    incompatibleKinds([text('google.protobuf.Timestamp'), []], [text('google.protobuf.Timestamp'), []]),
    [],
  )
  assert.deepEqual(incompatibleKinds([text('google.protobuf.Timestamp'), []], [text('google.protobuf.Duration'), []]), [
    'FIELD_NAMED_TYPE_CHANGED #/A/1',
  ])
})

test('a schema of another format is one incompatibility', () => {
  const reader = protobuf.parse({ text: 'message A {}', references: [] })
  const writer = {
    type: 'AVRO',
    canonical: '"int"',
    normalized: '"int"',
    name: undefined,
    incompatibilities: () => [],
  } as const
  assert.deepEqual(
    reader.incompatibilities(writer).map(({ type }) => type),
    ['SCHEMA_TYPE_CHANGED'],
  )
})
