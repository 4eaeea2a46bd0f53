/**
 * Our own clients with faults on the way: `ODRADEK_ROUNDS` rounds of each kind (`npm run test:long -- --rounds N`); a failure names its
 * seed, and `ODRADEK_SEED=n` begins with it.
 */
import { describe, test } from 'node:test'
import { faultKinds, faultyRound, type RoundOutcome } from './proxied-clients.ts'

const rounds = Number(process.env['ODRADEK_ROUNDS'] ?? 20)
const firstSeed = Number(process.env['ODRADEK_SEED'] ?? 1000)

function add(sums: Record<string, number>, outcome: RoundOutcome): void {
  for (const [name, count] of Object.entries(outcome)) sums[name] = (sums[name] ?? 0) + count
}

describe(`our own clients, ${rounds} rounds of each kind of fault`, { concurrency: 4, timeout: 3_600_000 }, () => {
  for (const name of Object.keys(faultKinds)) {
    test(name, { timeout: 3_600_000 }, async (context) => {
      const sums: Record<string, number> = {}
      for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
        const outcome = await faultyRound(name, seed).catch((error: unknown) => {
          throw new Error(`seed ${seed}`, { cause: error })
        })
        add(sums, outcome)
      }
      context.diagnostic(JSON.stringify(sums))
    })
  }
})
