import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runGroups } from './groups/group-workload.ts'

/** `ODRADEK_SEED=n npm test -- --test-name-pattern=groups` runs one history again. */
const asked = process.env['ODRADEK_SEED']
const seeds = asked === undefined ? [1, 2] : [Number(asked)]

for (const seed of seeds) {
  test(`groups under seed ${seed}: no partition has two owners, and the same history twice`, async (context) => {
    const first = await runGroups(seed, 100)
    const second = await runGroups(seed, 100)
    assert.deepEqual(second, first)
    context.diagnostic(JSON.stringify(first))
  })
}
