import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type FoundBatch, RecentBatches } from './recent-batches.ts'

test('what is found is the first batch that ends at or behind the offset, and one of the newest', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 60 }), fc.nat(200), (sizes, offset) => {
      const recent = new RecentBatches()
      const all: FoundBatch[] = []
      let next = 0
      for (const records of sizes) {
        const batch = { baseOffset: next, lastOffset: next + records - 1, position: all.length * 100, sizeInBytes: 100 }
        next += records
        all.push(batch)
        recent.add(batch, batch.position)
      }
      const expected = all.findIndex(({ lastOffset }) => lastOffset >= offset)
      const isKnown = expected > 0 && expected > all.length - 16
      assert.deepEqual(recent.find(offset), isKnown ? all[expected] : undefined)
    }),
  )
})
