import { test } from 'node:test'
import { Fuzzer } from './fuzz-world.ts'

/** `ODRADEK_SEED=n` runs one again. */
const seed = Number(process.env['ODRADEK_SEED'] ?? 1)

test(`a node that is sent nonsense, seed ${seed}`, async (context) => {
  const fuzzer = await Fuzzer.start(seed)
  try {
    for (let round = 0; round < 6; round++) await fuzzer.round()
  } finally {
    context.diagnostic(`${fuzzer.sent} requests, ${fuzzer.accepted} batches accepted`)
    await fuzzer.stop()
  }
})
