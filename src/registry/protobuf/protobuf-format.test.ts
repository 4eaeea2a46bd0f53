import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidSchemaError } from '../formats/format.ts'
import { protobuf } from './protobuf-format.ts'
import { OLD, SHIP } from './testdata/file-samples.ts'

const parse = (text: string) => protobuf.parse({ text, references: [] })
const in3 = (body: string) => `syntax = "proto3";\n${body}`
/** What `body`, in a message, is in the normalized text. */
const normalFields = (body: string) =>
  parse(in3(`message A { ${body} }`))
    .normalized.split('\n')
    .slice(2, -2)

test('a file is stored in one form, of which the elements of a kind stand together', () => {
  for (const { written, canonical } of [SHIP, OLD]) {
    assert.equal(parse(written).canonical, canonical)
    assert.equal(parse(canonical).canonical, canonical)
  }
})

test('a normalized file has names in full, and is in order', () => {
  for (const { written, canonical, normalized } of [SHIP, OLD]) {
    assert.equal(parse(written).normalized, normalized)
    assert.equal(parse(canonical).normalized, normalized)
    assert.equal(parse(normalized).normalized, normalized)
  }
})

test('a file in binary is the same as its text', () => {
  for (const { written, binary } of [SHIP, OLD]) {
    const read = parse(binary)
    assert.equal(read.normalized, parse(written).normalized)
    assert.equal(parse(read.canonical).canonical, read.canonical)
    assert.deepEqual(read.incompatibilities(parse(written)), [])
  }
})

test('a file in binary that is cut off or changed is refused, or is another one', () => {
  const bytes = Buffer.from(SHIP.binary, 'base64')
  let refused = 0
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8((changed.readUInt8(at) + 77) % 256, at)
    for (const text of [changed.toString('base64'), bytes.subarray(0, at).toString('base64')]) {
      try {
        parse(text)
      } catch (error) {
        assert.ok(error instanceof InvalidSchemaError, String(error))
        refused++
      }
    }
  }
  assert.ok(refused > bytes.length)
})

test('the name is that of the first message, with the package', () => {
  assert.equal(parse(SHIP.written).name, 'harbour.v1.Unit')
  assert.equal(parse(OLD.written).name, 'Old')
  assert.equal(parse('enum E { X = 0; } message M {}').name, 'M')
  assert.equal(parse('enum E { X = 0; }').name, undefined)
  assert.equal(parse('').name, undefined)
})

test('comments, spaces and empty statements are no part of what is stored', () => {
  const spaced = '/* a */ syntax\n=\t"proto3"; ; // b\r\nmessage A { ; int32 /* c **/ a = 0x10; ; } ;'
  assert.equal(parse(spaced).canonical, 'syntax = "proto3";\n\nmessage A {\n  int32 a = 16;\n}\n')
})

test('a string is what it says, however it is written', () => {
  const canonical = (literal: string) => parse(`option java_package = ${literal};`).canonical.match(/= (.*);/)?.[1]
  assert.equal(canonical(`"a" 'b'`), '"ab"')
  assert.equal(canonical(`'\\x41\\102\\u00e4\\U0001F600'`), '"ABä😀"')
  assert.equal(canonical(`"\\303\\244"`), '"ä"')
  assert.equal(canonical(`"\\377"`), '"\\377"')
  assert.equal(canonical(`"\\a\\b\\f\\n\\r\\t\\v\\\\\\'\\"\\?\\0"`), `"\\a\\b\\f\\n\\r\\t\\v\\\\\\'\\"?\\000"`)
})

test('an edition is kept, and its reserved names are bare', () => {
  const text =
    'edition = "2023";\n\noption features.field_presence = IMPLICIT;\n\nmessage A {\n  reserved 3;\n  reserved foo, bar;\n\n  int32 a = 1 [features.field_presence = EXPLICIT];\n}\n'
  assert.equal(parse(text).canonical, text)
})

