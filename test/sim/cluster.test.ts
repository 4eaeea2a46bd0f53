/** Whole clusters under faults, by seeds: a few of them. Hours: `cluster.long.ts`, `npm run sim`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCluster } from './cluster/cluster-run.ts'

test('changes to the metadata survive what happens to one to seven nodes', async () => {
  let acknowledged = 0
  let leaders = 0
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const { counts } = await runCluster(seed, 15)
    acknowledged += counts['acknowledged'] ?? 0
    leaders += counts['leaders'] ?? 0
  }
  assert.ok(acknowledged > 20 && leaders > 8, `${acknowledged} changes were acknowledged under ${leaders} leaders`)
})

test('a seed is a history', async () => {
  assert.deepEqual(await runCluster(9, 10), await runCluster(9, 10))
})
