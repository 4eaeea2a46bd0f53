import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidSchemaError, type ParsedSchema } from '../formats/format.ts'
import { avro } from './avro-format.ts'
import { SchemaGenerator } from './testdata/schema-fixture.ts'
import { malformed, wellFormed } from './testdata/text-fixture.ts'

function parse(text: string, ...references: readonly string[]): ParsedSchema {
  return avro.parse({ text, references: references.map((it, i) => ({ name: `ref${i}`, text: it })) })
}

const invalid = (message: RegExp) => ({ name: 'InvalidSchemaError', message })

const record = (...fields: readonly string[]): string => `{"type":"record","name":"R","fields":[${fields.join(',')}]}`

test('what is no schema is refused, whatever is wrong with it', () => {
  for (const it of malformed) {
    const { text, references } = typeof it === 'string' ? { text: it, references: [] } : it
    assert.throws(() => parse(text, ...references), InvalidSchemaError, text)
  }
})

test('what is one is read, and its text means the same', () => {
  for (const it of wellFormed) {
    const { text, references } = typeof it === 'string' ? { text: it, references: [] } : it
    const schema = parse(text, ...references)
    assert.equal(parse(schema.canonical, ...references).canonical, schema.canonical, text)
  }
})

test('a message says where, and what', () => {
  const cases: [string, RegExp][] = [
    [
      record('{"name":"a","type":"int"}', '{"name":"b","type":["null",{"type":"array","items":"X"}]}'),
      /^fields\[1\]\.type\[1\]\.items: there is no type 'X'$/,
    ],
    [record('{"name":"a"}'), /^fields\[0\]: 'type' is missing$/],
    [record('{"name":"a","type":"int"}', '{"name":"a","type":"int"}'), /^fields\[1\]: there is a field 'a' before it$/],
    [record('{"name":"a-b","type":"int"}'), /^fields\[0\]\.name: 'a-b' is no name/],
    [
      record('{"name":"a","type":"int","default":"x"}'),
      /^fields\[0\]\.default: "x" is no default for a field 'a' of int$/,
    ],
    [
      record('{"name":"a","type":{"type":"enum","name":"E","symbols":["A","A"]}}'),
      /^fields\[0\]\.type\.symbols\[1\]: /,
    ],
    [record('{"name":"a","type":{"type":"fixed","name":"x.R","size":-1}}'), /^fields\[0\]\.type\.size: /],
    ['["int",["string"]]', /^the schema: a union has no union within it$/],
    ['{"type":"map","values":["int","int"]}', /^values: 'int' is in the union twice$/],
    ['{"type":"Foo"}', /^type: 'Foo' is no type with attributes$/],
    [
      record(
        '{"name":"a","type":{"type":"fixed","name":"F","size":1}}',
        '{"name":"b","type":{"type":"fixed","name":"F","size":2}}',
      ),
      /^fields\[1\]\.type: 'F' is defined before/,
    ],
  ]
  for (const [text, message] of cases) assert.throws(() => parse(text), invalid(message), text)
  assert.throws(() => parse('"int"', '"x.Y"'), invalid(/^reference 'ref0': the schema: there is no type 'x\.Y'$/))
})

test('attributes stay, in the order in which Java writes them', () => {
  const text = `{"z": 1, "aliases": ["S", "b.T"], "fields": [
    {"order": "Descending", "x": {"b":1,"a":2}, "default": null, "type": ["null", "int"], "name": "f", "doc": "d", "aliases": ["g"]},
    {"type": {"symbols": ["A", "B"], "default": "B", "y": 2, "name": "E", "type": "enum", "aliases": ["F"]}, "name": "e"},
    {"type": {"type": "bytes", "logicalType": "decimal", "scale": 2, "precision": 9}, "name": "d", "order": "ascending"},
    {"type": "E", "name": "again"}
  ], "doc": "D", "namespace": "a", "name": "R", "type": "record"}`
  assert.equal(
    parse(text).canonical,
    '{"type":"record","name":"R","namespace":"a","doc":"D","fields":[' +
      '{"name":"f","type":["null","int"],"doc":"d","default":null,"order":"descending","aliases":["g"],"x":{"b":1,"a":2}},' +
      '{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"],"default":"B","y":2,"aliases":["F"]}},' +
      '{"name":"d","type":{"type":"bytes","logicalType":"decimal","scale":2,"precision":9}},' +
      '{"name":"again","type":"E"}],"z":1,"aliases":["S","b.T"]}',
  )
})

