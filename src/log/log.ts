/**
 * The log of one partition: append, read plans, truncation, retention, flush. On the produce and the fetch path. An append
 * is done at once or pending; pending ones have offsets but nobody sees them until they complete, in order. Knows no
 * replicas: the high watermark is told to it.
 */
import { ApiError, allSteps, type Uuid } from '../base/index.ts'
import { Availability } from './availability.ts'
import { Background } from './background.ts'
import { LogCompaction } from './compaction/log-compaction.ts'
import { countDeletable } from './deletable.ts'
import { EpochFile } from './epoch-file.ts'
import { Exclusive } from './exclusive.ts'
import type { TopicPartition } from './file-names.ts'
import type { EpochEndOffset, LeaderEpochCache } from './leader-epoch-cache.ts'
import type { LoadedLog } from './loading.ts'
import type { LogConfig } from './log-config.ts'
import { LogReads } from './log-reads.ts'
import {
  type AppendOptions,
  type AppendResult,
  type LoadingFigures,
  type LogOptions,
  offsetOutOfRange,
  type Prepared,
  type ReadOptions,
  type ReadPlan,
} from './log-types.ts'
import { PendingAppends, slowWriteMsDefault } from './pending-appends.ts'
import { prepareAppend } from './prepare-append.ts'
import type { ProducerEntry, ProducerState } from './producer-state.ts'
import { publish } from './publish.ts'
import { recoverLog } from './recover-log.ts'
import { RecoveryPoint } from './recovery-point.ts'
import { reloadProducers } from './reload-producers.ts'
import { Removals } from './removals.ts'
import { Roller } from './roller.ts'
import { drawRollJitterMs } from './rolling.ts'
import { Segment } from './segment.ts'
import type { SegmentOptions } from './segment-options.ts'
import { Segments } from './segments.ts'
import type { ProducerSnapshots } from './snapshots.ts'
import type { AbortedTransaction } from './transaction-index.ts'
import { cutFiles } from './truncation.ts'

export class Log {
  readonly topicPartition: TopicPartition
  /** As the directory said when it was opened; undefined where it did not. */
  readonly topicId: Uuid | undefined
  readonly loading: LoadingFigures
  readonly #options: LogOptions
  readonly #state: ProducerState
  readonly #snapshots: ProducerSnapshots
  readonly #epochs: LeaderEpochCache
  /** Shared with the segments. */
  readonly #settings: { current: LogConfig }
  readonly #segments: Segments
  #logStartOffset: number
  #logEndOffset: number
  #assignedEndOffset: number
  #highWatermark: number
  readonly #recoveryPoint: RecoveryPoint
  readonly #reads: LogReads
  #generation = 0
  readonly #epochFile: EpochFile
  readonly #roller: Roller
  readonly #pending: PendingAppends
  /** Rolls, group commits, truncations, retention, close. Appends meanwhile are pending. */
  readonly #exclusive = new Exclusive()
  /** What takes segments out of the log: one after the other, and always before `#exclusive`. */
  readonly #changes = new Exclusive()
  readonly compaction: LogCompaction
  readonly #availability: Availability
  readonly #removals: Removals
  readonly #background: Background

