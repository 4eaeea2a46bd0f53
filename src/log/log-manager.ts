/**
 * The logs of one log directory: opens all partitions, makes and deletes logs, keeps the checkpoints, the lock and the
 * marker of a clean stop. Off the hot path. A node has one per entry of `log.dirs`; a failing one goes offline alone.
 */
import {
  allSteps,
  assert,
  type Clock,
  type Disk,
  DiskError,
  type FileLock,
  inParallel,
  type Logger,
  present,
  type RandomStream,
  type Timer,
  type Uuid,
  uuidToBytes,
} from '../base/index.ts'
import { leaveCleanShutdown, takeCleanShutdown } from './clean-shutdown.ts'
import { CleanerCheckpoint } from './cleaner-checkpoint.ts'
import { lockDirectory } from './directory-lock.ts'
import { FewAtOnce } from './few-at-once.ts'
import {
  type DirectoryTag,
  directoryName,
  livingLog,
  mayMove,
  parseDirectoryName,
  type TopicPartition,
  taggedDirectoryName,
} from './file-names.ts'
import { Log } from './log.ts'
import type { LogConfig } from './log-config.ts'
import type { LogIntervals } from './log-intervals.ts'
import { InconsistentTopicIdError, type LogOptions } from './log-types.ts'
import { type CheckpointKind, OffsetCheckpoints } from './offset-checkpoints.ts'
import { readPartitionMetadata, writePartitionMetadata } from './partition-metadata.ts'
import { type Losses, noLosses, RecoveryReport } from './recovery-report.ts'
import { RecoveryShare } from './recovery-share.ts'
import { SharedRun } from './shared-run.ts'

/** Logs that are opened, made or closed at a time: the time goes into waiting for the disk. */
const atOnceMax = 32

export interface LogManagerOptions {
  readonly directory: string
  readonly disk: Disk
  readonly clock: Clock
  readonly random: RandomStream
  readonly logger: Logger
  /** Of a topic by its name, when its logs are opened or made. First asked by `load`. */
  readonly configOf: (topic: string) => LogConfig
  readonly onDirectoryFailure: (directory: string, error: Error) => void
  readonly intervals: LogIntervals
  /** Logs whose segments are read again at a time, after an unclean stop. First asked by `load`. */
  readonly recoveriesMax: () => number
}

export class LogManager {
  readonly #options: LogManagerOptions
  readonly #logs = new Map<string, Log>()
  /** Copies of logs of other directories that will take their place (KIP-113). */
  readonly #futures = new Map<string, Log>()
  readonly #making = new Map<string, Promise<Log>>()
  /** Whose directory does not say which topic it belongs to: power was lost while it was made. */
  readonly #nameless = new Set<Log>()
  readonly #timers = new Set<Timer>()
  readonly #epochFiles = new FewAtOnce(atOnceMax)
  readonly #checkpoints: OffsetCheckpoints
  readonly #cleaner: CleanerCheckpoint
  /** Of logs that are gone, or were cut: many partitions share a writing. */
  readonly #checkpointing = new SharedRun(() => this.checkpoint())
  /** Makes the names in the directory durable. */
  readonly #names = new SharedRun(() => this.#options.disk.syncDirectory(this.#options.directory))
  #lock: FileLock | undefined
  #brokerEpoch = -1
  #hasFailed = false
  /** The stop cannot be clean: of a log that was closing, or of work that was under way. */
  #failureAtStop: Error | undefined
  #isStopped = false
  /** Only then it is known what belongs into checkpoints. */
  #isLoaded = false
  #work: Promise<void> = Promise.resolve()
  #losses: Losses = noLosses

  private constructor(options: LogManagerOptions) {
    this.#options = options
    const { disk, directory } = options
    this.#cleaner = new CleanerCheckpoint(options)
    this.#checkpoints = new OffsetCheckpoints({ disk, directory, logs: () => this.#all() })
  }

