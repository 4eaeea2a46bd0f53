import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../sim/index.ts'
import { ExponentialBackoff } from './exponential-backoff.ts'

const random = new SeededRandom('back-off').stream('x')
const drawn = (initialMs: number, maxMs: number, attempts: number): number[] => {
  const backoff = new ExponentialBackoff({ initialMs, maxMs }, random)
  return Array.from({ length: 2000 }, () => backoff.backoffMs(attempts))
}

test('each time lies within 20 % of the doubled one, all over, and never beyond the maximum', () => {
  for (const [attempts, meanMs] of [
    [0, 50],
    [1, 100],
    [3, 400],
    [5, 1000],
    [1_000_000, 1000],
  ] as const) {
    const all = drawn(50, 1000, attempts)
    const [least, most] = [Math.min(...all), Math.max(...all)]
    assert.ok(least >= Math.floor(meanMs * 0.8) && least < meanMs * 0.83, `${attempts}: ${least}`)
    const highest = Math.min(meanMs * 1.2, 1000)
    assert.ok(most <= highest && most > highest * 0.97, `${attempts}: ${most}`)
  }
})

test('a maximum that is not above the first time is all there is', () => {
  for (const initialMs of [500, 5000]) assert.deepEqual([...new Set(drawn(initialMs, 500, 4))], [500])
  assert.deepEqual([...new Set(drawn(0, 0, 4))], [0])
})