test('texts of one meaning have one normal text', () => {
  const one = `{"type":"record","name":"a.R","doc":"","b":1,"a":{"d":1,"c":2},"aliases":["a.Z","a.Y"],"fields":[
    {"name":"f","type":"double","default":1,"aliases":["h","g"]},
    {"name":"t","type":{"type":"long","note":1,"logicalType":"timestamp-millis"},"order":"ascending"},
    {"name":"m","type":{"type":"map","values":["null","float"]},"default":{"b":1,"a":null}},
    {"name":"d","type":{"type":"bytes","scale":2,"x":1,"precision":9,"logicalType":"decimal"}},
    {"name":"w","type":{"type":"string","scale":0,"logicalType":"decimal"}}]}`
  const other = `{"namespace":"a","name":"R","type":"record","aliases":["Y","Z"],"a":{"c":2,"d":1},"b":1,"fields":[
    {"default":1.0,"name":"f","type":{"type":"double"},"aliases":["g","h"]},
    {"name":"t","type":{"logicalType":"timestamp-millis","type":"long","note":1}},
    {"name":"m","type":{"values":["null","float"],"type":"map"},"default":{"a":null,"b":1.0}},
    {"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2,"x":1}},
    {"name":"w","type":{"type":"string","logicalType":"decimal","scale":0}}]}`
  assert.notEqual(parse(one).canonical, parse(other).canonical)
  assert.equal(parse(one).normalized, parse(other).normalized)
  assert.equal(
    parse(one).normalized,
    '{"type":"record","name":"R","namespace":"a","fields":[' +
      '{"name":"f","type":"double","default":1.0,"aliases":["g","h"]},' +
      '{"name":"t","type":{"type":"long","logicalType":"timestamp-millis","note":1}},' +
      '{"name":"m","type":{"type":"map","values":["null","float"]},"default":{"a":null,"b":1.0}},' +
      '{"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2,"x":1}},' +
      '{"name":"w","type":{"type":"string","logicalType":"decimal","scale":0}}],' +
      '"a":{"c":2,"d":1},"b":1,"aliases":["Y","Z"]}',
  )
})

