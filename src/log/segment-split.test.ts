import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Disk, DiskError } from '../base/index.ts'
import { MemoryDisk } from '../env/index.ts'
import { BatchCursor, batchHeader, buildBatch } from '../records/index.ts'
import { World } from '../sim/index.ts'
import { defaultLogConfig, Log, readPlan, writeWholeFile } from './index.ts'

const directory = '/data/t-0'
const far = 2 ** 31

const batchAt = (baseOffset: number): Buffer =>
  buildBatch([{ key: Buffer.from('k'), value: Buffer.alloc(100), timestampMs: 1_767_225_600_000 }], { baseOffset })

interface Opening {
  readonly isCompacted?: boolean
  readonly isCleanShutdown?: boolean
}

function open(disk: Disk, { isCompacted = true, isCleanShutdown = false }: Opening = {}): Promise<Log> {
  const { logger, clock } = new World({ seed: 1, turn: setImmediate }).env('node')
  return Log.open({
    disk,
    clock,
    logger,
    directory,
    topicPartition: { topic: 't', partition: 0 },
    topicId: undefined,
    config: { ...defaultLogConfig, isCompacted, retentionMs: -1, indexIntervalBytes: 0 },
    recoveryPoint: 0,
    isCleanShutdown,
    logStartOffset: 0,
    onDirectoryFailure: (error) => assert.fail(error),
  })
}

/** A directory with one segment of batches with these offsets. */
async function segmentOf(offsets: readonly number[], tail: Uint8Array = Buffer.alloc(0)): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  await disk.makeDirectory(directory)
  const bytes = Buffer.concat([...offsets.map(batchAt), tail])
  await writeWholeFile(disk, `${directory}/00000000000000000000.log`, { bytes, sync: true })
  return disk
}

async function offsetsOf(log: Log): Promise<number[]> {
  const found: number[] = []
  for (let startOffset = 0; startOffset < log.logEndOffset; startOffset = (found.at(-1) ?? 0) + 1) {
    const plan = await log.read({ startOffset, maxBytes: 1e6, maxOffset: log.logEndOffset, minOneBatch: true })
    const bytes = readPlan(plan) ?? Buffer.alloc(0)
    const cursor = new BatchCursor(bytes, 0, bytes.length)
    const before = found.length
    while (cursor.next()) found.push(batchHeader.baseOffset(cursor.view, cursor.position))
    assert.ok(found.length > before)
  }
  return found
}

const offsets = [3, 7, far - 1, far, far + 9, 2 * far + 5, 5 * far, 5 * far + 1]

test('a segment with offsets that its indexes cannot hold is split, and nothing of it is lost', async () => {
  const disk = await segmentOf(offsets, batchAt(6 * far).subarray(0, 50))
  const log = await open(disk)
  assert.deepEqual(await offsetsOf(log), offsets)
  assert.equal(log.segmentCount, 4)
  assert.equal(log.loading.lostBytes, 50)
  await log.close()
  const again = await open(disk, { isCleanShutdown: true })
  assert.deepEqual(await offsetsOf(again), offsets)
  await again.close()
})

test('a first batch that its own segment cannot hold stays', async () => {
  const log = await open(await segmentOf([far + 5, far + 6]))
  assert.deepEqual(await offsetsOf(log), [far + 5, far + 6])
})

test('it is read as it is where the stop was clean', async () => {
  const log = await open(await segmentOf(offsets), { isCleanShutdown: true })
  assert.deepEqual(await offsetsOf(log), offsets)
})

test('an offset that is damaged ends the log, as any batch does', async () => {
  for (const [damaged, opening] of [
    [[0, 1, far + 5, 2], {}],
    [[0, 1, far + 5], { isCompacted: false }],
  ] as const) {
    const log = await open(await segmentOf(damaged), opening)
    assert.deepEqual(await offsetsOf(log), [0, 1])
    assert.ok(log.loading.lostBytes > 0)
  }
})

test('whatever operation of the disk is the last one, nothing is lost', async () => {
  let isWhole = false
  for (let nth = 1; !isWhole; nth++) {
    const disk = await segmentOf(offsets)
    let left = nth
    const count = (path: string): void => {
      if (--left <= 0) throw new DiskError('EIO', path, 'the end')
    }
    const dying = new Proxy(disk, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        const changes = ['open', 'rename', 'unlink', 'syncDirectory'].includes(String(name))
        return (...given: readonly unknown[]): unknown => {
          if (changes) count(String(given[0]))
          return Reflect.apply(value, target, given)
        }
      },
    })
    isWhole = await open(dying).then(
      () => true,
      () => false,
    )
    const log = await open(disk)
    assert.deepEqual(await offsetsOf(log), offsets, `after ${nth} operations`)
    assert.ok(nth < 200)
  }
})
