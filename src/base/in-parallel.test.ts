import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inParallel } from './in-parallel.ts'

test('all is done, a few at a time, begun in order', async () => {
  const begun: number[] = []
  let running = 0
  let most = 0
  await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    begun.push(item)
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
  })
  assert.deepEqual(begun, [1, 2, 3, 4, 5, 6, 7])
  assert.equal(most, 3)
  await inParallel([], 3, () => assert.fail('nothing to do'))
})

test('a failure ends it: nothing more is begun, what was under way is waited for', async () => {
  const ended: number[] = []
  const work = async (item: number): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve))
    if (item === 1) throw new Error('first')
    ended.push(item)
  }
  await assert.rejects(inParallel([1, 2, 3, 4, 5], 2, work), /first/)
  assert.deepEqual(ended, [2])
})
