/** Our own clients with faults on the way, a round of each kind; `ODRADEK_SEED=n` runs another one. */
import { describe, test } from 'node:test'
import { faultKinds, faultyRound } from './proxied-clients.ts'

/** Seconds, but on a machine that does much else. */
const timeoutMs = 120_000
const seed = Number(process.env['ODRADEK_SEED'] ?? 1)

// Most of a round is waiting.
describe('a producer has each record there once, readers are given each at least once and in order', {
  concurrency: 4,
}, () => {
  for (const name of Object.keys(faultKinds)) {
    test(name, { timeout: timeoutMs }, async (context) => {
      context.diagnostic(JSON.stringify(await faultyRound(name, seed)))
    })
  }
})
