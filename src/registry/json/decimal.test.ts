import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { compareDecimals, decimalOf, isMultiple, javaText, valueText } from './decimal.ts'

/** Small enough for the way that is plainly right. */
const parts = fc.record({ whole: fc.integer({ min: -5000, max: 5000 }), exponent: fc.integer({ min: -6, max: 6 }) })
const sourceOf = ({ whole, exponent }: { whole: number; exponent: number }): string => `${whole}e${exponent}`
const scaled = ({ whole, exponent }: { whole: number; exponent: number }): bigint =>
  BigInt(whole) * 10n ** BigInt(exponent + 6)

describe('decimals', () => {
  test('are compared by value', () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const order = compareDecimals(decimalOf(sourceOf(a)), decimalOf(sourceOf(b)))
        const expected = scaled(a) < scaled(b) ? -1 : scaled(a) > scaled(b) ? 1 : 0
        assert.equal(Math.sign(order), expected)
        assert.equal(valueText(sourceOf(a)) === valueText(sourceOf(b)), expected === 0)
      }),
    )
    assert.equal(compareDecimals(decimalOf('1.50'), decimalOf('15e-1')), 0)
    assert.ok(compareDecimals(decimalOf('9007199254740993'), decimalOf('9007199254740992')) > 0)
    assert.ok(compareDecimals(decimalOf('-1e999999'), decimalOf('-1e-999999')) < 0)
  })

  test('are multiples of each other', () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const expected = scaled(a) === 0n || (scaled(b) !== 0n && scaled(a) % scaled(b) === 0n)
        assert.equal(isMultiple(decimalOf(sourceOf(a)), decimalOf(sourceOf(b))), expected)
      }),
    )
    assert.ok(isMultiple(decimalOf('0.3'), decimalOf('0.1')))
    assert.ok(isMultiple(decimalOf('1e999999'), decimalOf('16e-999999')))
    assert.ok(!isMultiple(decimalOf('1e999999'), decimalOf('3')))
  })

  test('are written as in Java', () => {
    const written = new Map([
      ['12', '12'],
      ['1.0', '1.0'],
      ['1e0', '1'],
      ['1E+2', '1E+2'],
      ['12e2', '1.2E+3'],
      ['0.000001', '0.000001'],
      ['0.0000001', '1E-7'],
      ['-0.00000012', '-1.2E-7'],
      ['-1.25e-2', '-0.0125'],
      ['0e3', '0E+3'],
      ['0.00', '0.00'],
    ])
    for (const [source, expected] of written) assert.equal(javaText(source), expected, source)
  })

  test('keep their value when they are written', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        assert.equal(Number(javaText(String(value))), value === 0 ? 0 : value)
      }),
    )
  })
})
