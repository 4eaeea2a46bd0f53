/**
 * The snapshots of a running quorum: made and removed on request, put in place of the log when one was fetched. One work
 * after the other, and none of it holds up the log. What has changed is told to the machine. Those who fetch get their
 * pieces by `answer-reads.ts`.
 */
import { assert, type Logger } from '../base/index.ts'
import { type Log, readPlan } from '../log/index.ts'
import { batchHeader } from '../records/index.ts'
import type { CommittedBound } from './committed-bound.ts'
import { logStartOf } from './log-bounds.ts'
import type { LogStart } from './log-view.ts'
import type { FoundSnapshot } from './opening.ts'
import { encodeQuorumRecord } from './quorum-records.ts'
import { decideCleanUp, type SnapshotRetention } from './snapshot-clean-up.ts'
import { FailedSyncError, SnapshotAbandonedError, type SnapshotFiles } from './snapshot-files.ts'
import { type SnapshotId, snapshotName } from './snapshot-format.ts'
import type { VoterHistory } from './voter-history.ts'

export interface NewSnapshot extends SnapshotId {
  readonly timestampMs: number
  /** Taken in slices, while the loop goes on: must not change meanwhile. */
  readonly records: Iterable<Uint8Array>
}

export interface KeeperOptions {
  readonly log: Log
  readonly files: SnapshotFiles
  readonly history: Pick<VoterHistory, 'before' | 'forgetBefore'>
  readonly bound: CommittedBound
  readonly logger: Logger
  /** Of the driver, at any moment: everything below was handed out. */
  readonly published: () => number
  readonly highWatermark: () => number
  /** Everything below is committed, and flushed here. */
  readonly durable: () => number
  readonly isStopped: () => boolean
  /** A snapshot was fetched, and waits to take the place of the log. */
  readonly isToInstall: () => boolean
  /** Until what is being done is done. */
  readonly working: () => Promise<void> | undefined
  readonly changed: (start: LogStart) => void
  readonly onFault: (error: unknown) => void
}

export class SnapshotKeeper {
  readonly #options: KeeperOptions
  #work: Promise<void> = Promise.resolve()

  constructor(options: KeeperOptions) {
    this.#options = options
    const { files, log, changed } = options
    // In its turn: while the log begins anew, the machine and the files do not say the same of its start.
    files.whenDamaged(() => void this.alone(async () => changed(logStartOf(log, files))))
  }

  /** As `RaftDriver.createSnapshot`. */
  create(snapshot: NewSnapshot): Promise<void> {
    return this.alone(async () => {
      const { files, history, bound, logger, log, published, highWatermark, durable, isStopped } = this.#options
      const { offset, epoch } = snapshot
      // What the quorum says of itself up to there is known once it was handed out.
      while (published() < offset && offset <= highWatermark() && !isStopped()) await this.#options.working()
      if (isStopped()) throw new SnapshotAbandonedError('the node stops: no snapshot is made')
      const newest = files.usable.at(-1)
      if (newest !== undefined && newest.offset >= offset) return
      await this.#checkId({ offset, epoch })
      const isAbandoned = (): boolean => isStopped() || this.#options.isToInstall()
      const control = history.before(offset).map(encodeQuorumRecord)
      await files.write({ ...snapshot, control, isAbandoned })
      this.#options.changed(logStartOf(log, files))
      await bound.raise(durable())
      history.forgetBefore(offset)
      logger.log('info', 'a snapshot of the metadata was written', { name: snapshotName({ offset, epoch }) })
    })
  }

  async #checkId({ offset, epoch }: SnapshotId): Promise<void> {
    const { log } = this.#options
    const published = this.#options.published()
    const name = `a snapshot of offset ${offset} and epoch ${epoch}`
    if (offset > published || offset < log.logStartOffset) {
      throw new RangeError(`${name} is not within what is committed, [${log.logStartOffset}, ${published})`)
    }
    const end = log.endOffsetForEpoch(epoch)
    if (offset > 0 && (end.leaderEpoch !== epoch || end.endOffset < offset)) {
      throw new RangeError(`${name}: the log has epoch ${end.leaderEpoch} up to ${end.endOffset}`)
    }
    // Whoever goes on from a snapshot reads the log from its offset, which gives whole batches.
    const baseOffset = await this.#baseOffsetOf(offset)
    if (baseOffset !== offset) throw new RangeError(`${name} is within a batch, which starts at ${baseOffset}`)
  }

  async #baseOffsetOf(offset: number): Promise<number> {
    const { log } = this.#options
    const maxOffset = log.logEndOffset
    if (offset === maxOffset) return offset
    const plan = await log.read({ startOffset: offset, maxBytes: 1, maxOffset, minOneBatch: true })
    const bytes = readPlan(plan)
    assert(bytes !== undefined && bytes.length > 0, 'the log has a batch for each offset')
    return batchHeader.baseOffset(new DataView(bytes.buffer), 0)
  }

  /** As `RaftDriver.cleanUp`. */
  cleanUp(retention: SnapshotRetention): Promise<number> {
    return this.alone(async () => {
      const { log, files, isStopped, logger } = this.#options
      for (let count = 0; ; count++) {
        const oldest = files.usable[0]
        if (oldest !== undefined && retention.retentionMs >= 0) await files.readTimestamp(oldest)
        const logSizeInBytes = log.sizeInBytes
        const due = decideCleanUp({ ...retention, snapshots: files.usable, logSizeInBytes })
        if (due === undefined || isStopped()) return count
        const { next, reason } = due
        log.deleteRecordsBefore(next.offset)
        // At once: nobody is told to read what has gone.
        this.#options.changed(logStartOf(log, files))
        const segments = await log.applyRetention()
        await files.removeBefore(next)
        const fields = { startOffset: next.offset, reason, segments }
        logger.log('info', 'old metadata was removed, newer snapshots hold it', fields)
      }
    })
  }

  /** The log goes on behind a snapshot that was fetched, and is durable in a part file. Within `alone`. */
  async install(snapshot: FoundSnapshot & { readonly sizeInBytes: number }): Promise<void> {
    const { log, files, logger } = this.#options
    const { logStartOffset, logEndOffset } = log
    const { offset } = snapshot
    // A crash behind this line: the next start finds the snapshot, and a log that is not its own.
    await files.adopt(snapshot)
    await log.truncateFullyAndStartAt(offset)
    log.setHighWatermark(offset)
    await files.removeBefore(snapshot)
    const fields = { name: snapshotName(snapshot), logStartOffset, logEndOffset }
    logger.log('info', 'the metadata log starts anew behind a snapshot of the leader', fields)
  }

  /** No two works on the files at once. A sync that failed is a fault. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work).catch((error: unknown) => {
      if (error instanceof FailedSyncError) this.#options.onFault(error)
      throw error
    })
    this.#work = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }

  idle(): Promise<void> {
    return this.#work
  }
}
