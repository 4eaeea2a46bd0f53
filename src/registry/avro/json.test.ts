import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { InvalidSchemaError } from '../formats/format.ts'
import { equalJson, floatOf, isInteger, type Json, jsonDepth, jsonText, sortedJson } from './json.ts'
import { depthMax, readJson } from './json-reader.ts'

const rewritten = (text: string): string => jsonText(readJson(text))

const invalid = (message: RegExp) => ({ name: 'InvalidSchemaError', message })

test('what JavaScript writes is read, and means the same when it is written again', () => {
  const json = fc.jsonValue({ noUnicodeString: false })
  fc.assert(
    fc.property(json, (value) =>
      assert.deepEqual(JSON.parse(rewritten(JSON.stringify(value))), JSON.parse(JSON.stringify(value))),
    ),
  )
})

test('no text ends in anything but a value or InvalidSchemaError', () => {
  const part = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '1',
    '-',
    '.',
    'e',
    'true',
    'null',
    '\\',
    'u',
    '/',
    '*',
    ' ',
    '\n',
    'é',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = parts.join('')
      let isJson = true
      try {
        JSON.parse(text)
      } catch {
        isJson = false
      }
      try {
        readJson(text)
      } catch (error) {
        assert.ok(error instanceof InvalidSchemaError && !isJson, `${text}: ${error}`)
      }
    }),
    { numRuns: 2000 },
  )
})

test('names keep their order, also those of digits, and the last of two values holds', () => {
  assert.equal(rewritten('{"b":1,"2":2,"1":3,"b":4,"__proto__":5}'), '{"b":4,"2":2,"1":3,"__proto__":5}')
})

test('comments are white space', () => {
  assert.equal(rewritten('// one\n[1, /* two */ 2 // three\r\n ]'), '[1,2]')
  assert.throws(() => readJson('/* [1]'), invalid(/a comment has no end at character 1/))
  assert.throws(() => readJson('/ [1]'), invalid(/begins no comment/))
})

test('numbers are written as Java writes them', () => {
  const cases = [
    ...[
      ['-0', '0'],
      ['-0.0', '-0.0'],
      ['0e5', '0.0'],
      ['1.0', '1.0'],
      ['1E2', '100.0'],
      ['0.001', '0.001'],
      ['0.00012', '1.2E-4'],
    ],
    ...[
      ['9999999.0', '9999999.0'],
      ['1e7', '1.0E7'],
      ['12345678.9', '1.23456789E7'],
      ['4.9e-324', '4.9E-324'],
      ['1e400', '"Infinity"'],
    ],
    ...[
      ['123456789012345678901234567890', '123456789012345678901234567890'],
      ['-1.5e300', '-1.5E300'],
    ],
  ]
  for (const [text = '', expected] of cases) assert.equal(rewritten(text), expected)
})

test('strings are escaped as Jackson escapes them', () => {
  assert.equal(rewritten('"\\u001f\\u000a\\/\\\\u001f\\u00e9\u2028"'), '"\\u001F\\n/\\\\u001fé\u2028"')
  assert.throws(() => readJson('"a\tb"'), invalid(/control character/))
  assert.throws(() => readJson('"\\x"'), invalid(/unknown escape/))
  assert.throws(() => readJson('"\\u00g0"'), invalid(/four digits/))
})

test('an error says where', () => {
  assert.throws(() => readJson('{"a":1 "b"}'), invalid(/^not JSON: a ',' or '}' is missing at character 8$/))
  assert.throws(() => readJson('[1] x'), invalid(/^not JSON: something follows at character 5$/))
  assert.throws(() => readJson(''), invalid(/a value is missing at character 1/))
})

test('depth and the length of a number are bounded', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  assert.equal(jsonDepth(readJson(nested(depthMax))), depthMax)
  for (const depth of [depthMax + 2, 500_000]) assert.throws(() => readJson(nested(depth)), invalid(/deeper than 200/))
  assert.throws(() => readJson('1'.repeat(1001)), invalid(/more than 1000 digits/))
})

test('values are equal in any order of names, but not a whole number and another one', () => {
  const equal = (a: string, b: string): boolean => equalJson(readJson(a), readJson(b))
  assert.ok(equal('{"a":[1,{"b":null}],"c":1.50}', '{"c":1.5,"a":[1,{"b":null}]}'))
  for (const other of ['{"a":1.0}', '{"a":"1"}', '{"b":1}', '{"a":1,"b":1}', '{"a":[1]}', '{"a":null}', '[]', 'null']) {
    assert.ok(!equal('{"a":1}', other), other)
  }
  assert.ok(!equal('[1,2]', '[2,1]'))
})

test('names are put in order at any depth', () => {
  assert.equal(
    jsonText(sortedJson(readJson('{"b":[{"d":1,"c":2}],"a":{"f":1,"e":2}}'))),
    '{"a":{"e":2,"f":1},"b":[{"c":2,"d":1}]}',
  )
})

test('whole numbers are told by their bits', () => {
  const fits = (text: string, bits: 32 | 64): boolean => isInteger(readJson(text) satisfies Json, bits)
  assert.deepEqual(
    [fits('2147483647', 32), fits('2147483648', 32), fits('-2147483648', 32), fits('1.0', 32)],
    [true, false, true, false],
  )
  assert.deepEqual([fits('9223372036854775807', 64), fits('-9223372036854775809', 64)], [true, false])
})

test('a float has the shortest digits that mean it', () => {
  assert.deepEqual(
    [0.1, 0.123456789, 16777217, 1e10, 3.4028235e38].map(floatOf),
    [0.1, 0.12345679, 16777216, 1e10, 3.4028235e38],
  )
})
