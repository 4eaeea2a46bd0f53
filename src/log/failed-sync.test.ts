/** A sync that fails, for every kind of file of a log directory: the directory is offline at once, and nobody tries again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, type Disk, DiskError, uuidFromLatin1 } from '../base/index.ts'
import { MemoryDisk } from '../env/index.ts'
import { buildBatch, buildEndTransactionBatch } from '../records/index.ts'
import { World } from '../sim/index.ts'
import { defaultLogConfig, type Log, LogManager, sameIntervals } from './index.ts'

const t0 = { topic: 't', partition: 0 }
const id = uuidFromLatin1('t'.padEnd(16))
const producer = { producerId: 7, producerEpoch: 0 }
const nowMs = 1_767_225_600_000

/** A disk in memory that counts syncs by path and refuses those that a test names. */
class SyncDisk {
  refused: RegExp | undefined
  refusals = 0
  readonly disk: Disk

  constructor() {
    const memory = new MemoryDisk()
    const { open: openFile, syncDirectory } = memory
    this.disk = Object.assign(memory, {
      open: async (...[path, options]: Parameters<Disk['open']>) => {
        const file = await openFile.call(memory, path, options)
        const { sync } = file
        return Object.assign(file, {
          sync: async () => {
            this.#check(path)
            await sync.call(file)
          },
        })
      },
      syncDirectory: async (path: string) => {
        this.#check(`${path}/`)
        await syncDirectory.call(memory, path)
      },
    })
  }

  #check(path: string): void {
    if (this.refused?.test(path) !== true) return
    this.refusals++
    throw new DiskError('EIO', path, `input/output error: ${path}`)
  }
}

interface Scene {
  readonly manager: LogManager
  readonly log: Log
  readonly append: (log: Log, leaderEpoch?: number) => Promise<unknown>
}

/** Has a producer, an aborted transaction and a log start of its own. */
async function scene(disk: Disk, failures: Error[]): Promise<Scene> {
  const world = new World({ seed: 1, turn: setImmediate })
  const { random, logger, clock } = world.env('node')
  const manager = await LogManager.open({
    directory: '/data',
    disk,
    clock,
    random: random.stream('names'),
    logger,
    configOf: () => ({ ...defaultLogConfig, segmentBytes: 400, isCompacted: true }),
    onDirectoryFailure: (_, error) => void failures.push(error),
    intervals: sameIntervals(1e12),
    recoveriesMax: () => 2,
  })
  const log = await manager.getOrCreate(t0, id)
  const append: Scene['append'] = async (to, leaderEpoch = 0) => {
    const batch = buildBatch([{ key: Buffer.from('k'), value: Buffer.alloc(200), timestampMs: nowMs }])
    await to.append(batch, { kind: 'leader', leaderEpoch, origin: 'client' })
    to.setHighWatermark(to.logEndOffset)
  }
  const opened = buildBatch([{ key: null, value: null, timestampMs: nowMs }], {
    ...producer,
    baseSequence: 0,
    isTransactional: true,
  })
  await log.append(opened, { kind: 'leader', leaderEpoch: 0, origin: 'client' })
  const aborted = buildEndTransactionBatch({ ...producer, isCommit: false, coordinatorEpoch: 0, timestampMs: nowMs })
  await log.append(aborted, { kind: 'leader', leaderEpoch: 0, origin: 'coordinator' })
  return { manager, log, append }
}

const roll = async ({ log, append }: Scene): Promise<void> => {
  // In the background: whether it is an answer to anybody is a matter of time.
  for (const work of [() => append(log), () => append(log), () => log.flush()]) await work().catch(() => undefined)
}

/** Where a failure is an answer to who asked, that one takes the directory offline, as the broker does. */
const asked =
  (work: (scene: Scene) => Promise<unknown>) =>
  (scene: Scene): Promise<unknown> =>
    work(scene).catch((error: unknown) => scene.manager.failed(error instanceof Error ? error : new Error()))

const cases: readonly (readonly [name: string, path: RegExp, work: (scene: Scene) => Promise<unknown>])[] = [
  ['a segment', /0000\.log$/, roll],
  ['an offset index', /0000\.index$/, roll],
  ['a time index', /0000\.timeindex$/, roll],
  ['a transaction index', /\.txnindex$/, roll],
  ['a snapshot of producers', /\.snapshot$/, roll],
  ['the directory of a log', /t-0\/$/, roll],
  [
    'the leader epochs',
    /leader-epoch-checkpoint/,
    async ({ log, append }) => {
      await append(log, 1)
      await log.flush().catch(() => undefined)
    },
  ],
  [
    'the id of a topic',
    /partition\.metadata/,
    asked(({ manager }) => manager.getOrCreate({ topic: 'u', partition: 0 }, id)),
  ],
  ['the log directory', /data\/$/, asked(({ manager }) => manager.getOrCreate({ topic: 'u', partition: 0 }, id))],
  ['a deletion', /data\/$/, asked(({ manager }) => manager.delete(t0))],
  ['recovery points', /recovery-point/, asked(({ manager }) => manager.checkpoint())],
  [
    'log starts',
    /log-start/,
    asked(async ({ manager, log, append }) => {
      await append(log)
      log.deleteRecordsBefore(1)
      await manager.checkpoint()
    }),
  ],
  ['high watermarks', /replication-offset/, asked(({ manager }) => manager.checkpoint())],
  ['how far logs are compacted', /cleaner-offset/, asked(({ manager }) => manager.checkpointCleaner())],
]

for (const [name, path, work] of cases) {
  test(`a failed sync of ${name}`, async () => {
    const disk = new SyncDisk()
    const failures: Error[] = []
    const all = await scene(disk.disk, failures)
    const other = await all.manager.getOrCreate({ topic: 'other', partition: 0 }, id)
    disk.refused = path
    await work(all)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(failures.length, 1, 'told once')
    assert.match(failures[0]?.message ?? '', path)
    for (const log of [all.log, other]) {
      await assert.rejects(all.append(log), (error) => error instanceof ApiError && error.code === 56)
    }
    await all.manager.close(1)
    assert.equal(disk.refusals, 1, 'tried once')
    assert.equal(await disk.disk.stat('/data/.kafka_cleanshutdown'), undefined)
  })
}

test('a failed sync of the marker of a clean stop is told', async () => {
  const disk = new SyncDisk()
  const { manager } = await scene(disk.disk, [])
  disk.refused = /cleanshutdown/
  await assert.rejects(manager.close(1), /cleanshutdown/)
  assert.equal(disk.refusals, 1)
})
