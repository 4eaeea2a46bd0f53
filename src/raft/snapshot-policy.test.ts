import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SnapshotPolicy } from './snapshot-policy.ts'

test('a snapshot is due after so many bytes since the last one', () => {
  const policy = new SnapshotPolicy({ bytesMax: 100, intervalMsMax: 0 })
  assert.equal(policy.due(0), undefined)
  policy.committed({ bytes: 60, timestampMs: 5 })
  assert.equal(policy.due(1e12), undefined)
  policy.committed({ bytes: 40, timestampMs: 6 })
  assert.equal(policy.due(7), '100 bytes of records have no snapshot, 100 may')
  policy.snapshotTaken()
  policy.committed({ bytes: 99, timestampMs: 8 })
  assert.equal(policy.due(8), undefined)
})

test('a snapshot is due when its first uncovered record has waited long enough, by its own time', () => {
  const policy = new SnapshotPolicy({ bytesMax: 1e9, intervalMsMax: 1000 })
  policy.committed({ bytes: 0, timestampMs: 0 })
  assert.equal(policy.due(1e9), undefined, 'batches of the quorum alone make none due')
  policy.committed({ bytes: 1, timestampMs: 400 })
  policy.committed({ bytes: 1, timestampMs: 950 })
  assert.equal(policy.due(1399), undefined)
  assert.equal(policy.due(1400), 'a record has had no snapshot for 1000 ms, 1000 are allowed')
  policy.snapshotTaken()
  assert.equal(policy.due(1e9), undefined)
  policy.committed({ bytes: 1, timestampMs: 5000 })
  assert.equal(policy.due(4000), undefined, 'a clock behind that of the leader')
  assert.notEqual(policy.due(6000), undefined)
})
