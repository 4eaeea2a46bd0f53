/**
 * One replica on its way to another log directory (KIP-113, KIP-858): a future log copies what is in its log, which readers
 * and writers use all the while; when it has all, and the controller knows the new place, it takes that place. A stop at any
 * step leaves one log that has everything; a start goes on from there.
 */
import { ApiError, type Clock, DiskError, type Logger, type Uuid } from '../base/index.ts'
import { type Log, type LogManager, nap, readPlanLater, type Throttle } from '../log/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import { batchHeader } from '../records/index.ts'
import type { Partition } from './partition.ts'

export interface LogMoveOptions {
  readonly partition: Partition
  readonly from: LogManager
  readonly to: LogManager
  /** In `to`; what it holds already is a part of the log, or of a log of the same partition that lost its end. */
  readonly future: Log
  /** Of `to`. */
  readonly directoryId: Uuid
  /** Tells the controller that the replica is in `to`. */
  readonly report: () => void
  readonly throttle: Throttle
  readonly clock: Clock
  readonly logger: Logger
}

const pieceBytes = 256 * 1024
/** For the controller, for records that come, for a full disk to have room again. */
const napMs = 20
const retryMs = 1000

/** It was told to end. */
class MoveEndedError extends Error {
  override readonly name = 'MoveEndedError'
}

export class LogMove {
  readonly #options: LogMoveOptions
  /** Of the log when the future one was last compared with it. */
  #generation = -1
  #isReported = false
  #isEnded = false
  #done: Promise<void> = Promise.resolve()

  constructor(options: LogMoveOptions) {
    this.#options = options
  }

  get to(): LogManager {
    return this.#options.to
  }

