import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SeededRandom } from '../../sim/index.ts'
import { byKey, type Choice, type StickyInput, StickyPartition } from './partitioner.ts'

const batchSize = 1000
const draw = (seed: number) => new SeededRandom(String(seed)).stream('partitioner')
const sticky = ({ seed = 1, size = batchSize, rack }: { seed?: number; size?: number; rack?: string } = {}) =>
  new StickyPartition({ draw: draw(seed), batchSize: size, rack })
const choice = (partition: number, waiting = 0, rack: string | null = null): Choice => ({ partition, waiting, rack })
const input = (partitionCount: number, choices: readonly Choice[], isBetween = true): StickyInput => ({
  ...{ partitionCount, choices: () => choices, isBetweenBatches: () => isBetween },
})

/** How often each of three partitions is chosen, of `rounds` times. */
function counts(partitioner: StickyPartition, choices: readonly Choice[], rounds: number): readonly number[] {
  const chosen = [0, 0, 0]
  for (let i = 0; i < rounds; i++) {
    const partition = partitioner.next(input(3, choices))
    chosen[partition] = (chosen[partition] ?? 0) + 1
    partitioner.wrote(batchSize)
  }
  return chosen
}

test('records without a key stay with one partition for a batch, then go on', () => {
  const partitioner = sticky()
  const all = Array.from({ length: 10 }, (_, partition) => choice(partition))
  assert.equal(partitioner.staying(10), undefined)
  const first = partitioner.next(input(10, all))
  partitioner.wrote(batchSize - 1)
  assert.equal(partitioner.staying(10), first)
  partitioner.wrote(1)
  assert.equal(partitioner.staying(10), undefined)
  const others = all.filter(({ partition }) => partition !== first)
  assert.notEqual(partitioner.next(input(10, others)), first)
})

test('a partition is not left within a batch, unless it has had the bytes of two', () => {
  const partitioner = sticky()
  const first = partitioner.next(input(2, [choice(0)]))
  partitioner.wrote(2 * batchSize - 1)
  assert.equal(partitioner.next(input(2, [choice(1)], false)), first)
  partitioner.wrote(1)
  assert.notEqual(partitioner.next(input(2, [choice(1)], false)), first)
})

test('the less waits for a partition, the more often it is chosen, as in KIP-794', () => {
  const chosen = counts(sticky(), [choice(0, 3), choice(1, 0), choice(2, 2)], 7000)
  // One lot, four and two.
  for (const [i, lots] of [1, 4, 2].entries()) {
    assert.ok(Math.abs((chosen[i] ?? 0) - lots * 1000) < 150, `${chosen}`)
  }
})

test('with a rack those that are led there are chosen alone, by what waits; the others while there are none', () => {
  const near = [choice(0, 1, 'a'), choice(1, 0, 'b'), choice(2, 0, 'a')]
  const [first = 0, second, third = 0] = counts(sticky({ rack: 'a' }), near, 3000)
  assert.equal(second, 0)
  assert.ok(Math.abs(first - 1000) < 150 && Math.abs(third - 2000) < 150, `${first} ${third}`)
  for (const others of [
    [choice(0, 0, 'b'), choice(1, 0, 'b'), choice(2, 0, 'c')],
    [choice(0), choice(1), choice(2)],
  ]) {
    const chosen = counts(sticky({ rack: 'a' }), others, 3000)
    assert.ok(
      chosen.every((times) => Math.abs(times - 1000) < 150),
      `${chosen}`,
    )
  }
  assert.ok(counts(sticky(), near, 3000).every((times) => times > 0))
})

test('where nobody leads any, all are alike; and one that is gone is left', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer(), (count, seed) => {
      const partitioner = sticky({ seed })
      const chosen = partitioner.next(input(count, []))
      assert.ok(chosen >= 0 && chosen < count)
      assert.equal(partitioner.next(input(1, [])), 0)
    }),
  )
})

test('a key decides, and who has none leaves it to the producer', () => {
  const record = { topic: 't', value: null, partitionCount: 12 }
  assert.equal(byKey({ ...record, key: null }), undefined)
  // Kafka's own answers for all keys of `reference/hashes.ndjson` are in the tests of `records`.
  assert.equal(byKey({ ...record, key: Buffer.from('a') }), byKey({ ...record, key: Buffer.from('a') }))
})
