/** The quorum's machine under faults, by seeds. Many hours, and planted bugs: `quorum.long.ts`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runQuorum } from './quorum/quorum-run.ts'

test('no epoch has two leaders, nothing committed is lost, and healing ends all trouble', () => {
  const sums = new Map<string, number>()
  for (let seed = 1; seed <= 20; seed++) {
    for (const [name, count] of Object.entries(runQuorum({ seed, hours: 0.05 }))) {
      sums.set(name, (sums.get(name) ?? 0) + count)
    }
  }
  const least = { elections: 500, crashes: 500, truncations: 50, added: 5, removed: 5, disksLost: 5, moves: 5 }
  for (const [name, count] of Object.entries(least)) {
    assert.ok((sums.get(name) ?? 0) > count, `${name} ${JSON.stringify([...sums])}`)
  }
})

test('a seed is a history', () => {
  assert.deepEqual(runQuorum({ seed: 7, hours: 0.02 }), runQuorum({ seed: 7, hours: 0.02 }))
})