  /** Never rejects; true when the replica is in its new place. */
  async run(): Promise<boolean> {
    const { partition, to, logger } = this.#options
    const done = Promise.withResolvers<void>()
    this.#done = done.promise
    const startedAt = partition.log
    const facts = { partition: partition.name, to: to.directory }
    try {
      await startedAt.compaction.pause()
      do await this.#untilKnown()
      while (!(await this.#takePlace()))
      logger.log('info', 'a replica has moved to another log directory', facts)
      return true
    } catch (error) {
      startedAt.compaction.resume()
      if (!(error instanceof MoveEndedError)) {
        const reason = error instanceof Error ? error.message : String(error)
        logger.log('error', 'a replica does not move to another log directory', { ...facts, reason })
      }
      return false
    } finally {
      done.resolve()
    }
  }

  /** Resolves when nothing is copied any more: the replica is where it was, unless it had just moved. */
  end(): Promise<void> {
    this.#isEnded = true
    return this.#done
  }

  readonly #check = (): void => {
    const { partition, to } = this.#options
    if (this.#isEnded || partition.isStopped || !to.isOnline) throw new MoveEndedError('the move has ended')
  }

  /** Copies until all is there and the controller knows of it; goes on copying what comes meanwhile. */
  async #untilKnown(): Promise<void> {
    const { partition, directoryId, future, report, clock } = this.#options
    for (;;) {
      this.#check()
      const isBehind = await this.#copy({ isPaid: true }).catch((error: unknown) => this.#mayComeRight(error))
      if (isBehind) continue
      if (partition.assignedDirectory === directoryId) return
      if (!this.#isReported) {
        await future.flush()
        this.#isReported = true
        report()
      }
      await nap(clock, napMs)
    }
  }

  /** A disk that is full, a log that is being cut, or starts later now. Throws what is not of that kind. */
  async #mayComeRight(error: unknown): Promise<boolean> {
    const { KAFKA_STORAGE_ERROR: storage, OFFSET_OUT_OF_RANGE: range } = ErrorCode
    if (!(error instanceof ApiError) || (error.code !== storage && error.code !== range)) throw error
    await nap(this.#options.clock, retryMs)
    return true
  }

  /** One piece; false when there is nothing more. */
  async #copy({ isPaid }: { readonly isPaid: boolean }): Promise<boolean> {
    const { partition, to, future, throttle } = this.#options
    const { log } = partition
    if (this.#generation !== log.generation) await orFailed(to, () => this.#alignWith(log))
    const startOffset = Math.max(future.logEndOffset, log.logStartOffset)
    const { logEndOffset: maxOffset, generation } = log
    const isLast = startOffset >= maxOffset
    if (isLast) await orFailed(to, () => this.#startAt(startOffset))
    else {
      const plan = await log.read({ startOffset, maxBytes: pieceBytes, maxOffset, minOneBatch: true })
      const bytes = await orFailed(this.#options.from, () => readPlanLater(plan))
      if (log.generation !== generation) return true
      if (bytes === undefined) throw new ApiError(ErrorCode.KAFKA_STORAGE_ERROR, 'what was planned was not there')
      await orFailed(to, () => this.#startAt(firstOffset(bytes) ?? startOffset))
      const before = future.logEndOffset
      await future.append(bytes, { kind: 'follower' })
      // A retention that ran meanwhile is seen the next time.
      const isStuck = future.logEndOffset === before && log.logStartOffset <= startOffset
      if (isStuck) throw new Error(`no whole batch at offset ${startOffset}, and the log ends at ${maxOffset}`)
      if (isPaid) await throttle.pay(bytes.length, this.#check)
    }
    future.setHighWatermark(log.highWatermark)
    if (log.logStartOffset <= future.highWatermark) future.deleteRecordsBefore(log.logStartOffset)
    return !isLast
  }

  /** What comes next begins there: before the start of the log, where that lies inside a batch. */
  async #startAt(offset: number): Promise<void> {
    const { partition, future } = this.#options
    const { logStartOffset } = partition.log
    const isBefore = future.logEndOffset < logStartOffset
    const isInBatch = future.logEndOffset > offset && future.logEndOffset <= logStartOffset
    if (isBefore || isInBatch) await future.truncateFullyAndStartAt(offset)
  }

  /** What was cut from the log since, or never came back after a loss of power, goes from the copy too: by leader epochs. */
  async #alignWith(log: Log): Promise<void> {
    const { future } = this.#options
    const { generation } = log
    for (;;) {
      const epoch = future.latestEpoch
      if (epoch === undefined) break
      const known = log.endOffsetForEpoch(epoch)
      const end = Math.min(known.endOffset, future.endOffsetForEpoch(known.leaderEpoch).endOffset)
      if (end >= future.logEndOffset) break
      if (end <= future.logStartOffset) await future.truncateFullyAndStartAt(log.logStartOffset)
      else await this.#cut(end)
      if (future.latestEpoch === epoch) break
    }
    if (future.logEndOffset > log.logEndOffset) await this.#cut(log.logEndOffset)
    this.#generation = generation
  }

  async #cut(offset: number): Promise<void> {
    const { future, to } = this.#options
    await future.truncateTo(offset)
    await to.wasCut()
  }

  /** Nobody appends meanwhile; what comes waits, and is appended in the new place. False where it is to be tried again. */
  async #takePlace(): Promise<boolean> {
    const { partition, from, to } = this.#options
    const { log, topic, partitionId } = partition
    let isAway = false
    let remove = (): void => undefined
    const next = async (): Promise<Log> => {
      // Producers wait: not for what others have to pay.
      while (await this.#copy({ isPaid: false })) this.#check()
      const last = async () => {
        isAway = true
        remove = await orFailed(from, () => from.moveAway(log))
        return { cleanedUpTo: log.compaction.cleanedUpTo }
      }
      return orFailed(to, () => to.promoteFuture({ topic, partition: partitionId }, last))
    }
    try {
      await orFailed(from, () => log.handOver(next, (moved) => partition.moveTo(moved, to.directory)))
    } catch (error) {
      if (!isAway) {
        await this.#mayComeRight(error)
        return false
      }
      // The log has no place to write to any more: the one that has everything is found by the next start.
      partition.goOffline()
      if (error instanceof Error) log.directoryFailed(error)
      throw error
    }
    remove()
    if (log.compaction.cleanedUpTo !== undefined) await orFailed(from, () => from.checkpointCleaner())
    return true
  }
}

/** What the disk refuses fails that directory, and no other around it: a DiskError goes no further as such. */
async function orFailed<T>(manager: LogManager, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    manager.failed(error)
    throw new Error(`${manager.directory} has failed: ${error.message}`, { cause: error })
  }
}

/** Of a message of an older format it is not told. */
function firstOffset(bytes: Uint8Array): number | undefined {
  if (bytes.length < batchHeader.batchHeaderSize) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return batchHeader.magic(view, 0) === 2 ? batchHeader.baseOffset(view, 0) : undefined
}
