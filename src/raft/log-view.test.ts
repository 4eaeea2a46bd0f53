import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { LogView } from './log-view.ts'

/** The epoch of each record. */
type Epochs = readonly number[]

function viewOf(records: Epochs): LogView {
  const view = new LogView({ startOffset: 0, endOffset: 0, epochs: [] })
  for (const [offset, epoch] of records.entries()) view.append(epoch, offset + 1)
  return view
}

const commonLength = (a: Epochs, b: Epochs): number => {
  const at = a.findIndex((epoch, i) => epoch !== b[i])
  return at < 0 ? Math.min(a.length, b.length) : at
}

/** Two logs of one quorum: the same up to somewhere, then each has epochs that the other one has not. */
const logs = fc
  .record({
    common: fc.array(fc.integer({ min: 1, max: 4 })),
    leader: fc.array(fc.integer({ min: 2, max: 5 })),
    follower: fc.array(fc.integer({ min: 2, max: 5 })),
  })
  .map(({ common, leader, follower }) => {
    const shared = common.toSorted((a, b) => a - b)
    const rest = (epochs: Epochs, isOdd: boolean): Epochs =>
      epochs.map((epoch) => 2 * epoch + 2 + Number(isOdd)).toSorted((a, b) => a - b)
    return { leader: [...shared, ...rest(leader, true)], follower: [...shared, ...rest(follower, false)] }
  })

test('a follower cuts to where it is its leader, not further, within as many steps as it has epochs', () => {
  fc.assert(
    fc.property(logs, ({ leader, follower }) => {
      const leaders = viewOf(leader)
      const own = viewOf(follower)
      const common = commonLength(leader, follower)
      for (let step = 0; ; step++) {
        assert.ok(step <= 12, 'it ends')
        const validity = leaders.validate(own.end)
        if (validity.kind === 'valid') break
        assert.equal(validity.kind, 'diverging')
        const cut = validity.kind === 'diverging' ? own.cutFor(validity.from) : 0
        assert.ok(cut >= common, 'what is the same stays')
        own.truncateTo(cut)
      }
      assert.equal(own.endOffset, common === follower.length ? follower.length : own.endOffset)
      assert.deepEqual(follower.slice(0, own.endOffset), leader.slice(0, own.endOffset))
    }),
  )
})

test('where an epoch ends: of one that the log has not, the one before it', () => {
  const view = viewOf([1, 1, 3, 3, 3, 6])
  assert.deepEqual(
    [0, 1, 2, 3, 5, 6, 9].map((epoch) => view.endOf(epoch)),
    [
      { offset: 0, epoch: 0 },
      { offset: 2, epoch: 1 },
      { offset: 2, epoch: 1 },
      { offset: 5, epoch: 3 },
      { offset: 5, epoch: 3 },
      { offset: 6, epoch: 6 },
      { offset: 6, epoch: 6 },
    ],
  )
})

test('who is behind the start of the log, or on another history there, gets the snapshot', () => {
  const snapshot = { offset: 10, epoch: 2, sizeInBytes: 100 }
  const view = new LogView({
    startOffset: 10,
    endOffset: 20,
    epochs: [
      { offset: 10, epoch: 3 },
      { offset: 15, epoch: 4 },
    ],
    snapshots: [snapshot],
  })
  const kinds = [
    [0, 0],
    [9, 2],
    [10, 2],
    [10, 3],
    [12, 1],
    [12, 3],
    [16, 3],
    [20, 4],
    [21, 4],
  ].map(([offset = 0, epoch = 0]) => view.validate({ offset, epoch }).kind)
  assert.deepEqual(kinds, [
    'snapshot',
    'snapshot',
    'valid',
    'snapshot',
    'snapshot',
    'valid',
    'diverging',
    'valid',
    'diverging',
  ])
})

test('a vote goes to who has as much: a later epoch, or the same one and no less', () => {
  const view = viewOf([1, 2, 2])
  assert.deepEqual(
    [
      [9, 1],
      [2, 2],
      [3, 2],
      [0, 3],
    ].map(([offset = 0, epoch = 0]) => view.isUpToDate({ offset, epoch })),
    [false, false, true, true],
  )
})

test('a log that is cut behind a snapshot keeps its epochs from there on; one that starts anew has none', () => {
  const view = viewOf([1, 1, 3, 3, 3, 6])
  const older = { offset: 2, epoch: 1, sizeInBytes: 10 }
  const newer = { offset: 4, epoch: 3, sizeInBytes: 20 }
  view.beginsAt({ startOffset: 0, snapshots: [older, newer] })
  assert.equal(view.validate({ offset: 1, epoch: 1 }).kind, 'valid')
  assert.deepEqual(
    [view.snapshotOf({ offset: 2, epoch: 1 }), view.snapshotOf({ offset: 2, epoch: 2 })],
    [older, undefined],
  )
  view.beginsAt({ startOffset: 4, snapshots: [newer] })
  assert.deepEqual(view.validate({ offset: 1, epoch: 1 }), { kind: 'snapshot', snapshot: newer })
  assert.deepEqual(view.validate({ offset: 4, epoch: 3 }), { kind: 'valid' })
  assert.deepEqual(
    [3, 6].map((epoch) => view.endOf(epoch)),
    [
      { offset: 5, epoch: 3 },
      { offset: 6, epoch: 6 },
    ],
  )
  const all = { offset: 6, epoch: 6, sizeInBytes: 30 }
  view.beginsAt({ startOffset: 6, snapshots: [all] })
  assert.deepEqual([view.end, view.startOffset], [{ offset: 6, epoch: 6 }, 6])
  const fetched = { offset: 40, epoch: 8, sizeInBytes: 40 }
  view.startFrom(fetched)
  assert.deepEqual([view.end, view.startOffset, view.latestSnapshot], [{ offset: 40, epoch: 8 }, 40, fetched])
  view.append(8, 41)
  assert.deepEqual(view.endOf(8), { offset: 41, epoch: 8 })
})
