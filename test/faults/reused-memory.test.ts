import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runReaders } from './reused-memory-world.ts'

test('slow readers of a log that is cut, rolled, trimmed and deleted get right batches or none', async (context) => {
  const seen = await runReaders(1, 3000)
  context.diagnostic(JSON.stringify(seen))
  assert.ok(seen.batches > 100 && seen.truncations > 5)
})
