import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Disk } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import { PartitionFixture } from '../server/handlers/partition-fixture.ts'
import type { Partition } from './partition.ts'

/** A partition that syncs at each append; each sync of its records waits until the test lets it go. */
async function openSlowly() {
  const { disk: memory } = createEnv({ disk: 'memory' })
  const syncs: (() => void)[] = []
  let isSlow = false
  const { open } = memory
  const disk: Disk = Object.assign(memory, {
    open: async (...[path, how]: Parameters<Disk['open']>) => {
      const file = await open.call(memory, path, how)
      const { sync } = file
      return Object.assign(file, {
        sync: async () => {
          if (isSlow && path.endsWith('.log')) await new Promise<void>((resolve) => syncs.push(resolve))
          return sync.call(file)
        },
      })
    },
  })
  const fixture = await PartitionFixture.open(disk, { t: { replicas: [[1]] } })
  const partition = fixture.partition('t')
  partition.log.config = { ...partition.log.config, flushMessages: 1 }
  isSlow = true
  return { fixture, partition, syncs }
}

/** Lets what can go on go on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const marks = ({ log }: Partition): readonly number[] => [log.highWatermark, log.logEndOffset]

test('the high watermark goes to the end of what is flushed, and not to that of an append that still waits', async () => {
  const { fixture, partition, syncs } = await openSlowly()
  const told: number[] = []
  partition.addWaiter({ progressed: ({ appendedBytes }) => void told.push(appendedBytes) })
  const first = fixture.append(partition, [1])
  await settled()
  assert.equal(syncs.length, 1)
  // Behind the sync that is under way: that one is not for it.
  const second = fixture.append(partition, [2, 3])
  await settled()
  assert.deepEqual(marks(partition), [0, 3])
  syncs[0]?.()
  await first
  await settled()
  assert.deepEqual(marks(partition), [1, 3])
  assert.equal(told.length, 1)
  assert.equal(syncs.length, 2)
  syncs[1]?.()
  await second
  assert.deepEqual(marks(partition), [3, 3])
  assert.equal(told.length, 2)
})

test('a leader that begins a new epoch does not count what still waits for the disk either', async () => {
  const { fixture, partition, syncs } = await openSlowly()
  const appended = fixture.append(partition, [1])
  await settled()
  fixture.lead(partition, partition.leaderEpoch + 1)
  assert.deepEqual(marks(partition), [0, 1])
  syncs[0]?.()
  await appended
  assert.deepEqual(marks(partition), [1, 1])
})

test('a flush that a later append no longer waits for holds back the high watermark all the same', async () => {
  const { fixture, partition, syncs } = await openSlowly()
  const first = fixture.append(partition, [1])
  await settled()
  partition.log.config = { ...partition.log.config, flushMessages: 1000 }
  await fixture.append(partition, [2])
  assert.deepEqual(marks(partition), [0, 2])
  syncs[0]?.()
  await first
  assert.deepEqual(marks(partition), [2, 2])
})

test('an append that failed does not hold back those that come later', async () => {
  const { fixture, partition } = await openSlowly()
  partition.log.config = { ...partition.log.config, flushMessages: 1000 }
  const { log } = partition
  const { append } = log
  log.append = () => Promise.reject(new Error('no space left'))
  await assert.rejects(fixture.append(partition, [1]), /no space left/)
  log.append = append
  await fixture.append(partition, [2])
  assert.deepEqual(marks(partition), [1, 1])
})
