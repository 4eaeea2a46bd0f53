/**
 * Chooses which log is compacted next, the dirtiest first, and keeps as many compactions going as `log.cleaner.threads` says.
 * The bytes are looked at by workers. One for all log directories of a node; a log that cannot be compacted is left alone.
 */
import { type Clock, DiskError, type JobRunner, type Logger, type RandomStream, type Timer } from '../../base/index.ts'
import type { Log } from '../log.ts'
import { type Cleanable, isDue } from './cleanable.ts'
import { type Compacted, CompactionAbortedError, isDirectoryFailure } from './log-compaction.ts'
import { Throttle } from './throttle.ts'

export interface CleanerSettings {
  readonly isEnabled: boolean
  readonly threads: number
  readonly backoffMs: number
  /** Of all compactions together. */
  readonly dedupeBufferBytes: number
  readonly loadFactor: number
  readonly ioBufferBytes: number
  readonly bytesPerSecond: number
  readonly decompressedBytesMax: number
}

/** A log directory, and what the cleaner asks of it. */
export interface CleanedDirectory {
  readonly directory: string
  readonly isOnline: boolean
  readonly logs: Iterable<Log>
  /** Writes `cleaner-offset-checkpoint`. */
  checkpointCleaner(): Promise<void>
  failed(error: Error): void
}

export interface CleanerOptions {
  readonly directories: readonly CleanedDirectory[]
  readonly settings: () => CleanerSettings
  readonly clock: Clock
  readonly random: RandomStream
  readonly workers: JobRunner
  readonly logger: Logger
}

/** What a job looks at: it costs two wake-ups of a thread, and a stop waits for it. */
const chunkBytes = 4 * 1024 * 1024
const partBytesMin = 64 * 1024
/** One compaction uses no more, as in Kafka. */
const keysBytesMax = 2 ** 31 - 2 ** 16

interface DirtyLog {
  readonly directory: CleanedDirectory
  readonly log: Log
  readonly cleanable: Cleanable
}

/** For metrics: of the last run, or of what was seen when the last log was chosen. */
export interface CleanerFigures {
  maxDirtyPercent: number
  maxCompactionDelayMs: number
  maxBufferUtilizationPercent: number
  recopyPercent: number
  maxCleanTimeMs: number
  lastRunMs: number
}

export class Cleaner {
  readonly #options: CleanerOptions
  readonly #throttle: Throttle
  readonly #running = new Map<Log, Promise<void>>()
  /** What went wrong with them is not going to go away. */
  readonly #uncleanable = new WeakSet<Log>()
  /** Not before the next time that the cleaner wakes. */
  readonly #resting = new Set<Log>()
  #timer: Timer | undefined
  #choosing: Promise<void> | undefined
  #isStopped = false
  readonly figures: CleanerFigures = {
    maxDirtyPercent: 0,
    maxCompactionDelayMs: 0,
    maxBufferUtilizationPercent: 0,
    recopyPercent: 0,
    maxCleanTimeMs: 0,
    lastRunMs: 0,
  }

  constructor(options: CleanerOptions) {
    this.#options = options
    this.#throttle = new Throttle(options.clock, () => options.settings().bytesPerSecond)
    this.figures.lastRunMs = options.clock.now()
  }

  start(): void {
    this.#wake()
  }

  /** Resolves when no compaction is under way; what is not in its place yet is thrown away. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#choosing
    await Promise.all(this.#running.values())
  }

  /** Logs that are left alone, by directory. */
  uncleanable({ logs }: CleanedDirectory): readonly Log[] {
    return [...logs].filter((log) => this.#uncleanable.has(log))
  }

  #wake(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#resting.clear()
    this.#fill()
  }

