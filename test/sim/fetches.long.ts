/** A million fetches, twice: what a simulated request costs, and that its history is the seed's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runFetches } from './fetch-world.ts'

const fetches = 1_000_000

test(`${fetches} fetches between two nodes, the same trace twice`, { timeout: 600_000 }, async (context) => {
  const first = await runFetches(11, fetches)
  const second = await runFetches(11, fetches)
  assert.equal(second.hash, first.hash)
  context.diagnostic(`${first.cpuUs.toFixed(1)} and ${second.cpuUs.toFixed(1)} us of CPU a request`)
  assert.ok(Math.min(first.cpuUs, second.cpuUs) <= 60, 'at most 60 us')
})
