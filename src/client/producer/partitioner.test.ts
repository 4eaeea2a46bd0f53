import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SeededRandom } from '../../sim/index.ts'
import { byKey, type Choice, StickyPartition } from './partitioner.ts'

const draw = (seed = 1) => new SeededRandom(String(seed)).stream('partitioner')
const batchSize = 1000

test('records without a key stay with one partition for a batch, then go on', () => {
  const sticky = new StickyPartition(draw(), batchSize)
  const all: Choice[] = Array.from({ length: 10 }, (_, partition) => ({ partition, waiting: 0 }))
  const first = sticky.next(10, () => all)
  sticky.wrote(batchSize - 1)
  assert.equal(
    sticky.next(10, () => assert.fail('not yet')),
    first,
  )
  sticky.wrote(1)
  const others = all.filter(({ partition }) => partition !== first)
  assert.notEqual(
    sticky.next(10, () => others),
    first,
  )
})

test('the less waits for a partition, the more often it is chosen, as in KIP-794', () => {
  const sticky = new StickyPartition(draw(), 1)
  const choices: Choice[] = [
    { partition: 0, waiting: 3 },
    { partition: 1, waiting: 0 },
    { partition: 2, waiting: 2 },
  ]
  const counts = [0, 0, 0]
  for (let i = 0; i < 7000; i++) {
    const chosen = sticky.next(3, () => choices)
    counts[chosen] = (counts[chosen] ?? 0) + 1
    sticky.wrote(1)
  }
  // One lot, four and two.
  for (const [i, lots] of [1, 4, 2].entries()) {
    assert.ok(Math.abs((counts[i] ?? 0) - lots * 1000) < 150, `${counts}`)
  }
})

test('where nobody leads any, all are alike; and one that is gone is left', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer(), (count, seed) => {
      const sticky = new StickyPartition(draw(seed), batchSize)
      const chosen = sticky.next(count, () => [])
      assert.ok(chosen >= 0 && chosen < count)
      assert.equal(
        sticky.next(1, () => []),
        0,
      )
    }),
  )
})

test('a key decides, and who has none leaves it to the producer', () => {
  const input = { topic: 't', value: null, partitionCount: 12 }
  assert.equal(byKey({ ...input, key: null }), undefined)
  // Kafka's own answers for all keys of `reference/hashes.ndjson` are in the tests of `records`.
  assert.equal(byKey({ ...input, key: Buffer.from('a') }), byKey({ ...input, key: Buffer.from('a') }))
})
