import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { evenReplicas } from './even.ts'
import { Placement } from './placement.ts'

describe('loads are made even', () => {
  it('without looking at all partitions of a broker again that racks keep where they are', () => {
    // A replica in each rack: of two racks with several brokers, one of them new, and of one that has a broker alone.
    const rackA = [1, 2, 3, 4]
    const rackB = [11, 12, 13]
    const brokers = [...rackA, ...rackB, 21].map((id) => ({ id, rack: String(Math.floor(id / 10)), isFenced: false }))
    const count = 600
    const partitions = Array.from({ length: count }, (_, partition) => ({
      topic: 't',
      partition,
      replicas: [1 + (partition % 3), 11 + (partition % 3), 21],
    }))
    const placement = new Placement(brokers, partitions)
    let looks = 0
    evenReplicas(placement, () => {
      looks++
      return true
    })
    assert.deepEqual(
      rackA.map((id) => placement.replicasOn(id).size),
      [150, 150, 150, 150],
    )
    // A step takes a look at those of a broker that can give one, and at the partition that has moved.
    const steps = 150
    const perStep = count / 3 + 3 * brokers.length
    assert.ok(looks < 1.5 * steps * perStep, `${looks} looks`)
  })
})
