/**
 * A node that ends while a replica moves to another log directory, at some of the disk operations; all of them are in
 * `log-move.long.ts`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MovePoint, runMove } from './log-move.ts'

const asked = process.env['ODRADEK_MOVE']
const fates: readonly MovePoint['how'][] = ['killed', 'kept', 'dropped', 'torn']

if (asked === undefined) {
  test('a replica moves while it is written, and nothing ends', async () => {
    const outcome = await runMove({ seed: 1, nth: undefined, how: 'killed' })
    assert.ok(outcome.operations > 50)
    assert.deepEqual(await runMove({ seed: 1, nth: undefined, how: 'killed' }), outcome)
  })

  test('the node ends in a move: what was acknowledged is there, and the move ends', async (context) => {
    const { operations } = await runMove({ seed: 1, nth: undefined, how: 'killed' })
    let points = 0
    for (let nth = 1; nth <= operations; nth += 11) {
      const how = fates[points++ % fates.length] ?? 'torn'
      await runMove({ seed: 1, nth, how }).catch((error: unknown) => {
        throw new Error(`ODRADEK_MOVE='${JSON.stringify({ seed: 1, nth, how })}'`, { cause: error })
      })
    }
    context.diagnostic(`${points} points of ${operations} operations`)
  })
} else {
  test(`the node ends at ${asked}`, async () => {
    await runMove(JSON.parse(asked) as MovePoint)
  })
}