  #fill(): void {
    if (this.#isStopped || this.#choosing !== undefined) return
    this.#choosing = this.#choose().finally(() => {
      this.#choosing = undefined
      if (this.#isStopped || this.#timer !== undefined) return
      this.#timer = this.#options.clock.after(this.#options.settings().backoffMs, () => this.#wake())
    })
  }

  async #choose(): Promise<void> {
    const { settings, clock } = this.#options
    this.figures.lastRunMs = clock.now()
    while (settings().isEnabled && this.#running.size < settings().threads && !this.#isStopped) {
      const next = await this.#dirtiest()
      if (next === undefined || this.#isStopped) return
      const running = this.#clean(next).finally(() => {
        this.#running.delete(next.log)
        this.#fill()
      })
      this.#running.set(next.log, running)
    }
  }

  async #dirtiest(): Promise<DirtyLog | undefined> {
    const dirty: DirtyLog[] = []
    for (const directory of this.#options.directories) {
      for (const log of directory.isOnline ? [...directory.logs] : []) {
        if (!log.config.isCompacted || this.#running.has(log) || this.#uncleanable.has(log)) continue
        const cleanable = await this.#cleanable(directory, log)
        if (cleanable !== undefined) dirty.push({ directory, log, cleanable })
      }
    }
    const { figures } = this
    figures.maxDirtyPercent = Math.floor(100 * Math.max(0, ...dirty.map(({ cleanable }) => cleanable.ratio)))
    figures.maxCompactionDelayMs = Math.max(0, ...dirty.map(({ cleanable }) => cleanable.overdueMs))
    const due = dirty.filter(
      ({ log, cleanable }) => !this.#resting.has(log) && isDue(cleanable, log.config.minCleanableDirtyRatio),
    )
    return due.sort((a, b) => b.cleanable.ratio - a.cleanable.ratio)[0]
  }

  async #cleanable(directory: CleanedDirectory, log: Log): Promise<Cleanable | undefined> {
    try {
      return await log.compaction.cleanable(this.#options.clock.now())
    } catch (error) {
      this.#failed({ directory, log }, error)
      return undefined
    }
  }

  async #clean({ directory, log, cleanable }: DirtyLog): Promise<void> {
    const { settings, workers, random } = this.#options
    const { threads, dedupeBufferBytes, loadFactor, ioBufferBytes, decompressedBytesMax } = settings()
    try {
      const compacted = await log.compaction.run(cleanable, {
        workers,
        random,
        throttle: this.#throttle,
        keysBytesMax: Math.min(keysBytesMax, Math.floor(dedupeBufferBytes / threads)),
        loadFactor,
        chunkBytes,
        partBytes: Math.max(partBytesMin, Math.floor(ioBufferBytes / threads)),
        decompressedBytesMax,
        isStopped: () => this.#isStopped,
      })
      this.#tell(log, cleanable, compacted)
      await directory.checkpointCleaner()
      await log.applyRetention()
    } catch (error) {
      this.#failed({ directory, log }, error)
    }
  }

  #tell({ directory }: Log, { firstDirtyOffset }: Cleanable, compacted: Compacted): void {
    const { bytesRead, bytesWritten, recordsRead, recordsKept, recordsWithoutKey, endOffset, utilization } = compacted
    const { figures } = this
    const ms = Math.round(compacted.ms)
    figures.maxBufferUtilizationPercent = Math.floor(utilization * 100)
    figures.recopyPercent = Math.floor((100 * bytesWritten) / Math.max(1, bytesRead))
    figures.maxCleanTimeMs = ms
    const told = {
      directory,
      from: firstDirtyOffset,
      to: endOffset,
      bytesRead,
      bytesWritten,
      recordsRead,
      recordsKept,
      ms,
    }
    this.#options.logger.log('info', 'compacted', told)
    if (recordsWithoutKey === 0) return
    this.#options.logger.log('warn', 'records without a key were removed by compaction', {
      directory,
      recordsWithoutKey,
    })
  }

  #failed({ directory, log }: Pick<DirtyLog, 'directory' | 'log'>, error: unknown): void {
    const { logger } = this.#options
    this.#resting.add(log)
    if (error instanceof CompactionAbortedError || this.#isStopped) return
    const cause = error instanceof Error ? error : new Error(String(error))
    const fields = { directory: log.directory, reason: cause.message }
    if (isDirectoryFailure(cause)) {
      logger.log('error', 'compaction failed', fields)
      directory.failed(cause)
    } else if (cause instanceof DiskError) logger.log('warn', 'no room for a compaction: tried again later', fields)
    else {
      this.#uncleanable.add(log)
      logger.log('error', 'a log cannot be compacted and is left as it is', fields)
    }
  }
}
