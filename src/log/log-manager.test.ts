import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, type Disk, type Logger, uuidFromLatin1 } from '../base/index.ts'
import { MemoryDisk } from '../env/index.ts'
import { buildBatch } from '../records/index.ts'
import { defaultLogConfig, LogManager, sameIntervals } from './index.ts'

const directory = '/data'

/** A directory over starts and stops, what is logged of them, and a clock that stands until it is moved. */
class World {
  readonly disk: Disk = new MemoryDisk()
  lines: string[] = []
  #nowMs = 0
  readonly #timers = new Map<() => void, number>()
  readonly #clock: Clock = {
    now: () => 1_795_459_300_000,
    monotonic: () => this.#nowMs,
    after: (delayMs, fire) => {
      this.#timers.set(fire, this.#nowMs + delayMs)
      return { cancel: () => void this.#timers.delete(fire) }
    },
    afterDrain: (then) => then(),
  }
  readonly #logger: Logger = {
    child: () => this.#logger,
    log: (level, line, fields) => void this.lines.push(`${level} ${line} ${JSON.stringify(fields ?? {})}`),
  }

  get timerCount(): number {
    return this.#timers.size
  }

  advance(ms: number): void {
    this.#nowMs += ms
    for (const [fire, atMs] of this.#timers) {
      if (atMs > this.#nowMs) continue
      this.#timers.delete(fire)
      fire()
    }
  }

  open(disk: Disk = this.disk): Promise<LogManager> {
    this.lines = []
    return LogManager.open({
      directory,
      disk,
      clock: this.#clock,
      random: { u32: () => 0, below: () => 0, float: () => 0, uuid: () => uuidFromLatin1('a'.padEnd(16)) },
      logger: this.#logger,
      configOf: () => ({ ...defaultLogConfig, segmentBytes: 200 }),
      onDirectoryFailure: (_directory, error) => {
        throw error
      },
      intervals: sameIntervals(3_600_000),
      recoveriesMax: () => 2,
    })
  }

  /** Three logs, each of three segments with a batch, none of it known to be flushed; the stop was not clean. */
  static async killed(): Promise<World> {
    const world = new World()
    const manager = await world.open()
    assert.deepEqual(world.lines, ['debug loaded 0 logs of /data {"logsReadAgain":0,"segmentsReadAgain":0,"ms":0}'])
    for (const partition of [0, 1, 2]) {
      const log = await manager.getOrCreate({ topic: 't', partition }, uuidFromLatin1('t'.padEnd(16)))
      for (let i = 0; i < 3; i++) {
        const batch = buildBatch([{ key: null, value: Buffer.alloc(100), timestampMs: 1_795_459_200_000 }])
        await log.append(batch, { kind: 'leader', leaderEpoch: 0, origin: 'client' })
      }
      assert.equal(log.segmentCount, 3)
    }
    await manager.unlock()
    return world
  }
}

test('an unclean stop is told with what was read again; a clean one is not', async () => {
  const world = await World.killed()
  const manager = await world.open()
  assert.deepEqual(world.lines, [
    'info recovering 3 logs of /data after an unclean stop {}',
    'info recovered 3 logs of /data {"logsReadAgain":3,"segmentsReadAgain":9,"ms":0}',
  ])
  // Of checkpoints, flushes and retention: nothing more is told.
  assert.equal(world.timerCount, 5)
  await manager.close(1)
  await (await world.open()).close(2)
  assert.deepEqual(world.lines, ['debug loaded 3 logs of /data {"logsReadAgain":0,"segmentsReadAgain":0,"ms":0}'])
})

