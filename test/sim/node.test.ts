import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSeed } from './workload.ts'

/** `ODRADEK_SEED=n npm test -- --test-name-pattern=seed` runs one history again. */
const asked = process.env['ODRADEK_SEED']
const seeds = asked === undefined ? [1, 2, 3, 4] : [Number(asked)]

for (const seed of seeds) {
  test(`a node under seed ${seed}: nothing acknowledged is lost, and the same history twice`, async (context) => {
    const first = await runSeed(seed, 80)
    const second = await runSeed(seed, 80)
    assert.deepEqual(second, first)
    context.diagnostic(JSON.stringify(first))
  })
}
