/** Descriptors of schemas: what protoc says of the same files, and what is read again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import protobufjs from 'protobufjs'
import { textOf } from './file-text.ts'
import { DESCRIPTOR_FILES } from './known-descriptor.ts'
import { protobuf } from './protobuf-format.ts'
import { OLD, SHIP } from './testdata/file-samples.ts'
import { randomFile } from './testdata/random-file.ts'

const parse = (text: string, references: readonly { name: string; text: string }[] = []) =>
  protobuf.parse({ text, references })
const in3 = (body: string) => `syntax = "proto3"; ${body}`

function serialized(text: string, references: readonly { name: string; text: string }[] = []): string {
  const form = parse(text, references).inForm?.('serialized')
  assert.ok(form !== undefined)
  return form
}

test("without extensions: a text with the options that are everybody's, and those of Confluent", () => {
  const text = `syntax = "proto2"; import "google/protobuf/descriptor.proto"; import "confluent/meta.proto"; option (on) = 1;
    message M { option (on_message).a = 2; option deprecated = true; extensions 5 to 9;
      optional int32 a = 1 [(on_field) = 3, deprecated = true, (confluent.field_meta) = { doc: "x" }];
      oneof o { option (on_oneof) = 1; group G = 2 [(on_field) = 1] { extend M { optional int32 x = 5; } } }
      enum E { option (on_enum) = 1; A = 0 [(on_value) = 1]; } message N { option (on_message) = 1; } }
    extend google.protobuf.FieldOptions { optional int32 on_field = 50000; }
    service S { option (on_service) = 1; rpc R (M) returns (M) { option (on_method) = 1; } }`
  const plain = `syntax = "proto2"; import "google/protobuf/descriptor.proto"; import "confluent/meta.proto";
    message M { option deprecated = true; optional int32 a = 1 [deprecated = true, (confluent.field_meta) = { doc: "x" }];
      oneof o { group G = 2 { } } enum E { A = 0; } message N { } }
    service S { rpc R (M) returns (M); }`
  assert.equal(parse(text).inForm?.('ignore_extensions'), parse(plain).canonical)
})

const root = protobufjs.parse(DESCRIPTOR_FILES.get('google/protobuf/descriptor.proto') ?? '', { keepCase: true }).root
const type = root.lookupType('google.protobuf.FileDescriptorProto')

/** What another implementation reads in it; `Object` as it is known to none of its types. */
const read = (base64: string) =>
  JSON.parse(
    JSON.stringify(
      type.toObject(type.decode(Buffer.from(base64, 'base64')), { enums: String, longs: String, bytes: String }),
    ),
  )

const descriptorOf = (text: string, references: readonly { name: string; text: string }[] = []) =>
  read(serialized(text, references))
const names = (list: readonly { name: string }[] | undefined) => (list ?? []).map(({ name }) => name)

test('a form that is not known is none', () => {
  assert.equal(parse(SHIP.written).inForm?.('logical'), undefined)
  assert.equal(parse(SHIP.written).inForm?.(''), undefined)
})

/** protoc puts the messages of map entries before those that stand behind the map, and fields in the order of a text that is not canonical. */
function withSorted(key: string, value: unknown): unknown {
  if ((key !== 'nested_type' && key !== 'field') || !Array.isArray(value)) return value
  return value.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

test('what protoc wrote is written again', () => {
  const withoutNames = (value: unknown) =>
    JSON.parse(
      JSON.stringify(value, (key, inner) => {
        // protoc tells all names in JSON, and no syntax where it is proto2.
        return key === 'json_name' || (key === 'syntax' && inner === 'proto2') ? undefined : withSorted(key, inner)
      }),
    )
  for (const { written, binary } of [SHIP, OLD]) {
    const [ours, theirs] = [read(serialized(written)), read(binary)]
    assert.equal(ours.name, 'default')
    assert.deepEqual(withoutNames({ ...ours, name: '' }), withoutNames({ ...theirs, name: '' }))
  }
})

test('any file is read again as the same', () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom('proto2' as const, 'proto3' as const, undefined), (seed, syntax) => {
      const schema = parse(textOf(randomFile(seed, syntax)))
      const again = parse(serialized(schema.canonical))
      assert.equal(again.normalized, schema.normalized)
      assert.equal(parse(serialized(again.canonical)).canonical, again.canonical)
      assert.ok(serialized(again.canonical) === again.inForm?.('serialized'))
    }),
    { numRuns: 150 },
  )
})