test('a recovery that takes long tells every ten seconds how far it is', async () => {
  const world = await World.killed()
  const held = Promise.withResolvers<void>()
  const isHeld = Promise.withResolvers<void>()
  const open: Disk['open'] = async (path, options) => {
    if (path.startsWith('/data/t-1/')) {
      isHeld.resolve()
      await held.promise
    }
    return world.disk.open(path, options)
  }
  const slow = new Proxy(world.disk, {
    get: (target, name) => {
      const value: unknown = name === 'open' ? open : Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const opening = world.open(slow)
  await isHeld.promise
  await new Promise((resolve) => setImmediate(resolve))
  world.advance(9999)
  assert.equal(world.lines.length, 1)
  world.advance(1)
  world.advance(10_000)
  held.resolve()
  await (await opening).close(1)
  assert.deepEqual(world.lines.slice(1), [
    'info recovering: 2 of 3 logs of /data are done {"logsReadAgain":2,"segmentsReadAgain":6,"ms":10000,"logsLeft":1,"segmentsLeft":0}',
    'info recovering: 2 of 3 logs of /data are done {"logsReadAgain":2,"segmentsReadAgain":6,"ms":20000,"logsLeft":1,"segmentsLeft":0}',
    'info recovered 3 logs of /data {"logsReadAgain":3,"segmentsReadAgain":9,"ms":20000}',
  ])
})

test('as many logs are read again at a time as the config says', async () => {
  const world = await World.killed()
  const waiting: (() => void)[] = []
  let isHeld = true
  const open: Disk['open'] = async (path, options) => {
    const file = await world.disk.open(path, options)
    const { read } = file
    if (!path.endsWith('.log')) return file
    return Object.assign(file, {
      read: async (...given: Parameters<typeof read>) => {
        if (isHeld) await new Promise<void>((resolve) => waiting.push(resolve))
        return read.apply(file, given)
      },
    })
  }
  const slow = new Proxy(world.disk, {
    get: (target, name) => {
      const value: unknown = name === 'open' ? open : Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const opening = world.open(slow)
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(waiting.length, 2)
  world.advance(10_000)
  assert.match(world.lines.at(-1) ?? '', /"logsLeft":3,"segmentsLeft":9}$/)
  isHeld = false
  for (const go of waiting) go()
  await (await opening).close(1)
  assert.match(world.lines.at(-1) ?? '', /recovered 3 logs/)
})

test('a recovery that fails tells no more', async () => {
  const world = await World.killed()
  await world.disk.makeDirectory('/data/not a log')
  await assert.rejects(world.open(), /not named after a topic/)
  assert.deepEqual(world.lines, ['info recovering 3 logs of /data after an unclean stop {}'])
  assert.equal(world.timerCount, 0)
})

test('a log that is being made while its directory fails takes nothing', async () => {
  const world = new World()
  const manager = await world.open()
  const making = manager.getOrCreate({ topic: 't', partition: 0 }, uuidFromLatin1('t'.padEnd(16)))
  await assert.rejects(async () => manager.failed(new Error('planted')), /planted/)
  const log = await making
  const batch = buildBatch([{ key: null, value: Buffer.alloc(10), timestampMs: 1 }])
  assert.throws(() => log.append(batch, { kind: 'leader', leaderEpoch: 0, origin: 'client' }), /has failed/)
})

test('a segment that is gone is an error and a figure, whether the stop was clean or not', async () => {
  const middle = (suffix: string): string => `/data/t-1/00000000000000000001${suffix}`
  const ways: readonly (readonly [(disk: Disk) => Promise<void>, LogManager['losses']])[] = [
    [async () => undefined, { lostBytes: 0, missingSegments: 0, missingRecords: 0 }],
    [(disk) => disk.unlink(middle('.log')), { lostBytes: 0, missingSegments: 1, missingRecords: 1 }],
    [
      async (disk) => {
        for (const suffix of ['.log', '.index', '.timeindex']) await disk.unlink(middle(suffix))
      },
      { lostBytes: 0, missingSegments: 0, missingRecords: 1 },
    ],
    [
      (disk) => disk.unlink('/data/t-1/00000000000000000002.log'),
      { lostBytes: 0, missingSegments: 1, missingRecords: 0 },
    ],
  ]
  for (const isClean of [true, false]) {
    for (const [damage, losses] of ways) {
      const world = await World.killed()
      await (await world.open()).close(1)
      if (!isClean) await world.disk.unlink('/data/.kafka_cleanshutdown')
      if (!isClean) await world.disk.unlink('/data/recovery-point-offset-checkpoint')
      await damage(world.disk)
      const manager = await world.open()
      assert.deepEqual(manager.losses, losses)
      const isLost = losses.missingRecords + losses.missingSegments > 0
      assert.equal(
        world.lines.some((line) => /^error/.test(line)),
        isLost,
      )
      await manager.close(1)
    }
  }
})

test('what a start cuts is counted', async () => {
  const world = await World.killed()
  const path = '/data/t-1/00000000000000000001.log'
  const file = await world.disk.open(path, { mode: 'write' })
  const size = file.size()
  file.writeSync(Buffer.from([1]), size - 1)
  await file.close()
  const manager = await world.open()
  assert.deepEqual(manager.losses, { lostBytes: 2 * size, missingSegments: 0, missingRecords: 0 })
  await manager.close(1)
})
