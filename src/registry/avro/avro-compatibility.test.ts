import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Incompatibility, ParsedSchema } from '../formats/format.ts'
import { avro } from './avro-format.ts'

const parse = (text: string): ParsedSchema => avro.parse({ text, references: [] })

const record = (name: string, ...fields: readonly string[]): string =>
  `{"type":"record","name":"${name}","fields":[${fields.join(',')}]}`
const field = (name: string, type: string, rest = ''): string => `{"name":"${name}","type":${type}${rest}}`

/** Kinds with their places. */
function found(reader: string, writer: string): readonly string[] {
  return parse(reader)
    .incompatibilities(parse(writer))
    .map(({ type, description }) => `${type} ${placeIn(description)}`)
}

function placeIn(description: string): string {
  return /\(path '([^']*)'\)/.exec(description)?.[1] ?? ''
}

const only = (reader: string, writer: string): Incompatibility => {
  const [first, ...others] = parse(reader).incompatibilities(parse(writer))
  assert.ok(first !== undefined && others.length === 0)
  return first
}

test('primitives are read by themselves, and by what they are promoted to', () => {
  const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']
  const pairs = primitives.flatMap((reader) => primitives.map((writer) => [reader, writer] as const))
  const promoted = pairs.filter(
    ([reader, writer]) => reader !== writer && found(`"${reader}"`, `"${writer}"`).length === 0,
  )
  assert.deepEqual(
    promoted.map(([reader, writer]) => `${writer}->${reader}`),
    [
      'int->long',
      'int->float',
      'long->float',
      'int->double',
      'long->double',
      'float->double',
      'string->bytes',
      'bytes->string',
    ],
  )
  for (const name of primitives) assert.deepEqual(found(`"${name}"`, `"${name}"`), [])
})

test('each kind tells what is wrong, where, and its detail', () => {
  const cases: [string, string, Incompatibility][] = [
    [
      record('R', field('a', '"int"')),
      record('R', field('a', '"string"')),
      {
        type: 'TYPE_MISMATCH',
        description:
          "a type (path '/fields/0/type') in the reader schema cannot read the writer schema's: reader type: INT not compatible with writer type: STRING",
        additionalInfo: 'reader type: INT not compatible with writer type: STRING',
      },
    ],
    [
      record('R', field('a', '"int"'), field('b', '"int"')),
      record('R', field('a', '"int"')),
      {
        type: 'READER_FIELD_MISSING_DEFAULT_VALUE',
        description:
          "field 'b' (path '/fields/1') of the reader schema has no default, and the writer schema does not have it",
        additionalInfo: 'b',
      },
    ],
    [
      record('x.R'),
      record('x.S'),
      {
        type: 'NAME_MISMATCH',
        description:
          "the name of a type (path '/name') in the reader schema is neither the writer schema's nor has that for an alias: expected: x.S",
        additionalInfo: 'expected: x.S',
      },
    ],
    [
      '{"type":"fixed","name":"F","size":4}',
      '{"type":"fixed","name":"F","size":8}',
      {
        type: 'FIXED_SIZE_MISMATCH',
        description:
          "the size of a fixed type (path '/size') in the reader schema is not the writer schema's: expected: 8, found: 4",
        additionalInfo: 'expected: 8, found: 4',
      },
    ],
    [
      '{"type":"enum","name":"E","symbols":["A"]}',
      '{"type":"enum","name":"E","symbols":["C","A","B"]}',
      {
        type: 'MISSING_ENUM_SYMBOLS',
        description:
          "an enum (path '/symbols') in the reader schema lacks symbols of the writer schema, and has no default: [B, C]",
        additionalInfo: '[B, C]',
      },
    ],
    [
      record('R', field('u', '["null","int"]')),
      record('R', field('u', '["null","string"]')),
      {
        type: 'MISSING_UNION_BRANCH',
        description:
          "a union (path '/fields/0/type/1') in the reader schema has no branch for a type of the writer schema: reader union lacking writer type: STRING",
        additionalInfo: 'reader union lacking writer type: STRING',
      },
    ],
  ]
  for (const [reader, writer, expected] of cases) assert.deepEqual(only(reader, writer), expected)
})

test('a field of the reader is found by its name or an alias, or has a default', () => {
  const writer = record('R', field('a', '"int"'))
  assert.deepEqual(found(record('R', field('b', '"long"', ',"aliases":["a"]')), writer), [])
  assert.deepEqual(found(record('R', field('b', '"int"', ',"default":1')), writer), [])
  assert.deepEqual(found(record('R', field('b', '["null","int"]', ',"default":null')), writer), [])
  assert.deepEqual(found(record('R', field('b', '"int"')), writer), ['READER_FIELD_MISSING_DEFAULT_VALUE /fields/0'])
  assert.deepEqual(found(record('R', field('b', '"string"', ',"aliases":["a"]')), writer), [
    'TYPE_MISMATCH /fields/0/type',
  ])
  assert.deepEqual(found(record('R'), writer), [])
})

