import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { preferredReplica } from './replica-selector.ts'

const racks = new Map([
  [1, 'a'],
  [2, 'b'],
  [3, 'b'],
  [4, 'c'],
  // 5 has none, or cannot be reached.
])

/** Where its log starts and ends, and when it had all. */
type Given = readonly [logStartOffset: number, logEndOffset: number, lastCaughtUpMs: number]

const followersOf = (given: Readonly<Record<number, Given>>) =>
  new Map(
    Object.entries(given).map(([id, [logStartOffset, logEndOffset, lastCaughtUpMs]]) => [
      Number(id),
      { logStartOffset, logEndOffset, lastCaughtUpMs },
    ]),
  )

const never = Number.NEGATIVE_INFINITY
const all = [1, 2, 3, 4, 5]

interface Row {
  readonly what: string
  readonly rackId?: string
  readonly isr?: readonly number[]
  readonly followers?: Readonly<Record<number, Given>>
  readonly fetchOffset?: number
  readonly chosen: number | undefined
}

const same: Readonly<Record<number, Given>> = { 2: [0, 10, 5], 3: [0, 10, 5], 4: [0, 10, 5], 5: [0, 10, 5] }

const table: readonly Row[] = [
  { what: 'a reader that tells no rack', rackId: '', chosen: undefined },
  { what: 'a rack that nobody is in', rackId: 'z', chosen: undefined },
  { what: 'the rack of the leader', rackId: 'a', chosen: undefined },
  { what: 'the only one in the rack', rackId: 'c', chosen: 4 },
  { what: 'of equals the one with the largest id', chosen: 3 },
  { what: 'the one that is further', followers: { ...same, 2: [0, 11, 5] }, chosen: 2 },
  { what: 'the one that is further, though it caught up earlier', followers: { ...same, 2: [0, 11, 1] }, chosen: 2 },
  { what: 'the one that caught up last', followers: { ...same, 2: [0, 10, 6] }, chosen: 2 },
  { what: 'one that caught up before one that never did', followers: { ...same, 3: [0, 10, never] }, chosen: 2 },
  { what: 'of two that never caught up the larger id', followers: { 3: [0, 9, never], 2: [0, 9, never] }, chosen: 3 },
  { what: 'in sync before further', isr: [1, 2], followers: { ...same, 3: [0, 99, 9] }, chosen: 2 },
  { what: 'nobody in the rack is in sync', isr: [1, 4], chosen: undefined },
  { what: 'an offset at the end of the logs', fetchOffset: 10, chosen: 3 },
  { what: 'an offset that one alone has', fetchOffset: 10, followers: { ...same, 3: [0, 9, 9] }, chosen: 2 },
  { what: 'an offset that nobody in the rack has yet', fetchOffset: 11, chosen: undefined },
  { what: 'an offset before the log of one', fetchOffset: 3, followers: { ...same, 3: [4, 10, 5] }, chosen: 2 },
  { what: 'an offset at the start of the log', fetchOffset: 4, followers: { ...same, 3: [4, 10, 5] }, chosen: 3 },
  { what: 'followers that have not fetched yet', followers: { 2: [-1, -1, 5], 3: [-1, -1, 5] }, chosen: undefined },
]

describe('the replica that a consumer is to read from', () => {
  for (const { what, rackId = 'b', isr = all, followers = same, fetchOffset = 5, chosen } of table) {
    it(`${chosen ?? 'the leader'}: ${what}`, () => {
      const reader = { rackId, rackOf: (id: number) => racks.get(id) }
      assert.equal(
        preferredReplica({ leaderId: 1, isr, followers: followersOf(followers) }, reader, fetchOffset),
        chosen,
      )
    })
  }
})
