/**
 * Some points of the crash-point sweep; all of them are in `sweep.long.ts`. A failure names its point, which
 * `ODRADEK_POINT='{"seed":1,"nth":7,"how":"torn"}' npm test -- --test-name-pattern=crash` runs alone.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Point, runPoint } from './sweep/crash-point.ts'
import { sweep } from './sweep/sweep.ts'

const asked = process.env['ODRADEK_POINT']

if (asked !== undefined) {
  test(`a crash at ${asked}`, async (context) => {
    const outcome = await runPoint(JSON.parse(asked) as Point)
    context.diagnostic(JSON.stringify(outcome))
  })
} else {
  test('a crash at some disk operations: what was promised is there, and the log agrees with itself', async (context) => {
    const outcome = await sweep({ seed: 1, stride: 101, againEvery: 3 })
    context.diagnostic(JSON.stringify(outcome))
    assert.ok(outcome.points > 50 && outcome.pointsAgain > 15 && outcome.lost > 100)
  })

  test('the same crashes twice', async () => {
    const options = { seed: 2, stride: 499, againEvery: 2 }
    assert.deepEqual(await sweep(options), await sweep(options))
  })
}
