/** Logs that Kafka began before 0.11, and that have messages of formats 0 and 1: kept as they are, read, and written on behind. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oldMessage, wrappedMessages } from '../../test/message-sets.ts'
import { MemoryDisk } from '../env/index.ts'
import { BatchCursor, buildBatch, CompressionType } from '../records/index.ts'
import { defaultLogConfig, Log, type LogConfig, readWholeFile, writeWholeFile } from './index.ts'
import { clock, logger } from './log-fixture.ts'

const directory = '/data/t-0'
const config: LogConfig = { ...defaultLogConfig, indexIntervalBytes: 100, retentionMs: -1 }
const startMs = 1_400_000_000_000

/** The first 20 offsets of format 0, in wrappers of four; the next 20 of format 1, alone; then ten batches of format 2. */
function segments(): Map<number, Buffer> {
  const wrapped = (first: number): Buffer => {
    const inner = [0, 1, 2, 3].map((i) => oldMessage({ magic: 0, offset: first + i, value: Buffer.alloc(30, first) }))
    return wrappedMessages({ magic: 0, offset: first + 3, codec: CompressionType.lz4 }, Buffer.concat(inner))
  }
  const alone = (offset: number): Buffer => oldMessage({ magic: 1, offset, timestampMs: startMs + offset })
  const batch = (baseOffset: number): Buffer =>
    buildBatch([{ value: Buffer.from('new'), timestampMs: startMs + baseOffset }], { baseOffset, leaderEpoch: 3 })
  const twenty = Array.from({ length: 20 }, (_, i) => i)
  return new Map([
    [0, Buffer.concat([0, 4, 8, 12, 16].map(wrapped))],
    [20, Buffer.concat(twenty.map((i) => alone(20 + i)))],
    // The shortest of all is the last.
    [40, Buffer.concat([...twenty.slice(0, 10).map((i) => batch(40 + i)), oldMessage({ magic: 0, offset: 50 })])],
  ])
}

const all = Buffer.concat([...segments().values()])
const pathOf = (base: number): string => `${directory}/${String(base).padStart(20, '0')}.log`

async function diskWith(found: ReadonlyMap<number, Buffer>): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  await disk.makeDirectory(directory)
  for (const [base, bytes] of found) await writeWholeFile(disk, pathOf(base), { bytes, sync: true })
  return disk
}

const open = (disk: MemoryDisk, isCleanShutdown: boolean): Promise<Log> =>
  Log.open({
    ...{ disk, directory, topicPartition: { topic: 't', partition: 0 }, topicId: undefined, config, clock, logger },
    ...{ recoveryPoint: 0, isCleanShutdown, logStartOffset: 0 },
    onDirectoryFailure: (error) => assert.fail(error),
  })

async function readFrom(log: Log, startOffset: number): Promise<Buffer> {
  const plan = await log.read({ startOffset, maxBytes: 1e6, maxOffset: log.logEndOffset, minOneBatch: true })
  return Buffer.concat(
    plan.open().map((region) => {
      const into = Buffer.alloc(region.sizeInBytes)
      assert.ok(region.readSync(into, 0))
      region.release()
      return into
    }),
  )
}

/** Of the batch, or the message, that a read begins with. */
function lastOffsetOf(bytes: Buffer): number {
  const cursor = new BatchCursor(bytes)
  assert.ok(cursor.next())
  return cursor.lastOffset
}

for (const isCleanShutdown of [true, false]) {
  test(`behind ${isCleanShutdown ? 'a clean stop' : 'a kill'} every offset is found, and all is as it was`, async () => {
    const disk = await diskWith(segments())
    const log = await open(disk, isCleanShutdown)
    assert.deepEqual([log.logStartOffset, log.logEndOffset, log.sizeInBytes], [0, 51, all.length])
    let read = Buffer.alloc(0)
    while (read.length < all.length) {
      const behind = new BatchCursor(read)
      let next = 0
      while (behind.next()) next = behind.lastOffset + 1
      read = Buffer.concat([read, await readFrom(log, next)])
    }
    assert.ok(read.equals(all))
    for (let offset = 0; offset < 51; offset++) {
      const expected = offset < 20 ? offset - (offset % 4) + 3 : offset
      assert.equal(lastOffsetOf(await readFrom(log, offset)), expected, `from ${offset}`)
    }
    await log.close()
    for (const [base, bytes] of segments()) assert.ok((await readWholeFile(disk, pathOf(base), 1e6))?.equals(bytes))
  })
}

test('times are looked up, of those that have any', async () => {
  const log = await open(await diskWith(segments()), true)
  const found = async (timestampMs: number): Promise<number | undefined> => {
    const bytes = await log.batchForTimestamp(timestampMs, 0)
    return bytes && lastOffsetOf(Buffer.from(bytes))
  }
  assert.deepEqual([await found(0), await found(startMs + 33), await found(startMs + 45)], [20, 33, 45])
  assert.equal(await found(startMs + 50), undefined)
  assert.equal(lastOffsetOf(Buffer.from((await log.batchOfMaxTimestamp()) ?? assert.fail())), 49)
})

test('it goes on behind them, and may be cut among them', async () => {
  const log = await open(await diskWith(segments()), true)
  const batch = buildBatch([{ value: null, timestampMs: 1 }])
  const appended = await log.append(batch, { kind: 'leader', leaderEpoch: 4, origin: 'client' })
  assert.equal(appended.baseOffset, 51)
  assert.equal(lastOffsetOf(await readFrom(log, 51)), 51)
  await log.truncateTo(30)
  assert.equal(log.logEndOffset, 30)
  await log.truncateTo(10)
  // What is wrapped together stays together.
  assert.equal(log.logEndOffset, 10)
  assert.equal(lastOffsetOf(await readFrom(log, 7)), 7)
})

test('a follower takes them as its leader has them, and checks them', async () => {
  const log = await open(new MemoryDisk(), true)
  await log.append(Buffer.concat([all, oldMessage({ magic: 1, offset: 51 }).subarray(0, 30)]), { kind: 'follower' })
  assert.deepEqual([log.logEndOffset, log.sizeInBytes], [51, all.length])
  const damaged = oldMessage({ magic: 1, offset: 51, value: Buffer.from('abc') })
  damaged.write('x', damaged.length - 1)
  const appending = async (): Promise<unknown> => log.append(damaged, { kind: 'follower' })
  await assert.rejects(appending, /wrong checksum/)
  // Nobody writes them any more.
  const written = oldMessage({ magic: 1, offset: 0 })
  const writing = async (): Promise<unknown> =>
    log.append(written, { kind: 'leader', leaderEpoch: 4, origin: 'client' })
  await assert.rejects(writing, /whole batch/)
})

test('behind a kill the log is cut where a message is hurt, or is not whole', async () => {
  const found = segments()
  const second = Buffer.from(found.get(20) ?? assert.fail())
  const size = second.length / 20
  second.writeUInt8(1, size * 7 + size - 1)
  const log = await open(await diskWith(new Map([...found, [20, second]])), false)
  assert.deepEqual([log.logEndOffset, log.sizeInBytes], [27, (found.get(0)?.length ?? 0) + 7 * size])
  const torn = await open(await diskWith(new Map([[20, second.subarray(0, size * 3 + 20)]])), true)
  assert.equal(torn.logEndOffset, 23)
})
