/** A thousand random histories of a compacted log against the model. */
import { test } from 'node:test'
import { CompactionHistory } from './compaction-history.ts'

const histories = 1000

test(`${histories} histories of a compacted log hold what the model says`, async (t) => {
  const sum = { batches: 0, compactions: 0, restarts: 0 }
  for (let seed = 1000; seed < 1000 + histories; seed++) {
    const history = new CompactionHistory(seed)
    await history.run(80).catch((error: unknown) => {
      throw new Error(`ODRADEK_SEED=${seed}`, { cause: error })
    })
    for (const name of ['batches', 'compactions', 'restarts'] as const) sum[name] += history.figures[name]
  }
  t.diagnostic(JSON.stringify(sum))
})
