/** Minutes of nonsense, under seeds that nobody has chosen before; a failure names its own. */
import { test } from 'node:test'
import { Fuzzer } from './fuzz-world.ts'

const seeds = 6
const rounds = 40

test(`${seeds} seeds of nonsense`, { timeout: 600_000 }, async (context) => {
  let sent = 0
  for (let i = 0; i < seeds; i++) {
    const seed = Math.floor(Date.now() / 1000) * 100 + i
    const fuzzer = await Fuzzer.start(seed)
    try {
      for (let round = 0; round < rounds; round++) await fuzzer.round()
    } catch (error) {
      throw new Error(`ODRADEK_SEED=${seed}`, { cause: error })
    } finally {
      sent += fuzzer.sent
      await fuzzer.stop()
    }
  }
  context.diagnostic(`${sent} requests`)
})