  /** Locks the directory and recovers every log in it. Throws DiskError: `EBUSY` where another process has it. */
  static async open(options: LogManagerOptions): Promise<LogManager> {
    const manager = await LogManager.lock(options)
    try {
      await manager.load()
    } catch (error) {
      await manager.unlock()
      throw error
    }
    return manager
  }

  /** Takes the directory for this process alone; nothing in it is read yet. Throws DiskError `EBUSY`. */
  static async lock(options: LogManagerOptions): Promise<LogManager> {
    const manager = new LogManager(options)
    manager.#lock = await lockDirectory(options.disk, options.directory)
    return manager
  }

  /** Recovers every log, and from then on keeps checkpoints and retention going. Rejects where `abortLoad` ends it. */
  async load(): Promise<void> {
    await this.#load()
    this.#isLoaded = true
    const { intervals } = this.#options
    this.#every(intervals.retentionMs, () => this.applyRetention())
    this.#every(intervals.flushCheckMs, () => this.#flushOld())
    this.#every(intervals.recoveryPointMs, () => this.#checkpoint('recoveryPoint'))
    this.#every(intervals.logStartOffsetMs, () => this.#checkpoint('logStartOffset'))
    this.#every(intervals.highWatermarkMs, () => this.#checkpoint('highWatermark'))
  }

  /** The node stops: no further log is recovered. `close` is for when `load` has ended. */
  abortLoad(): void {
    this.#isStopped = true
  }

