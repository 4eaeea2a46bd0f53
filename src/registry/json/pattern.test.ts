import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Pattern } from './pattern.ts'

const atoms = [
  'a',
  'b',
  '.',
  '\\d',
  '\\w',
  '[ab]',
  '[^a]',
  '[a-c1]',
  '\\.',
  '(?:a|bc)',
  '(b)',
  '^',
  '$',
  '\\b',
  '[\\d_-]',
  '-',
]
const repeats = ['', '', '', '*', '+', '?', '{2}', '{1,2}', '{1,}', '*?']

const sequence = fc
  .array(fc.tuple(fc.constantFrom(...atoms), fc.constantFrom(...repeats)), { maxLength: 5 })
  .map((parts) => parts.map(([atom, repeat]) => (/^(?:\^|\$|\\b)$/.test(atom) ? atom : atom + repeat)).join(''))
const pattern = fc.array(sequence, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('|'))
const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '.', '-', '_', ' '), maxLength: 8 })

describe('patterns', () => {
  test('find what the engine of JavaScript finds', () => {
    fc.assert(
      fc.property(pattern, name, (source, text) => {
        assert.equal(new Pattern(source).finds(text), new RegExp(source, 'u').test(text))
      }),
      { numRuns: 1000 },
    )
  })

  test('read escapes', () => {
    assert.equal(new Pattern('^\\u0061\\x62\\t\\/$').finds('ab\t/'), true)
    assert.equal(new Pattern('^x-').finds('x-y'), true)
    assert.equal(new Pattern('^.$').finds('😀'), true)
  })

  test('say so where they are not known', () => {
    const unknown = [
      '(?=a)',
      '(?<n>a)',
      '(a)\\1',
      '\\p{L}',
      '[a[b]]',
      'a**',
      'a++',
      '(',
      '[',
      'a)',
      '\\',
      '*',
      'a{',
      'a{2',
    ]
    for (const source of unknown) assert.equal(new Pattern(source).finds('a'), undefined, source)
  })

  test('take no time that is made for them', () => {
    assert.equal(new Pattern('^(a+)+$').finds(`${'a'.repeat(5000)}b`), false)
    assert.equal(new Pattern('((a{1000}){1000}){1000}').finds('a'), undefined)
    assert.equal(new Pattern('('.repeat(100_000)).finds('a'), undefined)
    assert.equal(new Pattern('a'.repeat(10_000)).finds('a'), undefined)
    assert.equal(new Pattern('(a|){9999,99999}').finds('a'), undefined)
  })
})
