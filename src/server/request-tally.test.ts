import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestTally, totalTimeBoundsMs } from './request-tally.ts'

test('requests are counted by version; those that are not served are one', () => {
  const tally = new RequestTally({ name: 'Fetch', versions: [4, 6] })
  for (const version of [4, 6, 6, 3, 7, -1, 32767]) tally.came(version)
  assert.deepEqual([...tally.requests], [0, 0, 0, 0, 1, 0, 2, 4])
})

test('times are counted in the first bucket that holds them, and listeners are added up', () => {
  const tally = new RequestTally({ name: 'Fetch', versions: [4, 6] })
  for (const ms of [0, 1, 1.001, 2, 5000, 5000.5]) tally.took(ms)
  assert.equal(tally.times.length, totalTimeBoundsMs.length + 1)
  assert.deepEqual([...tally.times], [2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
  const sum = new RequestTally(tally.api)
  tally.came(5)
  sum.add(tally)
  sum.add(tally)
  assert.equal(sum.totalTimeMs, 2 * tally.totalTimeMs)
  assert.deepEqual([sum.times[0], sum.requests[5]], [4, 2])
})