test('a canonical text with its names in full comes again letter for letter', () => {
  const { canonical } = parse(
    in3(`package a.b; import "google/protobuf/timestamp.proto"; import public "google/protobuf/any.proto";
    option java_package = "x"; message M { reserved 9; reserved "old"; map<string, .a.b.M.In> by = 1; optional int32 some = 2;
    .google.protobuf.Timestamp at = 3 [deprecated = true]; oneof one { string s = 4 [json_name = "other"]; .a.b.E e = 5; }
    message In { map<int32, bytes> deep = 1; } message Last { } } enum E { option allow_alias = true; A = 0; B = 0; }
    service S { rpc Do (stream .a.b.M) returns (.a.b.M.In) { option deprecated = true; } }`),
  )
  assert.equal(parse(serialized(canonical)).canonical, canonical)
})

test('the messages of maps and groups stand behind the others, which keep their indexes', () => {
  const [m] =
    descriptorOf(`syntax = "proto2"; message M { map<string, A> first_one = 1; optional group G = 2 { optional int32 x = 1; }
    message A { } oneof o { group H = 3 { } } message B { } map<int32, B> _two = 4; }`).message_type
  assert.deepEqual(names(m.nested_type), ['A', 'B', 'FirstOneEntry', 'TwoEntry', 'G', 'H'])
  const [entry] = m.nested_type.slice(2)
  assert.deepEqual(entry.options, { map_entry: true })
  assert.deepEqual(entry.field, [
    { name: 'key', number: 1, label: 'LABEL_OPTIONAL', type: 'TYPE_STRING' },
    { name: 'value', number: 2, label: 'LABEL_OPTIONAL', type: 'TYPE_MESSAGE', type_name: '.M.A' },
  ])
  const [map, , inOneof, group] = m.field
  assert.deepEqual([map.label, map.type, map.type_name], ['LABEL_REPEATED', 'TYPE_MESSAGE', '.M.FirstOneEntry'])
  assert.deepEqual([group.name, group.type, group.type_name], ['g', 'TYPE_GROUP', '.M.G'])
  assert.deepEqual([inOneof.name, inOneof.oneof_index], ['h', 0])
})

