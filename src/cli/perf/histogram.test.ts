import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram } from './histogram.ts'

test('percentiles are at most 0.8 % above the true ones, from microseconds to days', () => {
  for (const scale of [1, 7, 1000, 123_457, 10 ** 9]) {
    const histogram = new Histogram()
    for (let i = 1; i <= 1000; i++) histogram.record(i * scale)
    assert.equal(histogram.count, 1000)
    assert.equal(histogram.max, 1000 * scale)
    assert.equal(histogram.mean, 500.5 * scale)
    for (const percent of [1, 50, 95, 99, 99.9, 100]) {
      const exact = percent * 10 * scale
      const told = histogram.percentile(percent)
      assert.ok(told >= exact && told <= exact * 1.008, `${percent} % of ${scale}: ${told}, not ${exact}`)
    }
  }
})

test('values up to 255 are exact, and buckets meet at each power of two', () => {
  for (let bits = 0; bits <= 41; bits++) {
    for (const value of [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]) {
      const histogram = new Histogram()
      histogram.record(value)
      histogram.record(2 ** 42)
      const told = histogram.percentile(50)
      assert.ok(told >= value && told <= value * 1.008, `${value}: ${told}`)
      if (value <= 255) assert.equal(told, value)
    }
  }
})

test('of nothing it is 0, and what is out of range counts at its ends', () => {
  const histogram = new Histogram()
  assert.deepEqual([histogram.mean, histogram.max, histogram.percentile(99)], [0, 0, 0])
  histogram.record(-5)
  assert.deepEqual([histogram.count, histogram.max], [1, 0])
  histogram.record(Number.MAX_VALUE)
  assert.equal(histogram.percentile(100), 2 ** 42 - 1)
})