test('messages within messages are indented, as are the empty lines between their parts', () => {
  const text = in3('message A { message B { reserved 2; int32 a = 1; enum E { X = 0; } } }')
  assert.deepEqual(parse(text).canonical.split('\n'), [
    'syntax = "proto3";',
    '',
    'message A {',
    '  message B {',
    '    reserved 2;',
    '  ',
    '    int32 a = 1;',
    '  ',
    '    enum E {',
    '      X = 0;',
    '    }',
    '  }',
    '}',
    '',
  ])
})

test('plain imports come first, then public and weak ones; normalized, each comes once and in order', () => {
  const references = ['b.proto', 'a.proto', 'c.proto', 'd.proto'].map((name) => ({ name, text: in3('') }))
  const text = in3(
    'import weak "d.proto"; import "b.proto"; import public "c.proto"; import "a.proto"; import "b.proto";',
  )
  const schema = protobuf.parse({ text, references })
  const imports = ['import "a.proto";', 'import "b.proto";', 'import public "c.proto";', 'import weak "d.proto";']
  assert.deepEqual(schema.canonical.split('\n').slice(2, -1), [
    imports[1],
    imports[0],
    imports[1],
    imports[2],
    imports[3],
  ])
  assert.deepEqual(schema.normalized.split('\n').slice(2, -1), imports)
})

test('names are looked up from the inside outwards', () => {
  const text = in3(
    'package a.b; message C { message D {} D d1 = 1; C.D d2 = 2; b.C.D d3 = 3; a.b.C.D d4 = 4; .a.b.C.D d5 = 5; }',
  )
  const fields = parse(text).normalized.match(/\S+ d\d/g)
  assert.deepEqual(
    fields,
    [1, 2, 3, 4, 5].map((number) => `.a.b.C.D d${number}`),
  )
  const hidden = parse(in3('message A {} message B { message A {} A a = 1; .A b = 2; }')).normalized
  assert.match(hidden, / \.B\.A a = 1;\n {2}\.A b = 2;/)
})

test('the types of references and known files are found, whether they are imported or not', () => {
  const references = [{ name: 'x/line.proto', text: in3('package x; message Line {}') }]
  const text = in3(
    'import "x/line.proto"; message A { x.Line a = 1; google.type.Money b = 2; confluent.type.Decimal c = 3; }',
  )
  const { normalized } = protobuf.parse({ text, references })
  assert.match(normalized, /\.x\.Line a = 1;\n {2}\.google\.type\.Money b = 2;\n {2}\.confluent\.type\.Decimal c = 3;/)
})

test('a reference with the path of a known file takes its place', () => {
  const path = 'google/type/money.proto'
  const references = [{ name: path, text: in3('package google.type; message Coin {}') }]
  const text = (type: string) => in3(`import "${path}"; message A { google.type.${type} a = 1; }`)
  assert.equal(protobuf.parse({ text: text('Coin'), references }).name, 'A')
  assert.throws(() => protobuf.parse({ text: text('Money'), references }), InvalidSchemaError)
})

test('fields, oneofs, ranges, constants and options are put in order', () => {
  assert.deepEqual(normalFields('int32 b = 2; int32 a = 1;'), ['message A {', '  int32 a = 1;', '  int32 b = 2;'])
  assert.deepEqual(normalFields('oneof p { int32 b = 4; int32 a = 3; } oneof q { int32 c = 2; }'), [
    'message A {',
    '  oneof q {',
    '    int32 c = 2;',
    '  }',
    '  oneof p {',
    '    int32 a = 3;',
    '    int32 b = 4;',
    '  }',
  ])
  assert.deepEqual(
    normalFields('reserved "b", "a"; reserved 9, 5 to 5; int32 a1 = 1 [lazy = true, ctype = CORD, deprecated = true];'),
    [
      'message A {',
      '  reserved 5;',
      '  reserved 9;',
      '  reserved "a";',
      '  reserved "b";',
      '',
      '  int32 a1 = 1 [',
      '    ctype = CORD,',
      '    deprecated = true,',
      '    lazy = true',
      '  ];',
    ],
  )
})

