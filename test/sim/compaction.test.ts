/** Compaction against its model, some histories; `compaction.long.ts` runs a thousand. */
import { test } from 'node:test'
import { CompactionHistory } from './compaction-history.ts'

test('a compacted log holds what the model says, whatever was appended and restarted', async () => {
  const seedOfRun = Number(process.env.ODRADEK_SEED ?? 0)
  for (let seed = seedOfRun; seed < seedOfRun + 120; seed++) {
    await new CompactionHistory(seed).run(60).catch((error: unknown) => {
      throw new Error(`ODRADEK_SEED=${seed}`, { cause: error })
    })
  }
})