  private constructor(options: LogOptions, loaded: LoadedLog, settings: { current: LogConfig }) {
    this.#options = options
    this.#availability = new Availability(options)
    const failed = (error: Error): void => this.#availability.fail(error)
    this.#removals = new Removals(options.clock, failed)
    this.#background = new Background(failed)
    this.topicPartition = options.topicPartition
    this.topicId = options.topicId
    this.loading = loaded.figures
    this.#settings = settings
    const availability = this.#availability
    const segments = new Segments(loaded.segments, { ...options, availability })
    this.#segments = segments
    this.#state = loaded.state
    this.#snapshots = loaded.snapshots
    this.#epochs = loaded.epochs
    this.#logStartOffset = loaded.logStartOffset
    this.#logEndOffset = loaded.logEndOffset
    this.#assignedEndOffset = loaded.logEndOffset
    this.#highWatermark = loaded.logStartOffset
    this.#reads = new LogReads({ ...options, log: this, segments, availability })
    this.#recoveryPoint = new RecoveryPoint({
      ...options,
      offset: loaded.recoveryPoint,
      segments,
      log: this,
      syncOthers: (names) => (names === 'new' ? this.#syncNames() : this.#epochFile.save()),
      failed,
    })
    this.#epochFile = new EpochFile({ ...options, ...loaded, availability })
    const segmentOptions = (baseOffset: number): SegmentOptions => this.#segmentOptions(baseOffset)
    const parts = { segments, snapshots: loaded.snapshots, availability, clock: options.clock, segmentOptions }
    this.compaction = new LogCompaction({
      ...parts,
      log: this,
      removals: this.#removals,
      changes: this.#changes,
      syncNames: () => options.disk.syncDirectory(options.directory),
      cleanedUpTo: options.cleanedUpTo,
    })
    this.#roller = new Roller({
      ...parts,
      state: loaded.state,
      config: () => this.config,
      rolled: () => this.#background.start(this.flush()),
    })
    this.#pending = new PendingAppends({
      ...parts,
      exclusive: this.#exclusive,
      slowWriteMs: options.slowWriteMs ?? slowWriteMsDefault,
      roller: this.#roller,
      write: (chunks) => segments.active().write(chunks),
      publish: (written) => this.#publish(written),
      flushIfDue: async () => (this.#isFlushDue ? this.flush() : undefined),
      writeFailed: (error) => this.#availability.writeFailed(error),
      dropped: () => {
        this.#assignedEndOffset = this.#logEndOffset
      },
    })
  }

  /** Recovers what the last stop left. Throws DiskError; InconsistentTopicIdError where the directory is another topic's. */
  static async open(options: LogOptions): Promise<Log> {
    const settings = { current: options.config }
    const log = new Log(options, await recoverLog(options, settings), settings)
    // What a process that was killed has left would be seen, and a loss of power could still take it: as what was just appended.
    if (log.#isFlushDue) await log.flush()
    else if (!log.#epochFile.isAhead) await log.#epochFile.save()
    return log
  }

  get config(): LogConfig {
    return this.#settings.current
  }
  set config(config: LogConfig) {
    this.#settings.current = config
  }
  get directory(): string {
    return this.#options.directory
  }
  get logStartOffset(): number {
    return this.#logStartOffset
  }
  get firstSegmentBaseOffset(): number {
    return this.#segments.all[0]?.baseOffset ?? 0
  }
  get logEndOffset(): number {
    return this.#logEndOffset
  }
  /** Where the next append goes: ahead of the log end while appends are pending. */
  get nextOffset(): number {
    return this.#assignedEndOffset
  }
  get recoveryPoint(): number {
    return this.#recoveryPoint.offset
  }
  get generation(): number {
    return this.#generation
  }
  get sizeInBytes(): number {
    return this.#segments.sizeInBytes
  }
  get segmentCount(): number {
    return this.#segments.all.length
  }
  get latestEpoch(): number | undefined {
    return this.#epochs.latest?.epoch
  }
  get producers(): readonly ProducerEntry[] {
    return this.#state.entries
  }
  get highWatermark(): number {
    return this.#highWatermark
  }
  /** Of ongoing transactions, and of ended ones that the high watermark has not passed. */
  get firstUnstableOffset(): number | undefined {
    return this.#state.firstUnstableOffset
  }
  get lastStableOffset(): number {
    return Math.min(this.#state.firstUnstableOffset ?? this.#highWatermark, this.#highWatermark)
  }

  /** What replication found; bounds retention, record deletion and the last stable offset. */
  setHighWatermark(highWatermark: number): void {
    this.#highWatermark = Math.min(Math.max(highWatermark, this.#logStartOffset), this.#logEndOffset)
    this.#state.highWatermarkPassed(this.#highWatermark)
  }

  /** Throws ApiError (duplicates excepted, they are a result); a pending append rejects with ApiError 56 if it fails. */
  append(bytes: Uint8Array, options: AppendOptions): AppendResult | Promise<AppendResult> {
    this.#availability.checkAppend()
    const prepared = prepareAppend(bytes, options, {
      nextOffset: this.#assignedEndOffset,
      logStartOffset: this.#logStartOffset,
      producer: this.#producer,
    })
    const isQueued = this.#exclusive.isBusy || this.#pending.count > 0
    if (prepared.batches.length === 0 && !isQueued) return this.#kept(prepared.result)
    let startMs = 0
    try {
      if (isQueued || this.#pending.isNeeded || this.#roller.isDue(prepared, 0)) return this.#enqueue(prepared)
      startMs = this.#options.clock.monotonic()
      this.#segments.active().writeSync(prepared.bytes)
    } catch (error) {
      throw this.#availability.writeFailed(error)
    }
    this.#pending.wrote(this.#options.clock.monotonic() - startMs)
    this.#publish(prepared)
    this.#assignedEndOffset = this.#logEndOffset
    return this.#kept(prepared.result)
  }

  readonly #producer = (id: number): ProducerEntry | undefined => this.#pending.producer(id) ?? this.#state.get(id)

  get #isFlushDue(): boolean {
    return this.#logEndOffset - this.#recoveryPoint.offset >= this.config.flushMessages
  }

  /** As Kafka: the append that makes `flush.messages` full is answered when all up to it is on the disk. */
  #kept(result: AppendResult): AppendResult | Promise<AppendResult> {
    if (!this.#isFlushDue) return result
    return this.flush().then(
      () => result,
      (error) => Promise.reject(this.#availability.writeFailed(error)),
    )
  }

  #enqueue(prepared: Prepared): Promise<AppendResult> {
    if (prepared.batches.length > 0) this.#assignedEndOffset = prepared.result.lastOffset + 1
    return this.#pending.add(prepared)
  }

  #publish(written: Prepared): void {
    const { version } = this.#epochs
    this.#logEndOffset = publish(written, {
      segment: this.#segments.active(),
      epochs: this.#epochs,
      state: this.#state,
      logEndOffset: this.#logEndOffset,
    })
    if (this.#epochs.version !== version || this.#epochFile.isAhead) this.#background.start(this.#epochFile.save())
  }

  directoryFailed(error: Error): void {
    this.#availability.directoryFailed(error)
  }

  #segmentOptions(baseOffset: number): SegmentOptions {
    const { disk, random } = this.#options
    const rollJitterMs = drawRollJitterMs(this.config, random)
    return { disk, directory: this.directory, baseOffset, rollJitterMs, settings: () => this.config }
  }

  /** A promise only where an index of an old segment must be read or rebuilt first. Throws ApiError 1 or 56. */
  read(options: ReadOptions): ReadPlan | Promise<ReadPlan> {
    return this.#reads.plan(options)
  }

  /** What readers of committed records skip in [startOffset, upperBoundOffset). */
  abortedTransactions(range: Parameters<Segments['abortedTransactions']>[0]): readonly AbortedTransaction[] {
    return this.#segments.abortedTransactions(range)
  }

  /** The first batch with a timestamp of at least `timestamp`, ending at or behind `from`: the record is found in it. */
  batchForTimestamp(timestamp: number, from = this.#logStartOffset): Promise<Uint8Array | undefined> {
    return this.#reads.batchForTimestamp(timestamp, from)
  }

  /** The first batch that has the largest timestamp of the log. */
  batchOfMaxTimestamp(): Promise<Uint8Array | undefined> {
    return this.#reads.batchOfMaxTimestamp()
  }

  /** The leader epoch of the record at `offset`, where it is known. */
  epochOf(offset: number): number | undefined {
    return this.#epochs.epochOf(offset)
  }

  endOffsetForEpoch(leaderEpoch: number): EpochEndOffset {
    return this.#epochs.endOffsetFor(leaderEpoch, this.#logEndOffset)
  }

  /** A new leader's epoch starts at `startOffset`, before it has appended anything. */
  assignEpochStart(leaderEpoch: number, startOffset: number): void {
    this.#epochs.assign(leaderEpoch, startOffset)
    this.#background.start(this.#epochFile.save())
  }

  /** DeleteRecords: the log starts at `offset`. Throws ApiError 1 beyond the high watermark. */
  deleteRecordsBefore(offset: number): void {
    if (offset > this.#highWatermark) {
      throw new ApiError(offsetOutOfRange, `offset ${offset} is above the high watermark ${this.#highWatermark}`)
    }
    if (offset <= this.#logStartOffset) return
    this.#startsAt(offset)
    this.#background.start(this.#epochFile.save())
  }

  #startsAt(offset: number): void {
    this.#logStartOffset = offset
    this.#epochs.truncateFromStart(offset)
    this.#state.logStartPassed(offset)
  }

  /** Cuts everything from `offset` on; pending appends complete first, later ones are refused until it is done. */
  truncateTo(offset: number): Promise<void> {
    return this.#whileCut(async () => {
      if (offset >= this.#logEndOffset) {
        // A leader that has appended nothing has left the start of its epoch, which the next leader never had.
        this.#epochs.truncateFromEnd(this.#logEndOffset)
        return this.#epochFile.save()
      }
      if (offset < this.firstSegmentBaseOffset) return this.#startAt(offset)
      const end = await cutFiles(offset, {
        segments: this.#segments,
        removals: this.#removals,
        disk: this.#options.disk,
        directory: this.directory,
        cutTo: (cut) => this.#cutTo(cut),
      })
      await this.#snapshots.remove((snapshot) => snapshot > end)
      await reloadProducers(this.#state, {
        segments: this.#segments,
        snapshots: this.#snapshots,
        marks: this,
        expiredBeforeMs: this.#options.clock.now() - this.config.producerIdExpirationMs,
      })
      // Else what was cut could come back, behind what takes its place and under the epochs of that.
      await this.flush()
    })
  }

  /** Forgets all records: the next one gets `offset`. */
  truncateFullyAndStartAt(offset: number): Promise<void> {
    return this.#whileCut(() => this.#startAt(offset))
  }

  async #startAt(offset: number): Promise<void> {
    const old = this.#segments.all
    // The names may be those of the new ones.
    for (const segment of old) await segment.markDeleted()
    this.#segments.all = [await Segment.create(this.#segmentOptions(offset), this.#options.clock.now())]
    this.#logStartOffset = offset
    this.#cutTo(offset)
    this.#epochs.clear()
    for (const segment of old) this.#removals.now(segment)
    await this.#snapshots.remove(() => true)
    this.#state.reset(offset, { entries: [], expiredBefore: 0 })
    await this.flush()
  }

  #whileCut(work: () => Promise<void>): Promise<void> {
    return this.#availability.whileRefusing('the log is being truncated', () => this.#change(work))
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    return this.#changes.run(() => this.#exclusive.run(work))
  }

  #cutTo(offset: number): void {
    this.#generation++
    this.compaction.cutTo(offset)
    this.#logEndOffset = offset
    this.#assignedEndOffset = offset
    this.#recoveryPoint.cutTo(offset)
    this.#logStartOffset = Math.min(this.#logStartOffset, offset)
    this.#highWatermark = Math.max(this.#logStartOffset, Math.min(this.#highWatermark, offset))
    this.#epochs.truncateFromEnd(offset)
  }

  /** Deletes what retention lets go, durably; returns how many segments. Not while segments are compacted. */
  applyRetention(): Promise<number> {
    return this.#change(async () => {
      if (this.#availability.isClosed || this.compaction.isRunning) return 0
      this.#state.expire(this.#options.clock.now() - this.config.producerIdExpirationMs)
      const retained = { ...this.#options, config: this.config, marks: this }
      const count = await countDeletable(this.#segments.all, retained)
      if (count === 0) return 0
      if (count === this.#segments.all.length) await this.#roller.roll(this.#logEndOffset)
      const doomed = this.#segments.all.slice(0, count)
      const kept = this.#segments.all.slice(count)
      this.#startsAt(Math.max(this.#logStartOffset, kept[0]?.baseOffset ?? 0))
      for (const segment of doomed) await segment.markDeleted()
      await this.#snapshots.remove((offset) => doomed.some(({ baseOffset }) => baseOffset === offset))
      await this.#syncNames()
      // Not before: a checkpoint leaves out a log that starts with its first segment.
      this.#segments.all = kept
      for (const segment of doomed) this.#removals.later(segment, this.config.fileDeleteDelayMs)
      return count
    })
  }

  /** Makes all that is appended now durable and moves the recovery point; a failed sync takes the directory offline. */
  flush(): Promise<void> {
    return this.#recoveryPoint.flush()
  }

  /** The same where the last flush is `flush.ms` ago. */
  flushIfOld(): Promise<void> {
    return this.#recoveryPoint.flushIfOld(this.config.flushMs)
  }

  async #syncNames(): Promise<void> {
    await this.#epochFile.save()
    await this.#options.disk.syncDirectory(this.directory)
  }

  /** Everything flushed, indexes and producer snapshot written: a clean stop, unless it rejects. Waits for readers. */
  close(): Promise<void> {
    this.#availability.close('the log is closed')
    return this.#end(() =>
      allSteps(
        () => this.#writeAll(),
        () => this.#settle(),
        () => this.#removals.finish(),
        () => Promise.all(this.#segments.all.map((segment) => segment.close())),
      ),
    )
  }

  async #writeAll(): Promise<void> {
    if (this.#availability.hasFailed) return
    this.#segments.active().trim()
    await this.#segments.active().writeIndexes({ isFinal: true, sync: true })
    await this.#snapshots.take(this.#state)
    await this.flush()
  }

  /** Of a log that is deleted: resolves when nobody writes in its directory any more. Readers are not waited for. */
  abandon(): Promise<void> {
    this.#availability.close('the log is deleted')
    return this.#end(async () => {
      await this.#settle()
      this.#removals.abandon(this.#segments.all)
    })
  }

  /**
   * Another log takes this one's place: `next` brings it, with all that is here, while nobody writes in the directory. What
   * waits is appended there; `taken` is told when it is to be asked. Where `next` rejects, this log goes on.
   */
  handOver(next: () => Promise<Log>, taken: (log: Log) => void): Promise<void> {
    return this.#change(async () => {
      await this.#prepareToLeave()
      try {
        const log = await next()
        log.#adopt(this)
        taken(log)
        this.#availability.close('the log has moved')
        this.#pending.moveTo((bytes) => log.append(bytes, { kind: 'follower' }))
        this.#removals.abandon(this.#segments.all)
      } catch (error) {
        this.#availability.stay()
        throw error
      }
    })
  }

  /** Nothing is read or written by name from then on. */
  async #prepareToLeave(): Promise<void> {
    await this.flush()
    this.#availability.leave()
    await this.#settle()
  }

  /** What is no matter of the records. */
  #adopt(former: Log): void {
    this.config = former.config
    for (const { epoch, startOffset } of former.#epochs.entries) this.#epochs.assign(epoch, startOffset)
    this.#background.start(this.#epochFile.save())
    this.setHighWatermark(former.highWatermark)
    this.deleteRecordsBefore(former.logStartOffset)
  }

  async #end(work: () => Promise<void>): Promise<void> {
    await this.compaction.end()
    await this.#change(work)
  }

  async #settle(): Promise<void> {
    for (const segment of this.#segments.all) await segment.settled()
    await this.#recoveryPoint.idle()
    await this.#background.end()
  }
}
