/** A log, or a directory of logs, on a simulated disk that may lose power: for the tests of what is left then. */
import assert from 'node:assert/strict'
import { defaultLogConfig, Log, type LogConfig, LogManager, sameIntervals } from '../../src/log/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import { World } from '../../src/sim/index.ts'

export const node = 'node'
export const logDirectory = '/data/t-0'
export const topicPartition = { topic: 't', partition: 0 }

export interface Powered {
  readonly world: World
  readonly open: (options?: { readonly config?: Partial<LogConfig>; readonly recoveryPoint?: number }) => Promise<Log>
  readonly append: (log: Log, batch: Uint8Array, leaderEpoch?: number) => Promise<void>
}

/** A world with an empty directory for a log. */
export async function inWorld(work: (powered: Powered) => Promise<void>): Promise<void> {
  const world = new World({ seed: 1, turn: setImmediate })
  const open: Powered['open'] = ({ config = {}, recoveryPoint = 0 } = {}) => {
    const { disk, clock, logger } = world.env(node)
    return Log.open({
      disk,
      clock,
      logger,
      directory: logDirectory,
      topicPartition,
      topicId: undefined,
      config: { ...defaultLogConfig, retentionMs: -1, ...config },
      recoveryPoint,
      isCleanShutdown: false,
      logStartOffset: 0,
      onDirectoryFailure: (error) => assert.fail(error),
    })
  }
  const append: Powered['append'] = async (log, batch, leaderEpoch = 0) => {
    const isMarker = (batch.at(22) ?? 0) & 0x20
    await log.append(batch, { kind: 'leader', leaderEpoch, origin: isMarker ? 'coordinator' : 'client' })
    log.setHighWatermark(log.logEndOffset)
  }
  const prepared = async (): Promise<void> => {
    const { disk } = world.env(node)
    await disk.makeDirectory(logDirectory)
    await disk.syncDirectory('/data')
    await disk.syncDirectory('/')
    await work({ world, open, append })
  }
  await world.settle(prepared())
}

export const records = (value: string, timestampMs = 1) => [{ key: null, value: Buffer.from(value), timestampMs }]
export const plain = (sizeInBytes: number): Buffer => buildBatch(records('x'.repeat(sizeInBytes)))

/** The logs of the directory above. */
export function openManager(world: World, config: Partial<LogConfig> = {}): Promise<LogManager> {
  const { disk, clock, random, logger } = world.env(node)
  return LogManager.open({
    directory: '/data',
    disk,
    clock,
    random: random.stream('names'),
    logger,
    configOf: () => ({ ...defaultLogConfig, ...config }),
    onDirectoryFailure: (_, error) => assert.fail(error),
    intervals: sameIntervals(1e9),
    recoveriesMax: () => 2,
  })
}
