import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadBurst } from './read-burst.ts'

test('a read right behind the end of another is of its burst, and one that comes later is not', () => {
  let nowMs = 0
  const burst = new ReadBurst(() => nowMs)
  burst.begin()
  assert.equal(burst.isOn, false)
  nowMs = 5
  burst.end()
  nowMs = 5.004
  burst.begin()
  assert.equal(burst.isOn, true)
  burst.end()
  nowMs = 5.02
  burst.begin()
  assert.equal(burst.isOn, false)
})
