import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDisk } from '../env/index.ts'
import { decideCleanUp } from './snapshot-clean-up.ts'
import { snapshotName } from './snapshot-format.ts'
import { metadataDirectory, type Running, start } from './testdata/running.ts'

const snapshots = [
  { offset: 10, sizeInBytes: 100, timestampMs: 1000 },
  { offset: 20, sizeInBytes: 200, timestampMs: 2000 },
  { offset: 30, sizeInBytes: 300, timestampMs: 3000 },
]
const never = { retentionBytes: -1, retentionMs: -1, nowMs: 1e9, logSizeInBytes: 1e9 }

test('the oldest snapshot goes by size of log and snapshots, or by its age, else it stays', () => {
  const decide = (input: object) => {
    const due = decideCleanUp({ ...never, snapshots, ...input })
    return due === undefined ? undefined : [due.next.offset, due.reason]
  }
  assert.equal(decide({}), undefined)
  assert.deepEqual(decide({ retentionBytes: 1599, logSizeInBytes: 1000 }), [20, 'size'])
  assert.equal(decide({ retentionBytes: 1600, logSizeInBytes: 1000 }), undefined)
  assert.deepEqual(decide({ retentionMs: 500, nowMs: 1501 }), [20, 'time'])
  assert.equal(decide({ retentionMs: 500, nowMs: 1500 }), undefined)
  assert.deepEqual(decide({ snapshots: snapshots.slice(1), retentionBytes: 0 }), [30, 'size'])
  const unreadable = [{ offset: 5, sizeInBytes: 1, timestampMs: undefined }, ...snapshots]
  assert.equal(decide({ snapshots: unreadable, retentionMs: 0 }), undefined)
})

test('the newest snapshot never goes', () => {
  for (const kept of [[], snapshots.slice(2)]) {
    assert.equal(decideCleanUp({ ...never, retentionBytes: 0, retentionMs: 0, snapshots: kept }), undefined)
  }
})

for (const [what, retention] of [
  ['size', { retentionBytes: 0, retentionMs: 1e9 }],
  ['size alone', { retentionBytes: 0, retentionMs: -1 }],
] as const)
  test(`old metadata goes also where somebody has removed an old snapshot: by ${what}`, async () => {
    const disk = new MemoryDisk()
    const snapshots: number[] = []
    const addTo = async ({ driver, until, committed }: Running): Promise<void> => {
      await until(() => driver.isLeader)
      driver.propose([Buffer.from('a')])
      await until(() => committed.at(-1)?.lastOffset === driver.endOffset - 1)
      const { highWatermark: offset, epoch } = driver
      await driver.createSnapshot({ offset, epoch, timestampMs: 1, records: [] })
      snapshots.push(offset)
    }
    const first = await start(disk)
    await addTo(first)
    await addTo(first)
    await first.driver.stop()
    // What has been read at a start is not read again.
    const { driver, ...second } = await start(disk)
    await addTo({ driver, ...second })
    const [oldest = 0, , newest] = snapshots
    await disk.unlink(`${metadataDirectory}/${snapshotName({ offset: oldest, epoch: 1 })}`)
    await driver.cleanUp({ ...retention, nowMs: 0 })
    assert.equal(driver.logStartOffset, newest)
    await driver.stop()
  })
