/** A node that ends at each disk operation of a move to another log directory, in each way. */
import { test } from 'node:test'
import { type MovePoint, runMove } from './log-move.ts'

const fates: readonly MovePoint['how'][] = ['killed', 'kept', 'dropped', 'torn']
/** `ODRADEK_SEED=n` draws other times, slow disks and sizes of packets. */
const seed = Number(process.env['ODRADEK_SEED'] ?? 1)

test(`the node ends at every operation of a move, seed ${seed}`, { timeout: 600_000 }, async (context) => {
  const { operations } = await runMove({ seed, nth: undefined, how: 'killed' })
  let points = 0
  for (let nth = 1; nth <= operations; nth++) {
    for (const how of fates) {
      await runMove({ seed, nth, how }).catch((error: unknown) => {
        throw new Error(`ODRADEK_MOVE='${JSON.stringify({ seed, nth, how })}'`, { cause: error })
      })
      points++
    }
  }
  context.diagnostic(`${points} points of ${operations} operations`)
})
