/** Many hours of clusters under faults: `ODRADEK_SEEDS` of them, `ODRADEK_HOURS` in all; a failure names its seed. */
import { test } from 'node:test'
import { runCluster } from './cluster/cluster-run.ts'

const seeds = Number(process.env['ODRADEK_SEEDS'] ?? 100)
const hours = Number(process.env['ODRADEK_HOURS'] ?? 5)
const seconds = Math.ceil((hours * 3600) / seeds)

test(`${hours} hours of clusters under faults`, { timeout: 0 }, async (context) => {
  const sums = new Map<string, number>()
  for (let seed = 1; seed <= seeds; seed++) {
    const { counts } = await runCluster(seed, seconds)
    for (const [key, count] of Object.entries(counts)) sums.set(key, (sums.get(key) ?? 0) + count)
  }
  context.diagnostic(JSON.stringify(Object.fromEntries(sums)))
})
