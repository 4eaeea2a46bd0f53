import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidSchemaError } from '../formats/format.ts'
import { protobuf } from './protobuf-format.ts'

function refusal(text: string, references: Parameters<typeof protobuf.parse>[0]['references'] = []): string {
  try {
    protobuf.parse({ text, references })
  } catch (error) {
    assert.ok(error instanceof InvalidSchemaError, String(error))
    return error.message
  }
  return 'taken'
}

const in3 = (body: string) => `syntax = "proto3";\n${body}`

/** Each text beside what its refusal says. */
const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['message', /expected the name of a message, not the end of the text \(line 1, column 8\)/],
  ['message A {\n  optional int32 a 1;\n}', /expected '=', not '1' \(line 2, column 20\)/],
  ['message A { int32 a = 1; }', /needs 'optional', 'required' or 'repeated'.*column 13/],
  ['foo', /expected a message.*not 'foo'/],
  ['syntax = "proto4";', /a syntax that is not known: 'proto4'/],
  ['edition = "1999";', /an edition that is not known/],
  ['message A {} syntax = "proto3";', /the syntax is said once/],
  ['package a; package b;', /a second package/],
  ['message A { /* }', /a comment without its end/],
  ['option a = "b', /a string without its end/],
  ['option a = "\n";', /a string without its end/],
  ['option a = "\\q";', /an escape that a string cannot have/],
  ['option a = "\\777";', /an octal escape ends at/],
  ['option a = 12ab;', /a number that goes on in letters/],
  ['message A { optional int32 ä = 1; }', /no place here: 'ä'/],
  [in3('message A { int32 a = 0; }'), /from 1 to 536870911, not 0/],
  [in3('message A { int32 a = -1; }'), /from 1 to 536870911, not -1/],
  [in3('message A { int32 a = 536870912; }'), /from 1 to 536870911/],
  [in3('message A { int32 a = 1.5; }'), /expected the number of a field, not '1.5'/],
  [in3('message A { int32 a = 08; }'), /expected the number of a field, not '08'/],
  [in3('message A { int32 a = 19000; }'), /19000 to 19999 are kept/],
  [in3('message A { int32 a = 19999; }'), /19000 to 19999 are kept/],
  [in3('message A {\n int32 a = 1;\n int32 b = 1; }'), /has the number 1 twice \(line 4, column 2\)/],
  [in3('message A { int32 a = 1; oneof o { int32 b = 1; } }'), /has the number 1 twice/],
  [in3('message A { int32 a = 1; int32 a = 2; }'), /'a' is defined twice in the message 'A'/],
  [in3('message A { int32 a = 1; oneof a { int32 b = 2; } }'), /'a' is defined twice/],
  [in3('message A { message B {} enum B { X = 0; } }'), /'B' is defined twice/],
  [in3('message A {} message A {}'), /'A' is defined twice in the file/],
  [in3('message A {} service A {}'), /'A' is defined twice in the file/],
  [in3('enum A { X = 0; } enum B { X = 0; }'), /'X' is defined twice in the file/],
  [in3('service S { rpc M (A) returns (A); rpc M (A) returns (A); } message A {}'), /'M' is defined twice/],
  [in3('message A { reserved 1; int32 a = 1; }'), /reserves the number 1, which 'a' has/],
  [in3('message A { reserved 5 to max; int32 a = 500; }'), /reserves the number 500/],
  [in3('message A { reserved "a"; int32 a = 1; }'), /reserves the name 'a'/],
  [in3('message A { reserved "a", "a"; }'), /reserves the name 'a' twice/],
  [in3('message A { reserved 1 to 5, 5; }'), /the number 5 in two ranges/],
  [in3('message A { reserved 5 to 1; }'), /from 5 to 536870911, not 1/],
  ['message A { extensions 5 to 9; optional int32 a = 7; }', /leaves the number 7 to extensions/],
  ['message A { extensions 5 to 9; reserved 9; }', /the number 9 in two ranges/],
  [in3('enum A { X = 1; }'), /begins with 1, and in proto3 with 0/],
  [in3('enum A { }'), /has no constant/],
  [in3('enum A { X = 0; Y = 0; }'), /has the number 0 twice, and does not say allow_alias/],
  [in3('enum A { X = 2147483648; }'), /from -2147483648 to 2147483647/],
  [in3('enum A { X = 0; reserved 1; Y = 1; }'), /reserves the number 1/],
  [in3('enum A { X = 0; reserved "Y"; Y = 1; }'), /reserves the name 'Y'/],
  [in3('message A { required int32 a = 1; }'), /proto3 has no 'required'/],
  ['edition = "2023"; message A { optional int32 a = 1; }', /editions have no 'optional'/],
  [in3('message A { repeated map<string, int32> a = 1; }'), /a map has no label/],
  [in3('message A { map<double, int32> a = 1; }'), /cannot be of the type double/],
  [in3('message A { oneof o { map<string, int32> a = 1; } }'), /a map cannot be in a oneof/],
  [in3('message A { oneof o { repeated int32 a = 1; } }'), /a field of a oneof has no label/],
  ['message A { optional group b = 1 {} }', /begins with a capital letter/],
  [in3('message A { B b = 1; }'), /the field 'b' is of the type 'B', which is not found/],
  [in3('message A { map<string, B> b = 1; }'), /of the type 'B', which is not found/],
  [in3('package a.b; message A { .b.A a = 1; }'), /'.b.A', which is not found/],
  [in3('service S { rpc M (A) returns (B); } message A {}'), /the message 'B' is not found/],
  [in3('service S { rpc M (A) returns (E); } message A {} enum E { X = 0; }'), /'E' is an enum/],
  ['extend A { optional int32 a = 1; }', /the message 'A' is not found/],
  [in3('import "other.proto";'), /'other.proto' is not among the references \S* ?.*line 2, column 1/],
]