test('a logical type comes first where it fits its type only', () => {
  const isFirst = (attributes: string): boolean =>
    /^\{"type":"\w+",("name":"F","size":\d+,)?"logicalType"/.test(parse(`{"a":1,${attributes}}`).normalized)
  const fitting = [
    ...[
      '"type":"int","logicalType":"date"',
      '"type":"long","logicalType":"local-timestamp-nanos"',
      '"type":"string","logicalType":"uuid"',
    ],
    ...[
      '"type":"fixed","name":"F","size":12,"logicalType":"duration"',
      '"type":"fixed","name":"F","size":16,"logicalType":"uuid"',
    ],
    ...[
      '"type":"fixed","name":"F","size":4,"precision":9,"logicalType":"decimal"',
      '"type":"bytes","logicalType":"big-decimal"',
    ],
  ]
  const other = [
    ...[
      '"type":"long","logicalType":"date"',
      '"type":"string","logicalType":"constructor"',
      '"type":"int","logicalType":1',
    ],
    ...['"type":"bytes","logicalType":"decimal"', '"type":"bytes","precision":2,"scale":3,"logicalType":"decimal"'],
    ...[
      '"type":"bytes","precision":2.0,"logicalType":"decimal"',
      '"type":"bytes","precision":0,"logicalType":"decimal"',
    ],
    ...[
      '"type":"fixed","name":"F","size":4,"precision":10,"logicalType":"decimal"',
      '"type":"fixed","name":"F","size":4,"logicalType":"uuid"',
    ],
    '"type":"string","avro.java.string":"String","logicalType":"uuid"',
  ]
  for (const attributes of fitting) assert.ok(isFirst(attributes), attributes)
  for (const attributes of other) assert.ok(!isFirst(attributes), attributes)
})

test('names are of the namespace that they stand in', () => {
  const text = `{"type":"record","name":"a.R","fields":[
    {"name":"f","type":{"type":"fixed","name":"F","size":1}},
    {"name":"g","type":{"type":"record","name":"S","namespace":"","fields":[{"name":"f","type":"a.F"},{"name":"r","type":["null","a.R"]}]}},
    {"name":"h","type":"S"}, {"name":"i","type":"a.F"}, {"name":"j","type":"F"}]}`
  const canonical =
    '{"type":"record","name":"R","namespace":"a","fields":[{"name":"f","type":{"type":"fixed","name":"F","size":1}},' +
    '{"name":"g","type":{"type":"record","name":"S","namespace":"","fields":[{"name":"f","type":"a.F"},{"name":"r","type":["null","a.R"]}]}},' +
    '{"name":"h","type":"S"},{"name":"i","type":"F"},{"name":"j","type":"F"}]}'
  assert.deepEqual([parse(text).canonical, parse(text).normalized, parse(text).name], [canonical, canonical, 'a.R'])
  assert.deepEqual([parse('"int"').name, parse('{"type":"enum","name":"E","symbols":[]}').name], [undefined, undefined])
})

test('a type can be used before it is defined, and is then defined where it is used', () => {
  const text = record(
    '{"name":"f","type":["null","S"]}',
    '{"name":"g","type":{"type":"record","name":"S","fields":[]}}',
  )
  assert.equal(
    parse(text).canonical,
    record('{"name":"f","type":["null",{"type":"record","name":"S","fields":[]}]}', '{"name":"g","type":"S"}'),
  )
})

test('a type of a reference is named, and not defined', () => {
  const address =
    '{"type":"record","name":"x.Address","fields":[{"name":"zip","type":{"type":"fixed","name":"Zip","size":5}}]}'
  const person = '{"type":"record","name":"x.Person","fields":[{"name":"home","type":"Address"}]}'
  const text =
    '{"type":"record","name":"y.Order","fields":[{"name":"from","type":"x.Person"},{"name":"to","type":"x.Address"}]}'
  const schema = parse(text, address, person)
  const canonical =
    '{"type":"record","name":"Order","namespace":"y","fields":[{"name":"from","type":"x.Person"},{"name":"to","type":"x.Address"}]}'
  assert.deepEqual([schema.canonical, schema.normalized], [canonical, canonical])
  assert.throws(() => parse(text, address), invalid(/^fields\[0\]\.type: there is no type 'x\.Person'$/))
  assert.throws(() => parse(text, person, address), invalid(/^reference 'ref0'/))
  // It is known all the same: what it has is compared.
  const longer = parse(text, address.replace('5', '6'), person)
  assert.deepEqual(
    longer.incompatibilities(schema).map(({ type }) => type),
    ['FIXED_SIZE_MISMATCH', 'FIXED_SIZE_MISMATCH'],
  )
})

test('a default has the type of its field, of any branch where that is a union', () => {
  const isValid = (type: string, value: string): boolean => {
    try {
      parse(record(`{"name":"f","type":${type},"default":${value}}`))
      return true
    } catch (error) {
      assert.ok(error instanceof InvalidSchemaError)
      return false
    }
  }
  const inner =
    '{"type":"record","name":"S","fields":[{"name":"a","type":"int"},{"name":"b","type":["null","int"],"default":null}]}'
  assert.ok(isValid('["null","int"]', '1') && isValid('["int","null"]', 'null') && !isValid('["int","null"]', '"x"'))
  assert.ok(
    isValid(inner, '{"a":1}') &&
      isValid(inner, '{"a":1,"b":2}') &&
      !isValid(inner, '{"b":2}') &&
      !isValid(inner, '{"a":1,"b":"x"}'),
  )
  assert.ok(
    isValid('"float"', '"NaN"') &&
      isValid('"float"', '1') &&
      !isValid('"float"', '"one"') &&
      !isValid('"float"', 'true'),
  )
  assert.ok(isValid('["null","R"]', 'null') && !isValid('["null","R"]', '{"f":null}') && !isValid('"R"', '{}'))
})

test('generated schemas are written as they are read, and can be read by themselves', () => {
  const generator = new SchemaGenerator(1)
  let read = 0
  for (let i = 0; i < 500; i++) {
    const schema = attempt(generator.text())
    if (schema === undefined) continue
    read++
    const again = parse(schema.canonical)
    const normal = parse(schema.normalized)
    assert.deepEqual([again.canonical, again.normalized], [schema.canonical, schema.normalized])
    assert.deepEqual([normal.canonical, normal.normalized], [schema.normalized, schema.normalized])
    if (schema.canonical.includes('"aliases"')) continue
    assert.deepEqual(schema.incompatibilities(again), [], schema.canonical)
  }
  assert.ok(read > 400, String(read))
})

test('a text with a flaw is read or refused, and nothing else', () => {
  const generator = new SchemaGenerator(2)
  const read = Array.from({ length: 1000 }, () => attempt(generator.mutant())).filter((it) => it !== undefined).length
  assert.ok(read > 100 && read < 500, String(read))
})

function attempt(text: string): ParsedSchema | undefined {
  try {
    return parse(text)
  } catch (error) {
    assert.ok(error instanceof InvalidSchemaError, `${text}: ${error}`)
    return undefined
  }
}

test('a type that is named as one of Avro is written in full', () => {
  const text = '{"type":"record","name":"map","namespace":"a","fields":[{"name":"f","type":["null","a.map"]}]}'
  assert.equal(parse(text).canonical, text)
})

test('in a normal text an error is a record, and a float has no more digits than it can', () => {
  const text = '{"type":"error","name":"R","fields":[{"name":"f","type":"float","default":0.123456789}]}'
  assert.equal(parse(text).canonical, text)
  assert.equal(parse(text).normalized, record('{"name":"f","type":"float","default":0.12345679}'))
})

test('a definition that comes twice is the same one, but for its documentation and aliases', () => {
  const twice = (one: string, other: string): string =>
    record(
      `{"name":"f","type":{"type":"fixed","name":"F","size":1${one}}}`,
      `{"name":"g","type":{"type":"fixed","name":"F","size":1${other}}}`,
    )
  assert.match(parse(twice(',"x":1', ',"doc":"d","x":1,"aliases":["G"]')).canonical, /"name":"g","type":"F"/)
  assert.throws(() => parse(twice(',"x":1', ',"x":2')), invalid(/defined before/))
})
