import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runLog } from './log-power.ts'

test('a log that loses power again and again keeps all that was flushed', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const first = await runLog(seed, 15)
    const second = await runLog(seed, 15)
    assert.deepEqual(second, first)
    assert.ok(first.lost > 0)
  }
})