test('what is no schema is refused, with what is wrong and where', () => {
  for (const [text, message] of REFUSED) assert.match(refusal(text), message, text)
})

test('what an imported file imports must be given as well', () => {
  const references = [{ name: 'a.proto', text: in3('import "b.proto";') }]
  assert.match(refusal(in3('import "a.proto";'), references), /'a.proto' imports 'b.proto', which is not among/)
})

test('files that import each other are refused', () => {
  const references = [
    { name: 'c.proto', text: in3('') },
    { name: 'a.proto', text: in3('import "b.proto"; import "c.proto";') },
    { name: 'b.proto', text: in3('import "a.proto";') },
  ]
  assert.match(refusal(in3('import "a.proto";'), references), /'[ab].proto' imports itself/)
})

test('a reference that is no schema is refused', () => {
  assert.match(refusal(in3('import "a.proto";'), [{ name: 'a.proto', text: 'message' }]), /the name of a message/)
})

/** Texts that ask for much more than they are worth, each beside what becomes of it. */
const HOSTILE: readonly (readonly [string, () => string, RegExp])[] = [
  ['messages within messages', () => 'message A {'.repeat(90_000), /messages go deeper than 100/],
  [
    'groups within groups',
    () => `message A {${'optional group B = 1 {'.repeat(40_000)}`,
    /messages go deeper than 100/,
  ],
  [
    'values within values',
    () => `option (a) = ${'{a:'.repeat(300_000)}`,
    /the value of an option goes deeper than 100/,
  ],
  ['lists within lists', () => `option (a) = ${'['.repeat(900_000)}`, /the value of an option goes deeper than 100/],
  ['a name of many parts', () => `option (a)${'.a'.repeat(400_000)} = 1;`, /has more than 100 parts/],
  ['a long package', () => `package a${'.a'.repeat(400_000)}; message A {}`, /longer than 1000 characters/],
  ['a long name', () => `message ${'a'.repeat(900_000)} {}`, /longer than 1000 characters/],
  ['a type of many parts', () => `message A { optional a${'.a'.repeat(400_000)} b = 1; }`, /which is not found/],
  ['a number of many digits', () => in3(`message A { int32 a = ${'9'.repeat(900_000)}; }`), /from 1 to 536870911/],
  ['a string of backslashes', () => `option a = "${'\\'.repeat(900_000)}`, /an escape|without its end/],
  ['a text that grows when it is written', () => grows(), /written out, is longer than/],
  ['many parts of one option', () => manyParts(), /taken/],
  ['a chain of messages', () => chain(30_000), /taken/],
]

/** Short types in a package with a long name. */
function grows(): string {
  const fields = Array.from({ length: 15_000 }, (_, index) => `A f${index} = ${index + 1};`)
  return in3(`package ${'p'.repeat(900)}; message A { ${fields.join('')} }`)
}

function manyParts(): string {
  const start =
    'import "google/protobuf/descriptor.proto"; extend google.protobuf.FileOptions { optional X x = 50000; }'
  return `${start} message X { repeated int32 f = 1; } ${'option (x).f = 1;'.repeat(50_000)}`
}

function chain(length: number): string {
  const messages = Array.from({ length }, (_, index) => `message A${index} { A${index + 1} a = 1; }`)
  return in3(`${messages.join('')} message A${length} {}`)
}

test('a text that was made to be slow ends soon', () => {
  for (const [what, make, message] of HOSTILE) {
    const before = performance.now()
    assert.match(refusal(make()), message, what)
    // It takes a fraction of a second; a machine that is busy gets more.
    assert.ok(performance.now() - before < 10_000, what)
  }
})

test('a long chain of imported types is compared', () => {
  const text = in3('import "chain.proto"; message Order { A0 a = 1; }')
  const schemas = ['', 'int32 z = 9;'].map((more) => {
    const references = [
      { name: 'chain.proto', text: chain(20_000).replace('message A20000 {', `message A20000 { ${more}`) },
    ]
    return protobuf.parse({ text, references })
  })
  const [before, after] = schemas
  assert.ok(before !== undefined && after !== undefined)
  assert.deepEqual(after.incompatibilities(before), [])
})

test('types that branch and hold each other are compared once for each pair', () => {
  const branching = (type: string) => {
    const messages = Array.from(
      { length: 60 },
      (_, i) => `message A${i} { A${i + 1} a = 1; A${i + 1} b = 2; A0 c = 3; }`,
    )
    return [{ name: 'a.proto', text: in3(`${messages.join('')} message A60 { ${type} a = 1; }`) }]
  }
  const text = in3('import "a.proto"; message Order { A0 a = 1; }')
  const before = protobuf.parse({ text, references: branching('int32') })
  const after = protobuf.parse({ text, references: branching('string') })
  // One for the field itself, and one for each field that leads to it.
  assert.equal(after.incompatibilities(before).length, 1 + 60 * 3 + 1)
})
