/** What a log directory does from time to time, in virtual time: flushes and checkpoints, each at its own interval. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DiskFile, uuidFromLatin1 } from '../base/index.ts'
import { buildBatch } from '../records/index.ts'
import { World } from '../sim/index.ts'
import { defaultLogConfig, type Log, type LogConfig, type LogIntervals, LogManager, sameIntervals } from './index.ts'

const id = (name: string) => uuidFromLatin1(name.padEnd(16))
const never = sameIntervals(1e12)
const t0 = { topic: 't', partition: 0 }

class Directory {
  readonly world = new World({ seed: 1, turn: setImmediate })
  /** Names of the checkpoint files, in the order of their writing. */
  readonly written: string[] = []
  readonly #config: LogConfig
  readonly #intervals: LogIntervals

  constructor(options: { readonly intervals?: Partial<LogIntervals>; readonly config?: Partial<LogConfig> }) {
    this.#intervals = { ...never, initialDelayMs: 1000, ...options.intervals }
    this.#config = { ...defaultLogConfig, ...options.config }
  }

  open(): Promise<LogManager> {
    const { disk, clock, random, logger } = this.world.env('node')
    const openFile = disk.open.bind(disk)
    const open = async (...[path, options]: Parameters<typeof disk.open>): Promise<DiskFile> => {
      const [, name] = /\/data\/([a-z-]+)-checkpoint\.tmp$/.exec(path) ?? []
      if (name !== undefined) this.written.push(`${name} ${Math.round(this.world.nowMs / 1000)}`)
      return openFile(path, options)
    }
    return LogManager.open({
      directory: '/data',
      disk: Object.assign(disk, { open }),
      clock,
      random: random.stream('names'),
      logger,
      configOf: () => this.#config,
      onDirectoryFailure: (_, error) => assert.fail(error),
      intervals: this.#intervals,
      recoveriesMax: () => 2,
    })
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.world.after(ms, resolve))
  }

  run(work: () => Promise<void>): Promise<void> {
    return this.world.settle(work(), 1e9)
  }
}

async function append(log: Log): Promise<void> {
  const bytes = buildBatch([{ key: null, value: Buffer.from('value'), timestampMs: 1_767_225_600_000 }])
  await log.append(bytes, { kind: 'leader', leaderEpoch: 0, origin: 'client' })
  log.setHighWatermark(log.logEndOffset)
}

test('what was appended is flushed when the last flush is flush.ms ago', () => {
  const directory = new Directory({ intervals: { flushCheckMs: 100 }, config: { flushMs: 5000 } })
  return directory.run(async () => {
    const manager = await directory.open()
    const log = await manager.getOrCreate(t0, id('t'))
    await directory.sleep(3000)
    await append(log)
    await directory.sleep(1800)
    assert.equal(log.recoveryPoint, 0)
    await directory.sleep(400)
    assert.equal(log.recoveryPoint, 1)
    await append(log)
    await directory.sleep(4500)
    assert.equal(log.recoveryPoint, 1)
    await directory.sleep(800)
    assert.equal(log.recoveryPoint, 2)
    await manager.close(1)
  })
})

test('each checkpoint is written at its own interval, and not where it would say the same', () => {
  const intervals = { recoveryPointMs: 10_000, logStartOffsetMs: 20_000, highWatermarkMs: 5000 }
  const directory = new Directory({ intervals })
  return directory.run(async () => {
    const manager = await directory.open()
    const log = await manager.getOrCreate(t0, id('t'))
    await append(log)
    await append(log)
    await log.flush()
    await directory.sleep(3000)
    assert.deepEqual(directory.written, ['recovery-point-offset 1', 'log-start-offset 1', 'replication-offset 1'])
    await append(log)
    log.deleteRecordsBefore(1)
    await log.flush()
    await directory.sleep(60_000)
    assert.deepEqual(directory.written.slice(3), [
      'replication-offset 6',
      'recovery-point-offset 11',
      'log-start-offset 21',
    ])
    await manager.close(1)
    assert.equal(directory.written.length, 6)
  })
})

test('a topic that is made anew after a deletion has nothing of what the checkpoints say of the old one', () => {
  const directory = new Directory({})
  return directory.run(async () => {
    const manager = await directory.open()
    const old = await manager.getOrCreate(t0, id('old'))
    for (let i = 0; i < 5; i++) await append(old)
    old.deleteRecordsBefore(4)
    await old.flush()
    await manager.checkpoint()
    await manager.delete(t0)
    const log = await manager.getOrCreate(t0, id('new'))
    await append(log)
    await append(log)
    directory.world.kill('node')
    const again = (await directory.open()).get(t0)
    assert.deepEqual([again?.logStartOffset, again?.logEndOffset, again?.highWatermark], [0, 2, 0])
  })
})
