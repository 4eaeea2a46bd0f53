import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDuration } from './duration.ts'

test('durations are read as Java reads them', () => {
  const hourMs = 3_600_000
  const known: readonly [string, number][] = [
    ['PT1H', hourMs],
    ['P2D', 48 * hourMs],
    ['P1DT2H3M4.5S', 26 * hourMs + 184_500],
    ['pt10m', 600_000],
    ['PT0,25S', 250],
    ['PT0S', 0],
    ['PT1H-30M', hourMs / 2],
    ['-PT1H', -hourMs],
    ['-PT-1H', hourMs],
    ['PT-0.0001S', -1],
  ]
  for (const [text, ms] of known) assert.equal(parseDuration(text), ms, text)
  for (const text of [
    '',
    'P',
    'PT',
    'P1DT',
    '1H',
    'PT1',
    'P1Y',
    'P1H',
    'PT1.5H',
    'PT.5S',
    ' PT1H',
    `PT${'9'.repeat(20)}S`,
  ]) {
    assert.equal(parseDuration(text), undefined, text)
  }
})
