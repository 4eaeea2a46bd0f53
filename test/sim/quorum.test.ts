/** The quorum's machine under faults, by seeds. Many hours, and planted bugs: `quorum.long.ts`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runQuorum } from './quorum/quorum-run.ts'

test('no epoch has two leaders, nothing committed is lost, and healing ends all trouble', () => {
  const sums = { elections: 0, crashes: 0, truncations: 0, proposals: 0 }
  for (let seed = 1; seed <= 20; seed++) {
    const { elections, crashes, truncations, proposals } = runQuorum({ seed, hours: 0.05 })
    sums.elections += elections
    sums.crashes += crashes
    sums.truncations += truncations
    sums.proposals += proposals
  }
  assert.ok(sums.elections > 500 && sums.crashes > 500 && sums.truncations > 50, JSON.stringify(sums))
})

test('a seed is a history', () => {
  assert.deepEqual(runQuorum({ seed: 7, hours: 0.02 }), runQuorum({ seed: 7, hours: 0.02 }))
})
