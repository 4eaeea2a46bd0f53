/**
 * Many hours of clusters under faults: `ODRADEK_SEEDS` of them, `ODRADEK_HOURS` in all; a failure names its seed. And bugs
 * that are planted, each of which some seed of 40 finds; one of replication, of 500.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClusterFailure, runCluster } from './cluster/cluster-run.ts'
import { plantedBugs } from './cluster/planted.ts'
import { plantedReplicationBugs } from './cluster/planted-replication.ts'

const seeds = Number(process.env['ODRADEK_SEEDS'] ?? 100)
const hours = Number(process.env['ODRADEK_HOURS'] ?? 5)
const seconds = Math.ceil((hours * 3600) / seeds)

test(`${hours} hours of clusters under faults`, { timeout: Number.POSITIVE_INFINITY }, async (context) => {
  const sums = new Map<string, number>()
  for (let seed = 1; seed <= seeds; seed++) {
    const { counts } = await runCluster(seed, seconds)
    for (const [key, count] of Object.entries(counts)) sums.set(key, (sums.get(key) ?? 0) + count)
  }
  context.diagnostic(JSON.stringify(Object.fromEntries(sums)))
})

/** What is wrong, by the first seed that finds it. */
async function found(seedsMax: number): Promise<string> {
  for (let seed = 1; seed <= seedsMax; seed++) {
    try {
      await runCluster(seed, 60)
    } catch (error) {
      assert.ok(error instanceof ClusterFailure, String(error))
      return error.message.split('\n')[0] ?? ''
    }
  }
  return assert.fail(`${seedsMax} seeds do not find it`)
}

const all = [
  ...Object.entries(plantedBugs).map(([name, plant]) => ({ name, plant, seedsMax: 40 })),
  ...Object.entries(plantedReplicationBugs).map(([name, plant]) => ({ name, plant, seedsMax: 500 })),
]

for (const { name, plant, seedsMax } of all) {
  test(`a planted bug is found: ${name}`, { timeout: Number.POSITIVE_INFINITY }, async (context) => {
    const takeOut = plant()
    try {
      context.diagnostic(await found(seedsMax))
    } finally {
      takeOut()
    }
  })
}
