import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { InvalidSchemaError } from '../formats/format.ts'
import { jsonDepthMax, parseJson } from './json-node.ts'
import { canonicalText, equalityText, plainValue, sortedText } from './json-text.ts'

const canonical = (text: string): string => canonicalText(parseJson(text))

describe('JSON', () => {
  test('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        assert.deepEqual(plainValue(parseJson(text)), JSON.parse(text))
        assert.deepEqual(JSON.parse(canonical(text)), JSON.parse(text))
      }),
    )
  })

  test('is refused where JSON.parse refuses it', () => {
    const broken = [
      '',
      ' ',
      '{',
      '[1,]',
      '{"a":1,}',
      '{"a" 1}',
      '{a:1}',
      '[1 2]',
      '"\u0001"',
      '"\\x"',
      '"abc',
      '01',
      '1.',
      '.5',
    ]
    for (const text of [
      ...broken,
      '+1',
      '1e',
      'NaN',
      'tru',
      'nul',
      '{} {}',
      "{'a':1}",
      '[1]]',
      '"\\u12"',
      '-',
      '"\\"',
    ]) {
      assert.throws(() => JSON.parse(text), text)
      assert.throws(() => parseJson(text), InvalidSchemaError, text)
    }
  })

  test('says where it is wrong', () => {
    assert.throws(() => parseJson('{\n  "a": ?\n}'), { message: /expected a value at line 2, column 8/ })
  })

  test('keeps the order of keys, those that are numbers too, and the last of two', () => {
    assert.equal(canonical('{ "b": 1, "10": 2, "9": 3, "__proto__": 4, "b": 5 }'), '{"b":5,"10":2,"9":3,"__proto__":4}')
    assert.deepEqual(Object.keys(Object(plainValue(parseJson('{"__proto__":1}')))), ['__proto__'])
  })

  test('keeps numbers as Jackson does', () => {
    const numbers = '[1.0,1,1e3,-0,-0.0,12345678901234567890123,0.10,1E-10,1.5e+3,100000000000000000000.5]'
    const written = '[1.0,1,1E+3,0,0.0,12345678901234567890123,0.10,1E-10,1.5E+3,100000000000000000000.5]'
    assert.equal(canonical(numbers), written)
    assert.equal(canonical(written), written)
  })

  test('escapes as Jackson does', () => {
    assert.equal(canonical('"\\u001f\\/\\u00e9\\\\u001f\\n"'), '"\\u001F/é\\\\u001f\\n"')
  })

  test('is sorted at each level, by UTF-16 units', () => {
    const text = '{"b":{"z":1,"a":2.50},"B":[{"y":1,"x":2}],"a":0}'
    assert.equal(sortedText(parseJson(text)), '{"B":[{"x":2,"y":1}],"a":0,"b":{"a":2.50,"z":1}}')
  })

  test('is equal where only the writing differs', () => {
    const text = (source: string) => equalityText(parseJson(source))
    assert.equal(text('{"a":1.0,"b":[100]}'), text('{"b":[1e2],"a":1}'))
    assert.notEqual(text('[1]'), text('["1"]'))
    assert.notEqual(text('9007199254740993'), text('9007199254740992'))
  })

  test('gives a validator numbers that are ones', () => {
    assert.deepEqual(plainValue(parseJson('[1e400,-1e400,1e-400,0e5,7]')), [
      Number.MAX_VALUE,
      -Number.MAX_VALUE,
      Number.MIN_VALUE,
      0,
      7,
    ])
  })

  test('is bounded in depth and in the size of numbers', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    parseJson(nested(jsonDepthMax))
    for (const text of [nested(jsonDepthMax + 1), '['.repeat(1_000_000), '{"a":'.repeat(200_000)]) {
      assert.throws(() => parseJson(text), InvalidSchemaError)
    }
    parseJson('9'.repeat(1000))
    for (const text of ['9'.repeat(1001), '1e1000000', '1e-9999999']) {
      assert.throws(() => parseJson(text), /a number of a reasonable size at line 1, column 1$/)
    }
    parseJson('1e0000000001')
  })

  test('reads long strings', () => {
    const text = JSON.stringify('\\"x'.repeat(300_000))
    assert.equal(parseJson(text), JSON.parse(text))
  })
})
