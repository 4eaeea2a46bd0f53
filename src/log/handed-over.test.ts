/** A log whose place another one takes: what becomes of the appends that come meanwhile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Disk, DiskError } from '../base/index.ts'
import { MemoryDisk } from '../env/index.ts'
import { buildBatch } from '../records/index.ts'
import { defaultLogConfig, Log } from './index.ts'
import { clock, logger } from './log-fixture.ts'

const open = (disk: Disk, directory: string): Promise<Log> =>
  Log.open({
    directory,
    topicPartition: { topic: 't', partition: 0 },
    topicId: undefined,
    config: { ...defaultLogConfig, retentionMs: -1 },
    disk,
    clock,
    logger,
    recoveryPoint: 0,
    isCleanShutdown: true,
    logStartOffset: 0,
    onDirectoryFailure: (error) => assert.fail(error),
  })

const append = (log: Log, size: number): Promise<unknown> => {
  const batch = buildBatch([{ key: null, value: Buffer.alloc(size), timestampMs: 1_795_459_200_000 }])
  return Promise.resolve(log.append(batch, { kind: 'leader', leaderEpoch: 0, origin: 'client' }))
}

/** Has no room for a write of that size or more. */
function fullDisk(bytesMax: number): Disk {
  const disk = new MemoryDisk()
  const { open: openFile } = disk
  return Object.assign(disk, {
    open: async (...[path, options]: Parameters<Disk['open']>) => {
      const file = await openFile.call(disk, path, options)
      const { writeSync } = file
      return Object.assign(file, {
        writeSync: (bytes: Uint8Array, position: number) => {
          if (bytes.length >= bytesMax) throw new DiskError('ENOSPC', path, `no space left on device: ${path}`)
          return writeSync.call(file, bytes, position)
        },
      })
    },
  })
}

test('of appends that waited, none is taken behind one that the new log refuses', async () => {
  const log = await open(new MemoryDisk(), '/a/t-0')
  const moved = await open(fullDisk(1000), '/b/t-0')
  const waiting: Promise<PromiseSettledResult<unknown>[]>[] = []
  const next = async (): Promise<Log> => {
    waiting.push(Promise.allSettled([append(log, 10), append(log, 2000), append(log, 10)]))
    return moved
  }
  await log.handOver(next, () => undefined)
  const [settled = []] = await Promise.all(waiting)
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected'],
  )
  // A record that a client was told is not there would be there, behind a gap.
  assert.equal(moved.logEndOffset, 1)
})
