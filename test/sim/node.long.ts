/** Hundreds of histories of one node; a failure names its seed, and `ODRADEK_SEED=n` runs it again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSeed } from './workload.ts'

const seeds = 200
const steps = 300

test(`${seeds} seeds`, { timeout: 1_200_000 }, async (context) => {
  const sum = { acknowledged: 0, lost: 0, kills: 0, powerCuts: 0, rebalances: 0, events: 0 }
  for (let seed = 1000; seed < 1000 + seeds; seed++) {
    const outcome = await runSeed(seed, steps).catch((error: unknown) => {
      throw new Error(`seed ${seed}, ${steps} steps`, { cause: error })
    })
    for (const key of ['acknowledged', 'lost', 'kills', 'powerCuts', 'rebalances', 'events'] as const)
      sum[key] += outcome[key]
  }
  assert.ok(sum.kills > seeds && sum.powerCuts > seeds)
  context.diagnostic(JSON.stringify(sum))
})