test('the constant that is meant where none is said stays the first one', () => {
  const constants = (text: string) => parse(text).normalized.match(/\w+ = \S+;/g)
  assert.deepEqual(constants('enum E { B = 5; D = 7; A = -1; C = 0; }'), ['B = 5;', 'A = -1;', 'C = 0;', 'D = 7;'])
  assert.deepEqual(constants('enum E { X = 0; Z = 2; Y = 1; }'), ['X = 0;', 'Y = 1;', 'Z = 2;'])
})

/** A message of options that tests give values to. */
const withOptions = (options: string) =>
  parse(
    in3(`package p; import "google/protobuf/descriptor.proto"; option java_package = "p"; ${options}
      message Limit { int32 most = 1; repeated string tags = 2; Limit inner = 3; }
      extend google.protobuf.FileOptions { Limit limit = 50000; repeated Limit limits = 50001; }`),
  ).normalized.match(/^option \(.*?;$/gms)

test('parts of one option grow together, those of a repeated one stay apart', () => {
  assert.deepEqual(
    withOptions('option (limit).most = 1; option (p.limit).inner.most = 0x2; option (limit).inner.tags = "x";'),
    ['option (p.limit) = {\n  inner: {\n    most: 2,\n    tags: "x"\n  },\n  most: 1\n};'],
  )
  assert.deepEqual(
    withOptions('option (limit).tags = "b"; option (limit) = { tags: ["a", "c"] most: 3 }; option (limit).most = 4;'),
    ['option (p.limit) = {\n  most: 4,\n  tags: [\n    "b",\n    "a",\n    "c"\n  ]\n};'],
  )
  assert.deepEqual(withOptions('option (limits) = { most: 1 }; option (limits) = { most: 2 };'), [
    'option (p.limits) = {\n  most: 1\n};',
    'option (p.limits) = {\n  most: 2\n};',
  ])
})

test('the values of options keep what they say in each way of writing them', () => {
  const written =
    'option (x) = { a: 1, b < c: "d" > e { f: -inf; } [g.h]: TRUE i: [1, 2] j: 3 j: 4 k [{ l: 1 }] [t.com/u.V] {} };'
  const canonical = parse(written)
    .canonical.split('\n')
    .map((line) => line.trim())
    .join(' ')
  const expected =
    'option (x) = { a: 1, b: { c: "d" }, e: { f: -inf }, [g.h]: TRUE, i: [ 1, 2 ], j: [ 3, 4 ], k: [ { l: 1 } ], [t.com/u.V]: { } };'
  assert.equal(canonical.trim(), expected)
})

test('numbers are written in one way, and none loses a digit', () => {
  const value = (text: string) => parse(`option (x) = { a: ${text} };`).normalized.match(/a: (.*)/)?.[1]
  assert.equal(value('0x1F'), '31')
  assert.equal(value('017'), '15')
  assert.equal(value('-0'), '0')
  assert.equal(value('18446744073709551615'), '18446744073709551615')
  assert.equal(value('0xFFFFFFFFFFFFFFFF'), '18446744073709551615')
  assert.equal(value('1.50'), '1.5')
  assert.equal(value('1e3'), '1000')
  assert.equal(value('2.5f'), '2.5')
  assert.equal(value('0.123456'), '0.123456')
  assert.equal(value('-inf'), '-inf')
})

test('a map that is written as the message of its entries is a map', () => {
  const entries = 'repeated MEntry m = 1; message MEntry { option map_entry = true; string key = 1; A value = 2; }'
  assert.deepEqual(normalFields(entries), normalFields('map<string, A> m = 1;'))
  assert.match(parse(in3(`message A { ${entries} }`)).canonical, /option map_entry = true;/)
})

test('what a field is worth where it is missing stands behind its other options, and its name in JSON last', () => {
  const text = 'message A { optional int32 a = 1 [json_name = "b", default = 3, deprecated = true]; }'
  assert.deepEqual(parse(text).canonical.split('\n').slice(2, -2), [
    '  optional int32 a = 1 [',
    '    deprecated = true,',
    '    default = 3,',
    '    json_name = "b"',
    '  ];',
  ])
})
