/** Hundreds of histories of groups; a failure names its seed, and `ODRADEK_SEED=n` runs it again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runGroups } from './groups/group-workload.ts'

const asked = process.env['ODRADEK_SEED']
const firstSeed = asked === undefined ? 1000 : Number(asked)
const seeds = asked === undefined ? Number(process.env['ODRADEK_SEEDS'] ?? 200) : 1
const steps = 300

test(`${seeds} seeds of groups`, { timeout: 3_600_000 }, async (context) => {
  const sum = { kills: 0, powerCuts: 0, joins: 0, handovers: 0, commits: 0, refused: 0, events: 0 }
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const outcome = await runGroups(seed, steps).catch((error: unknown) => {
      throw new Error(`seed ${seed}, ${steps} steps`, { cause: error })
    })
    for (const key of ['kills', 'powerCuts', 'joins', 'handovers', 'commits', 'refused', 'events'] as const)
      sum[key] += outcome[key]
  }
  context.diagnostic(JSON.stringify(sum))
  assert.ok(asked !== undefined || (sum.kills > seeds && sum.powerCuts > seeds))
})