test('a field that stands for several of the writer is told, and nothing is thrown', () => {
  const reader = record('R', field('a', '"int"', ',"aliases":["b"]'))
  const { type, description, additionalInfo } = only(reader, record('R', field('a', '"int"'), field('b', '"int"')))
  assert.deepEqual([type, additionalInfo], ['NAME_MISMATCH', 'a'])
  assert.match(description, /'a' \(path '\/fields\/0'\).*several fields of the writer schema.*'a', 'b'/)
})

test('names are the same without their namespaces, and aliases are whole', () => {
  assert.deepEqual(found(record('a.R'), record('b.R')), [])
  const aliased = (name: string, alias: string): string =>
    `{"type":"record","name":"${name}","aliases":["${alias}"],"fields":[]}`
  assert.deepEqual(found(aliased('a.R', 'S'), record('a.S')), [])
  assert.deepEqual(found(aliased('a.R', 'b.S'), record('b.S')), [])
  assert.deepEqual(found(aliased('a.R', 'S'), record('b.S')), ['NAME_MISMATCH /name'])
  assert.deepEqual(found(aliased('a.R', '.S'), record('S')), ['NAME_MISMATCH /name'])
  assert.deepEqual(found(aliased('R', 'S'), record('S')), [])
})

test('an enum with a default reads any symbol', () => {
  const writer = '{"type":"enum","name":"E","symbols":["A","B"]}'
  assert.deepEqual(found('{"type":"enum","name":"E","symbols":["A"],"default":"A"}', writer), [])
  assert.deepEqual(found('{"type":"enum","name":"E","symbols":["A","B","C"]}', writer), [])
  // It is no default of a field.
  const reader = record('R', field('e', '{"type":"enum","name":"E","symbols":["A"],"default":"A"}'))
  assert.deepEqual(found(reader, record('R')), ['TYPE_MISMATCH /fields/0/type'])
})

test('unions: each branch of the writer has one of the reader', () => {
  assert.deepEqual(found('["int","string"]', '"int"'), [])
  assert.deepEqual(found('["long","string"]', '["int","bytes"]'), [])
  assert.deepEqual(found('["int","null"]', '"boolean"'), ['MISSING_UNION_BRANCH /'])
  assert.deepEqual(found('"long"', '["int","long"]'), [])
  assert.deepEqual(found('"int"', '["int","null","string"]'), ['TYPE_MISMATCH /1', 'TYPE_MISMATCH /2'])
  assert.deepEqual(found('{"type":"array","items":["null","int"]}', '{"type":"array","items":["string","null"]}'), [
    'MISSING_UNION_BRANCH /items/0',
  ])
  const one = record('R', field('a', '"int"'))
  assert.deepEqual(found(`[${one},"null"]`, record('R', field('a', '"string"'))), ['MISSING_UNION_BRANCH /'])
})

test('what is wrong deep within is told with all that leads there', () => {
  const nested = (leaf: string): string =>
    record(
      'R',
      field('a', `{"type":"array","items":{"type":"map","values":${record('S', field('b', leaf), field('c', leaf))}}}`),
    )
  assert.deepEqual(found(nested('"int"'), nested('"string"')), [
    'TYPE_MISMATCH /fields/0/type/items/values/fields/0/type',
    'TYPE_MISMATCH /fields/0/type/items/values/fields/1/type',
  ])
})

test('types within themselves are compared once', () => {
  const list = (value: string): string => record('List', field('value', value), field('next', '["null","List"]'))
  assert.deepEqual(found(list('"long"'), list('"int"')), [])
  assert.deepEqual(found(list('"int"'), list('"long"')), ['TYPE_MISMATCH /fields/0/type'])
  const tree = (value: string): string =>
    record('Tree', field('children', '{"type":"array","items":"Tree"}'), field('value', value))
  assert.deepEqual(found(tree('"int"'), tree('"string"')), ['TYPE_MISMATCH /fields/1/type'])
})

test('a schema of another format is one incompatibility', () => {
  const other: ParsedSchema = {
    type: 'JSON',
    canonical: '{}',
    normalized: '{}',
    name: undefined,
    incompatibilities: () => [],
  }
  assert.deepEqual(
    parse('"int"')
      .incompatibilities(other)
      .map(({ type }) => type),
    ['TYPE_MISMATCH'],
  )
})