  /** Gives the directory back without a clean stop: it was not loaded. */
  async unlock(): Promise<void> {
    this.#isStopped = true
    for (const timer of this.#timers) timer.cancel()
    await this.#lock?.release()
  }

  /** The broker epoch of the last clean stop; -1 after any other. */
  get previousBrokerEpoch(): number {
    return this.#brokerEpoch
  }

  /** What the start found to be gone. */
  get losses(): Losses {
    return this.#losses
  }

  get directory(): string {
    return this.#options.directory
  }

  /** Those that are being made count, and those that are on their way here. */
  get logCount(): number {
    const making = [...this.#making.keys()].filter((name) => !this.#logs.has(name))
    return this.#logs.size + this.#futures.size + making.length
  }

  get logs(): IterableIterator<Log> {
    return this.#logs.values()
  }

  /** Copies on their way to be logs; what is in here is in no `logs`. */
  get futures(): IterableIterator<Log> {
    return this.#futures.values()
  }

  #all(): readonly Log[] {
    return [...this.#logs.values(), ...this.#futures.values()]
  }

  get(topicPartition: TopicPartition): Log | undefined {
    return this.#logs.get(directoryName(topicPartition))
  }

  future(topicPartition: TopicPartition): Log | undefined {
    return this.#futures.get(directoryName(topicPartition))
  }

  async getOrCreate(topicPartition: TopicPartition, topicId: Uuid): Promise<Log> {
    const name = directoryName(topicPartition)
    const known = this.#logs.get(name)
    if (known !== undefined && !this.#nameless.has(known)) return known
    const underWay = this.#making.get(name)
    if (underWay !== undefined) return underWay
    const work = known === undefined ? this.#make(topicPartition, topicId) : this.#give(known, topicId)
    const making = work.finally(() => this.#making.delete(name))
    this.#making.set(name, making)
    return making
  }

  /** After what is under way: a log of this name may be on its way out. Logs of other names are made meanwhile. */
  async #make(topicPartition: TopicPartition, topicId: Uuid): Promise<Log> {
    await this.#work
    await this.#forgetEarlier(topicPartition)
    const log = await this.#openLog({ name: directoryName(topicPartition), topicPartition, topicId, ...emptyLog })
    await this.#names.run()
    return log
  }

  /** A start would take what they say of an earlier log for this one's, and remove records before its log start. */
  async #forgetEarlier(topicPartition: TopicPartition): Promise<void> {
    if (this.#checkpoints.has(directoryName(topicPartition))) await this.#checkpointing.run()
  }

  /** A log that will take the place of one elsewhere; of a partition that may move. */
  async createFuture(topicPartition: TopicPartition, topicId: Uuid): Promise<Log> {
    const key = directoryName(topicPartition)
    const known = this.#futures.get(key)
    if (known !== undefined) return known
    assert(mayMove(topicPartition), 'the name of the topic has room for a tag')
    const name = this.#tagged(topicPartition, 'future')
    await this.#forgetEarlier(topicPartition)
    const log = await this.#openLog({ name, topicPartition, topicId, ...emptyLog })
    await this.#names.run()
    return log
  }

  /** It takes its place: closed, under its own name, and open again. `last`: done before it is renamed. */
  promoteFuture(topicPartition: TopicPartition, last: () => Promise<{ readonly cleanedUpTo: number | undefined }>) {
    return this.#serially(async () => {
      const key = directoryName(topicPartition)
      const future = present(this.#futures.get(key), `a future log of ${key}`)
      await future.close()
      const { cleanedUpTo } = await last()
      const { disk, directory } = this.#options
      await disk.rename(future.directory, this.#path(key))
      await disk.syncDirectory(directory)
      this.#futures.delete(key)
      const { topicId, logEndOffset: recoveryPoint, logStartOffset } = future
      const known = { topicId, recoveryPoint, logStartOffset, cleanedUpTo, isCleanShutdown: true }
      const log = await this.#openLog({ name: key, topicPartition, ...known })
      log.setHighWatermark(future.highWatermark)
      await this.#checkpoints.writeAll()
      if (cleanedUpTo !== undefined) await this.#checkpointCleaner()
      return log
    })
  }

  /** It will take no place: removed as a deleted log is. */
  dropFuture(topicPartition: TopicPartition): Promise<void> {
    return this.#serially(async () => {
      const log = this.#futures.get(directoryName(topicPartition))
      if (log !== undefined) await this.#delete(this.#futures, log)
    })
  }

  /**
   * The directory of a log whose place another one takes, elsewhere; `Log.handOver` has seen to the log itself. Returns what
   * removes it, as a deleted log: not before the other one has its name.
   */
  async moveAway(log: Log): Promise<() => void> {
    const name = await this.#renameAway(log, 'delete')
    this.#logs.delete(directoryName(log.topicPartition))
    return () => this.#removeLater(name, log.config.fileDeleteDelayMs)
  }

  /** The topic that asks for a nameless log has it from now on. */
  async #give(log: Log, topicId: Uuid): Promise<Log> {
    await writePartitionMetadata(this.#options.disk, log.directory, topicId)
    this.#nameless.delete(log)
    return log
  }

  /** The directory is renamed at once, whoever still reads of it, and removed after `file.delete.delay.ms`. */
  delete(topicPartition: TopicPartition): Promise<void> {
    return this.#serially(async () => {
      const log = this.#logs.get(directoryName(topicPartition))
      if (log === undefined) return
      await this.#delete(this.#logs, log)
      // A topic that is made anew with this name is dirty.
      if (log.compaction.cleanedUpTo !== undefined) await this.#checkpointCleaner()
    })
  }

  async #delete(logs: Map<string, Log>, log: Log): Promise<void> {
    logs.delete(directoryName(log.topicPartition))
    await log.abandon()
    const doomed = await this.#renameAway(log, 'delete')
    this.#removeLater(doomed, log.config.fileDeleteDelayMs)
  }

  /** A log that the cluster does not know is kept aside, never deleted. */
  makeStray(log: Log): Promise<void> {
    return this.#serially(async () => {
      const key = directoryName(log.topicPartition)
      for (const logs of [this.#logs, this.#futures]) if (logs.get(key) === log) logs.delete(key)
      await log.close()
      const path = await this.#renameAway(log, 'stray')
      this.#options.logger.log('error', 'a log that has no place in the cluster was put aside', { path })
    })
  }

  get isOnline(): boolean {
    return this.#isLoaded && !this.#hasFailed && !this.#isStopped
  }

  /** Notes how far each log is compacted. */
  checkpointCleaner(): Promise<void> {
    return this.#serially(() => this.#checkpointCleaner())
  }

  #checkpointCleaner(): Promise<void> {
    return this.#cleaner.write(this.#logs.values())
  }

  /** A log was cut: a recovery point behind the cut would vouch for what is appended in the place of that. */
  wasCut(): Promise<void> {
    return this.#checkpointing.run()
  }

  async applyRetention(): Promise<void> {
    for (const log of this.#logs.values()) await log.applyRetention()
  }

  /** Writes the three checkpoint files. */
  checkpoint(): Promise<void> {
    return this.#serially(() => this.#checkpoints.writeAll())
  }

  #checkpoint(kind: CheckpointKind): Promise<void> {
    return this.#serially(() => this.#checkpoints.write(kind))
  }

  async #flushOld(): Promise<void> {
    for (const log of this.#all()) await log.flushIfOld()
  }

  /** Closes all logs and writes, last, the marker of a clean stop. Throws what kept the stop from being one. */
  async close(brokerEpoch: number): Promise<void> {
    this.#isStopped = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    await allSteps(
      () => inParallel(this.#all(), atOnceMax, (log) => log.close().catch((error: unknown) => this.#fail(error))),
      () => this.#leaveClean(brokerEpoch),
      () => this.#lock?.release(),
    )
  }

  async #leaveClean(brokerEpoch: number): Promise<void> {
    if (this.#isLoaded && !this.#hasFailed) await this.checkpoint()
    if (this.#failureAtStop !== undefined) throw this.#failureAtStop
    if (this.#hasFailed || !this.#isLoaded) return
    await leaveCleanShutdown(this.#options.disk, this.#options.directory, brokerEpoch)
  }

  async #load(): Promise<void> {
    const { disk, directory, clock, logger } = this.#options
    const brokerEpoch = await takeCleanShutdown(disk, directory)
    const isCleanShutdown = brokerEpoch !== undefined
    this.#brokerEpoch = brokerEpoch ?? -1
    await this.#checkpoints.read()
    const cleaned = await this.#cleaner.read()
    const found = (await disk.list(directory)).filter(({ kind }) => kind === 'directory')
    const logCount = found.filter(({ name }) => livingLog(name) !== undefined).length
    const share = new RecoveryShare(this.#options.recoveriesMax())
    const report = new RecoveryReport({ directory, clock, logger, logCount, isCleanShutdown, share })
    this.#losses = report.losses
    try {
      await inParallel(found, atOnceMax, async ({ name }) => {
        if (this.#isStopped) throw new Error(`the node stops: ${directory} is not recovered`)
        const topicPartition = this.#logOf(name)
        if (topicPartition === undefined) return
        const key = directoryName(topicPartition)
        const { recoveryPoint, logStartOffset, highWatermark } = this.#checkpoints.of(key)
        const log = await this.#openLog({
          name,
          topicPartition,
          topicId: await readPartitionMetadata(disk, `${directory}/${name}`),
          isFound: true,
          recoveryPoint,
          logStartOffset,
          cleanedUpTo: cleaned.get(name),
          isCleanShutdown,
          share,
        })
        log.setHighWatermark(highWatermark)
        report.opened(log)
      })
      report.done()
    } finally {
      report.close()
    }
  }

  /** The log that is to be opened from there. What was about to be deleted goes; throws for what is nobody's. */
  #logOf(name: string): TopicPartition | undefined {
    const parsed = parseDirectoryName(name)
    if (parsed === undefined) {
      const path = this.#path(name)
      throw new DiskError('EINVAL', path, `${path} is not named after a topic and a partition`)
    }
    if (parsed.tag === 'delete') this.#removeLater(name, this.#options.configOf(parsed.topic).fileDeleteDelayMs)
    return livingLog(name)
  }

  /** Under `name`, which tells a future log from others. */
  async #openLog(found: FoundLog): Promise<Log> {
    const { disk, clock, random, logger, configOf } = this.#options
    const { name, topicPartition } = found
    const open = (): Promise<Log> =>
      Log.open({
        ...found,
        epochFiles: this.#epochFiles,
        directory: this.#path(name),
        config: configOf(topicPartition.topic),
        disk,
        clock,
        random,
        logger: logger.child(directoryName(topicPartition)),
        onDirectoryFailure: (error) => this.#fail(error),
      })
    const log = await open().catch(async (error: unknown) => {
      if (!(error instanceof InconsistentTopicIdError)) throw error
      const path = await this.#renameAway({ topicPartition, directory: this.#path(name) }, 'stray')
      logger.log('error', 'a log of another topic with the same name was put aside', { path })
      return open()
    })
    // It may have failed while the log was on its way.
    if (this.#hasFailed) log.directoryFailed(new Error(`${this.#options.directory} has failed`))
    const logs = parseDirectoryName(name)?.tag === 'future' ? this.#futures : this.#logs
    if (logs.has(directoryName(topicPartition))) {
      throw new DiskError('EEXIST', log.directory, `Duplicate log directories of one replica: ${log.directory}`)
    }
    logs.set(directoryName(topicPartition), log)
    if (found.topicId === undefined) this.#nameless.add(log)
    return log
  }

  /** Returns the new name. */
  async #renameAway({ topicPartition, directory: from }: PlacedLog, tag: DirectoryTag): Promise<string> {
    const { disk, directory } = this.#options
    const name = this.#tagged(topicPartition, tag)
    await disk.rename(from, this.#path(name))
    await disk.syncDirectory(directory)
    return name
  }

  #tagged(topicPartition: TopicPartition, tag: DirectoryTag): string {
    const hex = uuidToBytes(this.#options.random.uuid()).toString('hex')
    return taggedDirectoryName(topicPartition, { hex, tag })
  }

  #removeLater(name: string, delayMs: number): void {
    const timer = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(timer)
      this.#options.disk.removeTree(this.#path(name)).catch((error: unknown) => this.#fail(error))
    })
    this.#timers.add(timer)
  }

  #every(intervalMs: number, work: () => Promise<void>, delayMs = this.#options.intervals.initialDelayMs): void {
    const timer = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(timer)
      const again = (): void => {
        if (!this.#isStopped && !this.#hasFailed) this.#every(intervalMs, work, intervalMs)
      }
      work().then(again, (error: unknown) => this.#fail(error))
    })
    this.#timers.add(timer)
  }

  #serially<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work)
    this.#work = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }

  /** Work in the directory that somebody else asked for was refused by the disk: it is offline from now on. */
  failed(error: Error): void {
    this.#fail(error)
  }

  #fail(cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(String(cause))
    if (this.#isStopped) this.#failureAtStop ??= error
    if (this.#hasFailed) return
    this.#hasFailed = true
    for (const log of this.#all()) log.directoryFailed(error)
    if (!this.#isStopped) this.#options.onDirectoryFailure(this.#options.directory, error)
  }

  #path(name: string): string {
    return `${this.#options.directory}/${name}`
  }
}

type PlacedLog = Pick<Log, 'topicPartition' | 'directory'>

type Told = 'topicPartition' | 'topicId' | 'isFound' | 'recoveryPoint' | 'logStartOffset'
interface FoundLog extends Pick<LogOptions, Told | 'cleanedUpTo' | 'isCleanShutdown' | 'share'> {
  readonly name: string
}

const emptyLog = { recoveryPoint: 0, logStartOffset: 0, isCleanShutdown: true } as const
