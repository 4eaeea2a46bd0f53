/** The files of leader epochs: how many are written at once, and when one may wait. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Disk, type DiskFile, uuidFromLatin1 } from '../base/index.ts'
import { MemoryDisk } from '../env/index.ts'
import { buildBatch } from '../records/index.ts'
import { World } from '../sim/index.ts'
import { defaultLogConfig, type Log, LogManager, sameIntervals } from './index.ts'

const logs = 200
const openMax = 32
const id = uuidFromLatin1('epochs'.padEnd(16))

test('as many files of epochs are open as logs are opened at a time, and all are written', async () => {
  const world = new World({ seed: 1, turn: setImmediate })
  const env = world.env('node')
  const { disk } = env
  let open = 0
  let openMost = 0
  const openFile = disk.open.bind(disk)
  const counting = async (...[path, options]: Parameters<typeof disk.open>): Promise<DiskFile> => {
    const file = await openFile(path, options)
    if (!path.endsWith('leader-epoch-checkpoint.tmp')) return file
    openMost = Math.max(openMost, ++open)
    const close = file.close.bind(file)
    return Object.assign(file, {
      close: async () => {
        await close()
        open--
      },
    })
  }
  const work = async (): Promise<void> => {
    const manager = await opened(Object.assign(disk, { open: counting }), env)
    const made = []
    for (let partition = 0; partition < logs; partition++) made.push(manager.getOrCreate({ topic: 't', partition }, id))
    for (const log of await Promise.all(made)) log.assignEpochStart(7, 0)
    await manager.close(1)
    for (let partition = 0; partition < logs; partition++) {
      const stat = await disk.stat(`/data/t-${partition}/leader-epoch-checkpoint`)
      assert.equal(stat?.size, '0\n1\n7 0\n'.length)
    }
  }
  await world.settle(work(), 1e9)
  assert.ok(openMost > 1 && openMost <= openMax, `${openMost} were open`)
  assert.equal(open, 0)
})

const t0 = { topic: 't', partition: 0 }
const epochFile = '/data/t-0/leader-epoch-checkpoint'

function opened(disk: Disk, env = new World({ seed: 1, turn: setImmediate }).env('node')): Promise<LogManager> {
  const { random, logger, clock } = env
  return LogManager.open({
    directory: '/data',
    disk,
    clock,
    random: random.stream('names'),
    logger,
    configOf: () => defaultLogConfig,
    onDirectoryFailure: (_, error) => assert.fail(error),
    intervals: sameIntervals(1e12),
    recoveriesMax: () => 2,
  })
}

/** As a follower, which gets what older leaders have written. */
const append = (log: Log, leaderEpoch: number): void => {
  const batch = Buffer.from(buildBatch([{ key: null, value: Buffer.from('v'), timestampMs: 1 }]))
  batch.writeBigInt64BE(BigInt(log.logEndOffset))
  batch.writeInt32BE(leaderEpoch, 12)
  void log.append(batch, { kind: 'follower' })
}

async function text(disk: Disk, path: string): Promise<string> {
  const file = await disk.open(path, { mode: 'read' })
  const bytes = Buffer.alloc(file.size())
  await file.read(bytes, 0, bytes.length, 0)
  await file.close()
  return bytes.toString()
}

/** A log with a record of epoch 4, where epoch 5 began and wrote nothing; after a clean stop. */
async function endedByAnEpoch(disk: Disk): Promise<void> {
  const manager = await opened(disk)
  const log = await manager.getOrCreate(t0, id)
  append(log, 4)
  log.assignEpochStart(5, 1)
  await manager.close(1)
  assert.equal(await text(disk, epochFile), '0\n2\n4 0\n5 1\n')
}

const present = (log: Log | undefined): Log => log ?? assert.fail('the log is there')

test('an epoch that starts where the log ends is dropped when it is opened, and from its file with the next record', async () => {
  const disk = new MemoryDisk()
  await endedByAnEpoch(disk)
  const manager = await opened(disk)
  const log = present(manager.get(t0))
  assert.equal(log.latestEpoch, 4)
  assert.equal(await text(disk, epochFile), '0\n2\n4 0\n5 1\n')
  append(log, 4)
  await log.flush()
  assert.equal(await text(disk, epochFile), '0\n1\n4 0\n')
  await manager.close(2)
})

async function replace(disk: Disk, path: string, content: string): Promise<void> {
  const file = await disk.open(path, { mode: 'create' })
  file.writeSync(Buffer.from(content), 0)
  await file.close()
}

test('where the process died before the file was written, the records say what is wrong in it', async () => {
  const disk = new MemoryDisk()
  await endedByAnEpoch(disk)
  const before = await text(disk, epochFile)
  const manager = await opened(disk)
  append(present(manager.get(t0)), 4)
  await manager.close(2)
  // As a kill would have left it.
  await disk.unlink('/data/.kafka_cleanshutdown')
  await replace(disk, '/data/recovery-point-offset-checkpoint', '0\n1\nt 0 1\n')
  await replace(disk, epochFile, before)
  const log = present((await opened(disk)).get(t0))
  assert.equal(log.logEndOffset, 2)
  assert.deepEqual([log.latestEpoch, log.epochOf(1)], [4, 4])
})
