/** The same for minutes, under seeds that differ. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runReaders } from './reused-memory-world.ts'

test('slow readers, six seeds of 20 seconds', { timeout: 300_000 }, async (context) => {
  for (let seed = 10; seed < 16; seed++) {
    const seen = await runReaders(seed, 20_000)
    context.diagnostic(`seed ${seed}: ${JSON.stringify(seen)}`)
    assert.ok(seen.batches > 1000 && seen.closed > 0)
  }
})
