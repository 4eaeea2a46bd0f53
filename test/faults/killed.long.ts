/** `kill -9`, 25 rounds under load with compaction running: no acknowledged record is lost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KilledWorld } from './killed-world.ts'

const rounds = 25

test(`kill -9, ${rounds} rounds while logs are compacted`, { timeout: 300_000 }, async (context) => {
  const outcome = await new KilledWorld(Date.now()).run(rounds)
  context.diagnostic(JSON.stringify(outcome))
  const { acknowledged, acknowledgedCompacted, keptCompacted } = outcome
  assert.ok(acknowledged > 1000)
  assert.ok(keptCompacted < 0.9 * acknowledgedCompacted, 'it was compacted')
})