test('entries of maps that a descriptor has before other messages stay where they are', () => {
  const text = in3(`message M { repeated .M.XEntry x = 1; repeated .M.YEntry y = 2;
    message XEntry { option map_entry = true; string key = 1; int32 value = 2; } message A { }
    message YEntry { option map_entry = true; string key = 1; .M.A value = 2; } }`)
  const again = parse(serialized(text))
  assert.match(again.canonical, /repeated \.M\.XEntry x = 1;\n {2}map<string, \.M\.A> y = 2;/)
  assert.match(again.canonical, /message XEntry \{\n {4}option map_entry = true;/)
  assert.deepEqual(names(read(serialized(again.canonical)).message_type[0].nested_type), ['XEntry', 'A', 'YEntry'])
  assert.equal(
    again.normalized,
    parse(in3('message M { map<string, int32> x = 1; map<string, A> y = 2; message A { } }')).normalized,
  )
  assert.deepEqual(again.incompatibilities(parse(text)), [])
})

test('an optional field of proto3 is a oneof of its own, behind those of the text, with a name that is free', () => {
  const [m] = descriptorOf(
    in3(
      'message M { optional int32 a = 1; oneof _a { int32 c = 2; } int32 Xb = 5; optional int32 _c = 3; optional int32 b = 4; }',
    ),
  ).message_type
  assert.deepEqual(names(m.oneof_decl), ['_a', 'X_a', 'X_c', '_b'])
  assert.deepEqual(
    m.field.map((field: Record<string, unknown>) => [field['name'], field['oneof_index'], field['proto3_optional']]),
    [
      ['a', 1, true],
      ['Xb', undefined, undefined],
      ['_c', 2, true],
      ['b', 3, true],
      ['c', 0, undefined],
    ],
  )
})

test('what a field is worth where it is missing, as protoc writes it', () => {
  for (const [field, text] of [
    ['int32 a = 1 [default = -0x10]', '-16'],
    ['uint64 a = 1 [default = 18446744073709551615]', '18446744073709551615'],
    ['sint32 a = 1 [default = 010]', '8'],
    ['float a = 1 [default = 1e10]', '1e+10'],
    ['float a = 1 [default = 16777217]', '16777216'],
    ['float a = 1 [default = 0.1]', '0.1'],
    ['double a = 1 [default = 1e-7]', '1e-07'],
    ['double a = 1 [default = 0.30000000000000004]', '0.30000000000000004'],
    ['double a = 1 [default = 123456789.125]', '123456789.125'],
    ['double a = 1 [default = -inf]', '-inf'],
    ['double a = 1 [default = nan]', 'nan'],
    ['double a = 1 [default = 100]', '100'],
    ['string a = 1 [default = "x\\n\\"ü"]', 'x\n"ü'],
    ['bytes a = 1 [default = "\\000\\377a\'\\"\\\\\\t"]', '\\000\\377a\\\'\\"\\\\\\t'],
    ['bool a = 1 [default = true]', 'true'],
    ['E a = 1 [default = B]', 'B'],
  ] as const)
    assert.equal(
      descriptorOf(`message M { optional ${field}; enum E { A = 0; B = 1; } }`).message_type[0].field[0].default_value,
      text,
    )
})

test('custom options are read again, with what they are made of', () => {
  const declared = in3(`package lim; import "google/protobuf/descriptor.proto"; import "google/protobuf/any.proto";
    message Limit { int32 most = 1; map<string, sint64> by = 2; Limit in = 3; repeated fixed64 f = 4; bytes b = 5; Kind kind = 6; double d = 7; bool on = 8; google.protobuf.Any any = 9; }
    enum Kind { NONE = 0; SOME = 1; }
    extend google.protobuf.FieldOptions { Limit limit = 50000; repeated Kind kinds = 50001; }
    message Holder { extend google.protobuf.FieldOptions { sfixed32 inner = 50002; } }`)
  const used = (options: string) => in3(`package use; import "limit.proto"; message M { int32 a = 1 [${options}]; }`)
  const references = [{ name: 'limit.proto', text: declared }]
  const given =
    used(`(lim.limit) = { most: -5, by: [{ key: "x", value: -4 }, { key: "y", value: 7 }], in { in { most: 0x10 } }, f: [1, 2],
    b: "\\377\\000", kind: SOME, d: -inf, on: true }, (lim.kinds) = SOME, (lim.kinds) = NONE, (lim.Holder.inner) = -1`)
  const schema = parse(given, references)
  for (const others of [references, [{ name: 'limit.proto', text: serialized(declared) }]]) {
    assert.equal(parse(serialized(given, references), others).normalized, schema.normalized)
  }
  const inParts = serialized(used('(lim.limit).most = 3, (lim.limit).in.d = 2.5'), references)
  assert.equal(
    parse(inParts, references).normalized,
    parse(used('(lim.limit) = { most: 3, in: { d: 2.5 } }'), references).normalized,
  )
  const content = '(lim.limit) = { any { [type.googleapis.com/lim.Limit] { most: 3 } } }'
  assert.match(
    parse(serialized(used(content), references), references).canonical,
    /type_url: "type.*Limit",\s+value: "\\b\\003"/,
  )
})

test('an option that nobody knows, or that does not fit, is left out, and what stands beside it is not', () => {
  const plain = serialized(
    in3('import "google/protobuf/descriptor.proto"; message M { int32 a = 1 [deprecated = true]; }'),
  )
  for (const option of [
    '(nobody) = 1',
    'nothing = 3',
    'ctype = "x"',
    'ctype = NEVER',
    'lazy = 7',
    'lazy = { a: 1 }',
    'targets = [1, x]',
    'features.nothing = 1',
  ]) {
    const text = in3(
      `import "google/protobuf/descriptor.proto"; message M { int32 a = 1 [${option}, deprecated = true]; }`,
    )
    assert.equal(serialized(text), plain, option)
  }
  const other = 'extend google.protobuf.MessageOptions { int32 of_message = 50000; }'
  const [m] = descriptorOf(
    in3(`import "google/protobuf/descriptor.proto"; ${other} message M { int32 a = 1 [(of_message) = 1]; }`),
  ).message_type
  assert.deepEqual(Object.keys(m.field[0]), ['name', 'number', 'label', 'type'])
})

test('imports: each once, and those that are missing for the types that are named', () => {
  const file = descriptorOf(
    in3(`import public "a.proto"; import weak "google/protobuf/any.proto"; import "a.proto";
    message M { google.protobuf.Duration d = 1; B b = 2; } service S { rpc R (google.protobuf.Empty) returns (M); }`),
    [
      { name: 'b.proto', text: in3('message B { }') },
      { name: 'a.proto', text: in3('import public "b.proto"; message A { }') },
    ],
  )
  assert.deepEqual(file.dependency.slice(0, 2), ['a.proto', 'google/protobuf/any.proto'])
  assert.deepEqual(file.dependency.slice(2).toSorted(), [
    'google/protobuf/duration.proto',
    'google/protobuf/empty.proto',
  ])
  assert.deepEqual([file.public_dependency, file.weak_dependency], [[0], [1]])
})

test('editions, features, ranges, extensions', () => {
  const file = descriptorOf(`edition = "2023"; option features.field_presence = IMPLICIT;
    message M { int32 a = 1 [features.field_presence = EXPLICIT]; reserved foo; reserved 5 to 7; extensions 100 to max [verification = UNVERIFIED]; }
    extend M { repeated M more = 100; } enum E { option features.enum_type = CLOSED; A = -1; reserved 3 to 4; reserved old; }`)
  assert.deepEqual([file.syntax, file.edition], ['editions', 'EDITION_2023'])
  assert.equal(file.options.features.field_presence, 'IMPLICIT')
  const [m] = file.message_type
  assert.deepEqual(m.reserved_range, [{ start: 5, end: 8 }])
  assert.deepEqual(m.extension_range, [{ start: 100, end: 536_870_912, options: { verification: 'UNVERIFIED' } }])
  assert.deepEqual(
    [file.extension[0].extendee, file.extension[0].type_name, file.extension[0].label],
    ['.M', '.M', 'LABEL_REPEATED'],
  )
  const [e] = file.enum_type
  assert.deepEqual([e.value[0].number, e.reserved_range, e.reserved_name], [-1, [{ start: 3, end: 4 }], ['old']])
})

test('where it would be too long there is none, and that soon', () => {
  const body = Array.from({ length: 20_000 }, (_, at) => `map<int32,M> f${at}=${at < 18_999 ? at + 1 : at + 2001};`)
  const begun = performance.now()
  const schema = parse(in3(`package ${'a'.repeat(900)}; message M { ${body.slice(0, 5000).join('')} }`))
  assert.equal(schema.inForm?.('serialized'), undefined)
  assert.ok(performance.now() - begun < 5000)
})

test('a descriptor with very many oneofs or maps is read soon, and one with groups in its options as well', () => {
  const numbered = (field: (at: number) => string) =>
    Array.from({ length: 9000 }, (_, at) => `${field(at)} = ${at + 1};`).join('')
  const begun = performance.now()
  for (const body of [numbered((at) => `optional int32 f${at}`), numbered((at) => `map<int32, M> f${at}`)]) {
    const { canonical } = parse(serialized(in3(`message M { ${body} }`)))
    assert.ok(canonical.length > 100_000)
  }
  const options = 'extend google.protobuf.MessageOptions { optional group G = 50000 { optional group H = 1 { } } }'
  const text = `import "google/protobuf/descriptor.proto"; ${options} message M { option (g).h = { }; option deprecated = true; }`
  assert.match(parse(serialized(text)).canonical, /message M \{\n {2}option deprecated = true;\n\}/)
  assert.ok(performance.now() - begun < 5000)
})
