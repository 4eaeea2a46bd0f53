import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplyRound } from './reply-round.ts'

test('replies of a turn leave together behind its reads; of very many connections, 32 at a time', () => {
  const ends: (() => void)[] = []
  const round = new ReplyRound((then) => void ends.push(then))
  const sent: number[] = []
  const add = (from: number, to: number): void => {
    for (let i = from; i < to; i++) round.add({ sendReplies: () => void sent.push(i) })
  }
  const all = (to: number): number[] => Array.from({ length: to }, (_, i) => i)
  add(0, 31)
  assert.deepEqual(sent, [])
  add(31, 33)
  assert.deepEqual(sent, all(32))
  for (const end of ends.splice(0)) end()
  assert.deepEqual(sent, all(33))
  add(33, 34)
  for (const end of ends.splice(0)) end()
  assert.deepEqual(sent, all(34))
})

test('whose reply lets more be answered joins the next round', () => {
  const ends: (() => void)[] = []
  const round = new ReplyRound((then) => void ends.push(then))
  let sends = 0
  const again = { sendReplies: () => void (++sends < 3 && round.add(again)) }
  round.add(again)
  for (let end = ends.shift(); end !== undefined; end = ends.shift()) end()
  assert.equal(sends, 3)
})
