import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, type LogFields, type Logger, present, type Timer } from '../../base/index.ts'
import { MemoryDisk } from '../../env/index.ts'
import { buildBatch } from '../../records/index.ts'
import { inlineHost, SeededRandom } from '../../sim/index.ts'
import { type CleanedDirectory, Cleaner, compactionJobs, defaultLogConfig, Log, type LogConfig } from '../index.ts'

const config: LogConfig = { ...defaultLogConfig, segmentBytes: 500, isCompacted: true, isDeleted: false }
const settings = {
  isEnabled: true,
  threads: 1,
  backoffMs: 1000,
  dedupeBufferBytes: 1024 * 1024,
  loadFactor: 0.9,
  ioBufferBytes: 4096,
  bytesPerSecond: Number.MAX_VALUE,
  decompressedBytesMax: 1e6,
}

interface Line {
  readonly level: string
  readonly message: string
  readonly fields: LogFields | undefined
}

/** A directory with logs by name, and a cleaner that wakes when `wake` is called. */
class Bench {
  readonly disk = new MemoryDisk()
  readonly logs: Log[] = []
  readonly lines: Line[] = []
  readonly failures: Error[] = []
  /** The second pass waits for it. */
  gate: Promise<void> = Promise.resolve()
  checkpoints = 0
  nowMs = 1_795_459_300_000
  #waiting: (() => void)[] = []
  readonly cleaner: Cleaner

  constructor(changed: Partial<typeof settings> = {}) {
    const directory: CleanedDirectory = {
      directory: '/data',
      isOnline: true,
      logs: this.logs,
      checkpointCleaner: async () => void this.checkpoints++,
      failed: (error) => this.failures.push(error),
    }
    this.cleaner = new Cleaner({
      directories: [directory],
      settings: () => ({ ...settings, ...changed }),
      clock: this.#clock,
      random: new SeededRandom('cleaner').stream('cleaner'),
      workers: {
        run: async (name, input) => {
          if (name === 'compaction-filter') await this.gate
          return present(compactionJobs.get(name), name)(input, inlineHost)
        },
      },
      logger: this.#logger,
    })
  }

  get #clock(): Clock {
    const after = (_: number, fire: () => void): Timer => {
      this.#waiting.push(fire)
      const cancel = (): void => {
        this.#waiting = this.#waiting.filter((it) => it !== fire)
      }
      return { cancel }
    }
    return { now: () => this.nowMs, monotonic: () => this.nowMs, after, afterDrain: (then) => then() }
  }

  get #logger(): Logger {
    const logger: Logger = {
      child: () => logger,
      log: (level, message, fields) => void this.lines.push({ level, message, fields }),
    }
    return logger
  }

  async open(name: string, changed: Partial<LogConfig> = {}): Promise<Log> {
    const log = await Log.open({
      directory: `/data/${name}-0`,
      topicPartition: { topic: name, partition: 0 },
      topicId: undefined,
      config: { ...config, ...changed },
      disk: this.disk,
      clock: this.#clock,
      logger: this.#logger,
      recoveryPoint: 0,
      isCleanShutdown: true,
      logStartOffset: 0,
      onDirectoryFailure: (error) => this.failures.push(error),
    })
    this.logs.push(log)
    return log
  }

  /** Lets everything happen that is due now. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 400; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  async wake(): Promise<void> {
    for (const fire of this.#waiting.splice(0)) fire()
    await this.settle()
  }

  get compacted(): readonly unknown[] {
    return this.lines.filter(({ message }) => message === 'compacted').map(({ fields }) => fields?.directory)
  }
}

/** `count` batches of one record with `keys` keys in turn. */
async function fill(log: Log, count: number, keys: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const bytes = buildBatch([{ key: Buffer.from(`k${i % keys}`), value: Buffer.from(`v${i}`), timestampMs: 1e12 }])
    await log.append(bytes, { kind: 'leader', leaderEpoch: 0, origin: 'client' })
  }
  log.setHighWatermark(log.logEndOffset)
}

test('the dirtiest log is compacted first, each once, and how far is noted', async () => {
  const bench = new Bench()
  await fill(await bench.open('a'), 40, 2)
  bench.cleaner.start()
  await bench.settle()
  await fill(present(bench.logs[0], 'a log'), 50, 2)
  await fill(await bench.open('b'), 40, 2)
  await fill(await bench.open('plain', { isCompacted: false }), 40, 2)
  await bench.wake()
  assert.deepEqual(bench.compacted, ['/data/a-0', '/data/b-0', '/data/a-0'])
  assert.equal(bench.checkpoints, 3)
  assert.ok(bench.logs.slice(0, 2).every(({ compaction }) => (compaction.cleanedUpTo ?? 0) > 30))
  await bench.wake()
  assert.equal(bench.compacted.length, 3, 'nothing is dirty')
  await bench.cleaner.stop()
})

