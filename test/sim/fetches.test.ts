import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runFetches } from './fetch-world.ts'

test('fetches that carry records between two nodes: the same trace twice', async (context) => {
  const first = await runFetches(7, 20_000)
  const second = await runFetches(7, 20_000)
  assert.equal(second.hash, first.hash)
  context.diagnostic(`${second.cpuUs.toFixed(1)} us of CPU a request`)
})
