import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AcknowledgedRange, type AcknowledgeType, acknowledgementBatches, coalesced } from './acknowledgements.ts'

/** `first-last type`, as ranges. */
const ranges = (...texts: readonly [number, number, AcknowledgeType][]): AcknowledgedRange[] =>
  texts.map(([firstOffset, lastOffset, type]) => ({ firstOffset, lastOffset, type }))

const shown = (all: readonly AcknowledgedRange[]): string[] =>
  acknowledgementBatches(coalesced(all)).map((it) => `${it.firstOffset}-${it.lastOffset}:${it.acknowledgeTypes}`)

test('offsets that follow one another and are told the same are one range, in whatever order they come', () => {
  assert.deepEqual(coalesced(ranges([3, 3, 1], [1, 1, 1], [2, 2, 1], [5, 9, 1], [4, 4, 2])), [
    ...ranges([1, 3, 1], [4, 4, 2], [5, 9, 1]),
  ])
})

test('a long run has one type, a short one a type for each of its offsets beside its neighbours', () => {
  assert.deepEqual(shown(ranges([0, 499, 1])), ['0-499:1'])
  assert.deepEqual(shown(ranges([7, 7, 4])), ['7-7:4'])
  assert.deepEqual(shown(ranges([0, 1, 1], [2, 2, 3], [3, 4, 0])), ['0-4:1,1,3,0,0'])
  assert.deepEqual(shown(ranges([0, 1, 1], [2, 90, 2], [91, 91, 1], [92, 92, 3])), ['0-1:1', '2-90:2', '91-92:1,3'])
})

test('what lies between two ranges is never told of', () => {
  assert.deepEqual(shown(ranges([0, 1, 1], [3, 4, 1], [6, 6, 2], [8, 100, 1])), ['0-1:1', '3-4:1', '6-6:2', '8-100:1'])
})
