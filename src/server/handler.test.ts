import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LateAnswer } from './handler.ts'

test('an answer is told whether it was there before who asks or not, and once', () => {
  for (const isFirst of [true, false]) {
    const told: unknown[] = []
    const late = new LateAnswer<number>()
    if (isFirst) late.settle(1)
    late.whenSettled((answer) => told.push(answer))
    if (!isFirst) late.settle(1)
    assert.throws(() => late.settle(2), /settled once/)
    assert.deepEqual(told, [1])
  }
})
