/**
 * Many hours of the quorum's machine under faults: `ODRADEK_SEEDS` of them, `ODRADEK_HOURS` in all; a failure names its
 * seed. And bugs that are planted, each of which some seed of 500 finds.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runQuorum } from './quorum/quorum-run.ts'
import type { Bug } from './quorum/quorum-world.ts'

const seeds = Number(process.env['ODRADEK_SEEDS'] ?? 300)
const hours = Number(process.env['ODRADEK_HOURS'] ?? 60)

test(`${hours} hours of a quorum under faults`, (context) => {
  const sums = new Map<string, number>()
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      for (const [key, count] of Object.entries(runQuorum({ seed, hours: hours / seeds }))) {
        sums.set(key, (sums.get(key) ?? 0) + count)
      }
    } catch (error) {
      throw new Error(`seed ${seed}, ${hours / seeds} hours`, { cause: error })
    }
  }
  context.diagnostic(JSON.stringify(Object.fromEntries(sums)))
})

const bugs: readonly Bug[] = [
  'vote-not-synced',
  'reports-unflushed',
  'no-truncation',
  'votes-twice',
  'old-epoch-by-count',
  'changes-at-once',
  'directory-id-kept',
  'snapshot-ahead',
  'vote-forgotten',
]

for (const bug of bugs) {
  test(`a planted bug is found: ${bug}`, (context) => {
    for (let seed = 1; seed <= 500; seed++) {
      try {
        runQuorum({ seed, hours: 0.1, bug })
      } catch (error) {
        assert.ok(error instanceof assert.AssertionError, `seed ${seed}: ${String(error)}`)
        context.diagnostic(`seed ${seed}: ${error.message.split('\n')[0]}`)
        return
      }
    }
    assert.fail('500 seeds do not find it')
  })
}
