/** The same for a thousand seeds; a failure names its seed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runLog } from './log-power.ts'

const seeds = 1000
const cuts = 20

test(`${seeds * cuts} losses of power or kills of a log`, { timeout: 600_000 }, async (context) => {
  let lost = 0
  for (let seed = 1000; seed < 1000 + seeds; seed++) {
    const outcome = await runLog(seed, cuts).catch((error: unknown) => {
      throw new Error(`seed ${seed}, ${cuts} cuts`, { cause: error })
    })
    lost += outcome.lost
  }
  assert.ok(lost > seeds)
  context.diagnostic(`${lost} batches were lost, none that was flushed`)
})
