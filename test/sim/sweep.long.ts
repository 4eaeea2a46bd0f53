/** The whole crash-point sweep: each disk operation of the script, each fate of what was not synced. */
import { test } from 'node:test'
import { sweep } from './sweep/sweep.ts'

/** `ODRADEK_SEED=n` draws other sizes, and other ends of the restarts. */
const seed = Number(process.env['ODRADEK_SEED'] ?? 1)

test(`a crash at every disk operation, seed ${seed}`, { timeout: 1_200_000 }, async (context) => {
  const outcome = await sweep({ seed, stride: 1, againEvery: 4 })
  context.diagnostic(JSON.stringify(outcome))
})
