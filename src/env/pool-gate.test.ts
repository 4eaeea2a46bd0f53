import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PoolGate } from './pool-gate.ts'

test('no more than its number runs at once, in order, and a failure gives its place back', async () => {
  const gate = new PoolGate(2)
  const started: number[] = []
  const ends: ((error?: Error) => void)[] = []
  const run = (id: number): Promise<number> =>
    gate.run(() => {
      started.push(id)
      return new Promise((resolve, reject) => {
        ends[id] = (error) => (error === undefined ? resolve(id) : reject(error))
      })
    })
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const all = [0, 1, 2, 3].map(run)
  await turn()
  assert.deepEqual(started, [0, 1])
  ends[1]?.(new Error('EIO'))
  await assert.rejects(all[1] ?? Promise.resolve(), /EIO/)
  await turn()
  assert.deepEqual(started, [0, 1, 2])
  ends[0]?.()
  await turn()
  assert.deepEqual(started, [0, 1, 2, 3])
  ends[2]?.()
  ends[3]?.()
  assert.deepEqual(await Promise.all([all[0], all[2], all[3]]), [0, 2, 3])
})

test('short work passes freely until something takes long; then it waits like the other', async () => {
  const gate = new PoolGate(1)
  const ended = Promise.withResolvers<void>()
  const long = gate.run(() => ended.promise)
  let shorts = 0
  const short = (): Promise<number> => gate.runShort(async () => ++shorts)
  await Promise.all(Array.from({ length: 10 }, short))
  assert.equal(shorts, 10)
  await new Promise((resolve) => setTimeout(resolve, 40))
  const waiting = short()
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(shorts, 10)
  ended.resolve()
  await Promise.all([long, waiting, short()])
  assert.equal(shorts, 12)
})