test('min.cleanable.dirty.ratio, the lags and log.cleaner.enable decide when', async () => {
  const timestampMs = 1e12
  for (const [changed, isCompacted] of [
    [{ minCleanableDirtyRatio: 1 }, false],
    [{ minCleanableDirtyRatio: 0.99 }, true],
    [{ minCompactionLagMs: 5e11 }, true],
    [{ minCompactionLagMs: 9e11 }, false],
    [{ minCleanableDirtyRatio: 1, maxCompactionLagMs: 5e11 }, true],
    [{ minCleanableDirtyRatio: 1, maxCompactionLagMs: 9e11 }, false],
  ] as const) {
    const bench = new Bench()
    bench.nowMs = timestampMs + 7e11
    await fill(await bench.open('a', changed), 40, 2)
    bench.cleaner.start()
    await bench.settle()
    assert.equal(bench.compacted.length, Number(isCompacted), JSON.stringify(changed))
    await bench.cleaner.stop()
  }
  const bench = new Bench({ isEnabled: false })
  await fill(await bench.open('a'), 40, 2)
  bench.cleaner.start()
  await bench.settle()
  assert.equal(bench.compacted.length, 0)
  await bench.cleaner.stop()
})

test('what has no room in the memory for keys is compacted in turns', async () => {
  const bench = new Bench({ dedupeBufferBytes: 1024 * 24, loadFactor: 0.04 })
  const log = await bench.open('a', { minCleanableDirtyRatio: 0 })
  await fill(log, 200, 100)
  bench.cleaner.start()
  await bench.settle()
  await bench.wake()
  assert.ok(bench.compacted.length > 2, `${bench.compacted.length} compactions`)
  assert.ok((log.compaction.cleanedUpTo ?? 0) > 150)
  assert.ok(bench.lines.every(({ level }) => level !== 'error'))
  await bench.cleaner.stop()
})

test('a batch with a wrong checksum is never written anew: its log is left alone, and said so once', async () => {
  const bench = new Bench()
  const log = await bench.open('a')
  await fill(log, 40, 2)
  const path = '/data/a-0/00000000000000000000.log'
  const file = await bench.disk.open(path, { mode: 'write' })
  file.writeSync(Uint8Array.of(0x55), 68)
  const before = log.sizeInBytes
  bench.cleaner.start()
  await bench.settle()
  await bench.wake()
  assert.equal(log.sizeInBytes, before)
  assert.equal(bench.lines.filter(({ level }) => level === 'error').length, 1)
  assert.match(String(bench.lines.at(-1)?.fields?.reason), /offset 0 has a wrong checksum/)
  assert.deepEqual(bench.cleaner.uncleanable({ logs: bench.logs } as never), [log])
  assert.deepEqual(
    (await bench.disk.list('/data/a-0')).filter(({ name }) => name.includes('.cleaned')),
    [],
  )
  assert.deepEqual(bench.failures, [])
  await bench.cleaner.stop()
})

test('a log that closes while the dirtiest is sought is passed over, and harms nobody', async () => {
  const bench = new Bench()
  const lags = { minCompactionLagMs: 1, maxCompactionLagMs: 5 }
  for (const name of ['a', 'b']) {
    await fill(await bench.open(name, lags), 40, 2)
    await bench.logs.pop()?.close()
  }
  // Opened anew, nothing of them is in memory yet.
  for (const name of ['a', 'b']) (await bench.open(name, lags)).setHighWatermark(40)
  await bench.logs[1]?.close()
  bench.cleaner.start()
  await bench.settle()
  assert.deepEqual(bench.compacted, ['/data/a-0'])
  assert.deepEqual(bench.failures, [])
  assert.ok(bench.lines.every(({ level }) => level !== 'error'))
  await bench.cleaner.stop()
})

test('a log that is cut or closed while it is compacted keeps what is left, and nothing is left over', async () => {
  for (const end of ['truncate', 'close'] as const) {
    const bench = new Bench()
    const log = await bench.open('a')
    await fill(log, 60, 2)
    const { promise, resolve } = Promise.withResolvers<void>()
    bench.gate = promise
    bench.cleaner.start()
    await bench.settle()
    assert.ok((await bench.disk.list('/data/a-0')).some(({ name }) => name.endsWith('.log.cleaned')))
    const ending = end === 'truncate' ? log.truncateTo(20) : log.close()
    resolve()
    await ending
    await bench.settle()
    assert.equal(bench.compacted.length, 0)
    assert.deepEqual(
      (await bench.disk.list('/data/a-0')).filter(({ name }) => /cleaned|swap/.test(name)),
      [],
    )
    if (end === 'truncate') assert.equal(log.logEndOffset, 20)
    assert.deepEqual(bench.failures, [])
    await bench.cleaner.stop()
  }
})
