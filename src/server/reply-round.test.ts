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

test('no reply waits behind very much that is read in the turn, by whomever', () => {
  const ends: (() => void)[] = []
  const round = new ReplyRound((then) => void ends.push(then))
  let sends = 0
  const one = { sendReplies: () => void sends++ }
  const chunk = 64 * 1024
  // Nobody waits behind these.
  for (let i = 0; i < 4; i++) round.read(chunk)
  for (let turn = 1; turn <= 2; turn++) {
    round.add(one)
    round.read(chunk)
    assert.equal(sends, turn - 1)
    round.read(chunk)
    assert.equal(sends, turn)
  }
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
