/** The whole crash-point sweep: each disk operation of the script, each fate of what was not synced. */
import { test } from 'node:test'
import { sweep } from './sweep/sweep.ts'

for (const seed of [1, 2]) {
  test(`a crash at every disk operation, seed ${seed}`, { timeout: 600_000 }, async (context) => {
    const outcome = await sweep({ seed, stride: 1, againEvery: 4 })
    context.diagnostic(JSON.stringify(outcome))
  })
}
