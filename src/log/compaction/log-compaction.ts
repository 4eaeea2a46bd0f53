/**
 * Compaction of one log (KIP-58): of the records with the same key, the newest stays. Keys of the dirty part are noted, then
 * every segment up to there is written anew without what is obsolete and takes the place of those it was made from. Readers
 * and appends go on all the while. What the disk holds at each step is what a start can finish or throw away.
 */
import { assert, type Clock, DiskError, type JobRunner, type RandomStream } from '../../base/index.ts'
import type { Availability } from '../availability.ts'
import type { Exclusive } from '../exclusive.ts'
import type { LogConfig } from '../log-config.ts'
import type { ProducerEntry } from '../producer-state.ts'
import type { Removals } from '../removals.ts'
import { Segment } from '../segment.ts'
import type { SegmentOptions } from '../segment-options.ts'
import type { Segments } from '../segments.ts'
import type { ProducerSnapshots } from '../snapshots.ts'
import { type Cleanable, decideCleanable, firstDirtyOffset, floorIndex } from './cleanable.ts'
import type { LastBatch } from './filter-chunk.ts'
import { CompactionJobs } from './jobs.ts'
import { KeyIndex } from './key-index.ts'
import { SegmentChunks } from './segment-chunks.ts'
import { type CompactionFigures, SegmentCleaner } from './segment-cleaner.ts'
import { groupSegments } from './segment-groups.ts'
import type { Throttle } from './throttle.ts'

/** The log as compaction sees it. */
interface CompactedLog {
  readonly config: LogConfig
  readonly generation: number
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly lastStableOffset: number
  readonly producers: readonly ProducerEntry[]
}

interface LogCompactionOptions {
  readonly log: CompactedLog
  readonly segments: Segments
  readonly snapshots: ProducerSnapshots
  readonly removals: Removals
  readonly availability: Availability
  /** One change of the list of segments at a time, but rolls. */
  readonly changes: Exclusive
  readonly segmentOptions: (baseOffset: number) => SegmentOptions
  /** Makes renames in the log's directory durable. */
  readonly syncNames: () => Promise<void>
  readonly clock: Clock
  /** What the checkpoint says. */
  readonly cleanedUpTo: number | undefined
}

/** What a compaction may use. */
export interface CompactionMeans {
  readonly workers: JobRunner
  readonly random: RandomStream
  readonly throttle: Throttle
  readonly keysBytesMax: number
  readonly loadFactor: number
  readonly chunkBytes: number
  readonly partBytes: number
  readonly decompressedBytesMax: number
  /** The node stops: what is under way ends. */
  readonly isStopped: () => boolean
}

export interface Compacted extends CompactionFigures {
  /** The dirty part begins there now. */
  readonly endOffset: number
  /** Of the memory for keys, of [0, 1]. */
  readonly utilization: number
  readonly ms: number
}

/** The log was cut, closed or deleted meanwhile: all that is not in its place yet is thrown away. */
export class CompactionAbortedError extends Error {
  override readonly name = 'CompactionAbortedError'
}

/** Not even one batch's keys have room: without more memory the log is never cleaned. */
class TooManyKeysError extends Error {
  override readonly name = 'TooManyKeysError'
}

export class LogCompaction {
  readonly #options: LogCompactionOptions
  #cleanedUpTo: number | undefined
  #running: Promise<unknown> | undefined
  #isPaused = false

  constructor(options: LogCompactionOptions) {
    this.#options = options
    this.#cleanedUpTo = options.cleanedUpTo
  }

  /** Of each key before it there is the newest record only; undefined where the log was never compacted. */
  get cleanedUpTo(): number | undefined {
    return this.#cleanedUpTo
  }

  /** Segments are on their way out and in: retention waits. */
  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** The log ends there now: what comes next is dirty. */
  cutTo(offset: number): void {
    if (this.#cleanedUpTo !== undefined) this.#cleanedUpTo = Math.min(this.#cleanedUpTo, offset)
  }

  /** Until `resume` nothing is compacted; resolves when what was under way has ended. */
  async pause(): Promise<void> {
    this.#isPaused = true
    await this.#running
  }

  resume(): void {
    this.#isPaused = false
  }

  /** Resolves when no compaction is under way: it notices by itself that the log ends. */
  async end(): Promise<void> {
    await this.#running
  }

  /** What could be cleaned now. Rejects with CompactionAbortedError where the log moves, is closed, or closes meanwhile. */
  async cleanable(nowMs: number): Promise<Cleanable> {
    const { availability } = this.#options
    try {
      if (!availability.isClosed && !this.#isPaused) return await this.#cleanable(nowMs)
    } catch (error) {
      if (!availability.isClosed) throw error
    }
    throw new CompactionAbortedError('the log is closed, or moves')
  }

  /** Reads indexes and first batches only where the settings ask for them. */
  async #cleanable(nowMs: number): Promise<Cleanable> {
    const { log, segments } = this.#options
    const { minCompactionLagMs, maxCompactionLagMs } = log.config
    const first = firstDirtyOffset(this.#cleanedUpTo, log)
    const all = segments.all
    const dirty = all.slice(floorIndex(all, first), -1)
    const isLagKnown = minCompactionLagMs > 0
    for (const segment of isLagKnown ? dirty : []) if (!segment.isIndexed) await segment.loadIndexes()
    const isBounded = maxCompactionLagMs < Number.MAX_SAFE_INTEGER
    return decideCleanable({
      segments: all,
      dirty: dirty.map((segment) => ({
        baseOffset: segment.baseOffset,
        sizeInBytes: segment.sizeInBytes,
        firstTimestamp: isBounded ? segment.firstTimestamp() : -1,
        largestTimestamp: isLagKnown ? segment.largestTimestamp : -1,
      })),
      firstDirtyOffset: first,
      lastStableOffset: log.lastStableOffset,
      minCompactionLagMs,
      maxCompactionLagMs,
      nowMs,
    })
  }

  /** Rejects with CompactionAbortedError, CorruptBatchError, TooManyKeysError, DiskError; segments that are done stay. */
  async run(cleanable: Cleanable, means: CompactionMeans): Promise<Compacted> {
    assert(this.#running === undefined, 'a log is compacted once at a time')
    const check = this.#checkSince(means)
    const running = this.#run(cleanable, means, check)
    this.#running = running.catch(() => undefined)
    try {
      return await running
    } catch (error) {
      // What was cut while it was read looks like anything.
      check()
      throw error
    } finally {
      this.#running = undefined
    }
  }

  async #run(cleanable: Cleanable, means: CompactionMeans, check: () => void): Promise<Compacted> {
    const { clock } = this.#options
    const startMs = clock.monotonic()
    const jobs = new CompactionJobs({ workers: means.workers, clock, check })
    const chunks = new SegmentChunks({ chunkBytes: means.chunkBytes, partBytes: means.partBytes, check })
    const pay = (bytes: number): Promise<void> => means.throttle.pay(bytes, check)
    const index = await this.#index(cleanable, { ...means, jobs, chunks, pay })
    if (index.endOffset <= cleanable.firstDirtyOffset) {
      throw new TooManyKeysError('log.cleaner.dedupe.buffer.size has no room for the keys of one batch')
    }
    const cleaner = new SegmentCleaner({
      jobs,
      chunks,
      pay,
      keys: index.keys.memory,
      abortedIn: (range) => this.#options.segments.abortedTransactions(range),
      rules: {
        nowMs: clock.now(),
        deleteRetentionMs: this.#options.log.config.deleteRetentionMs,
        mappedEndOffset: index.endOffset,
        cleanEndOffset: cleanable.endOffset,
        lastBatches: this.#lastBatches(index.endOffset),
        decompressedBytesMax: means.decompressedBytesMax,
        checked: { from: cleanable.firstDirtyOffset, to: index.endOffset },
      },
    })
    for (const group of await this.#groups(index.endOffset, cleanable.endOffset)) {
      check()
      await this.#clean(group, cleaner, check)
    }
    this.#cleanedUpTo = index.endOffset
    const ms = clock.monotonic() - startMs
    return { ...cleaner.figures, endOffset: index.endOffset, utilization: index.keys.utilization, ms }
  }

  /** Throws once the log is no longer what it was now. */
  #checkSince({ isStopped }: CompactionMeans): () => void {
    const { log, availability } = this.#options
    const { generation } = log
    return () => {
      if (isStopped()) throw new CompactionAbortedError('the node stops')
      if (availability.isClosed || availability.hasFailed) throw new CompactionAbortedError('the log is closed')
      if (this.#isPaused) throw new CompactionAbortedError('the log moves')
      if (log.generation !== generation) throw new CompactionAbortedError('the log was cut')
    }
  }

  async #index(
    { firstDirtyOffset: first, endOffset }: Cleanable,
    means: CompactionMeans & Pick<ConstructorParameters<typeof KeyIndex>[0], 'jobs' | 'chunks' | 'pay'>,
  ): Promise<KeyIndex> {
    const { segments } = this.#options
    const aborted = segments.abortedTransactions({ startOffset: first, upperBoundOffset: endOffset })
    const secret = [means.random.u32(), means.random.u32()] as const
    const index = new KeyIndex({ ...means, firstDirtyOffset: first, aborted, secret })
    const all = segments.all
    const from = floorIndex(all, first)
    for (const [i, segment] of all.entries()) {
      if (i < from || segment.baseOffset >= endOffset) continue
      // From the batch before which all is clean: of a segment that was cleaned in part.
      const position = segment.baseOffset >= first ? 0 : await this.#positionOf(segment, first)
      if (!(await index.add(segment, position, all[i + 1]?.baseOffset ?? endOffset))) break
    }
    return index
  }

  /** Of the batch that holds `offset`, or of what comes behind it. */
  async #positionOf(segment: Segment, offset: number): Promise<number> {
    const found = await this.#options.segments.retryIndexed(offset, () => segment.find(offset))
    return found?.position ?? segment.sizeInBytes
  }

  /** Batches that producers go on from: whether a sequence follows is known by them after a restart, too. */
  #lastBatches(endOffset: number): readonly LastBatch[] {
    const all = this.#options.log.producers.map(
      ({ producerId, producerEpoch, batches }): LastBatch => ({
        producerId,
        producerEpoch,
        lastOffset: batches.at(-1)?.lastOffset ?? -1,
      }),
    )
    return all.filter(({ lastOffset }) => lastOffset < endOffset)
  }

  async #groups(endOffset: number, cleanEndOffset: number): Promise<readonly Segment[][]> {
    const { segments, log } = this.#options
    const { segmentBytes, segmentIndexBytes } = log.config
    const sized = []
    for (const segment of segments.all.slice(0, -1)) {
      if (segment.baseOffset >= endOffset) break
      const { baseOffset, sizeInBytes } = segment
      sized.push({ segment, baseOffset, sizeInBytes, ...(await segment.indexSizes()) })
    }
    const groups = groupSegments(sized, { segmentBytes, segmentIndexBytes, endOffset: cleanEndOffset })
    return groups.map((group) => group.map(({ segment }) => segment))
  }

  async #clean(group: readonly Segment[], cleaner: SegmentCleaner, check: () => void): Promise<void> {
    const { segments, segmentOptions } = this.#options
    const [first] = group
    const last = group.at(-1)
    if (first === undefined || last === undefined) return
    const cleaned = await Segment.create(segmentOptions(first.baseOffset), last.openedMs, '.cleaned')
    try {
      for (const segment of group) {
        const next = segments.all[segments.all.indexOf(segment) + 1]
        await cleaner.add(cleaned, segment, next?.baseOffset ?? segment.baseOffset)
      }
      await cleaned.writeIndexes({ isFinal: true, sync: true })
      await cleaned.sync()
      await this.#options.changes.run(() => this.#replace(group, cleaned, check))
    } catch (error) {
      if (!segments.all.includes(cleaned)) await cleaned.removeFiles()
      // It is read already, and its files have not all got their names.
      else if (error instanceof Error) this.#options.availability.fail(error)
      throw error
    }
  }

  async #replace(old: readonly Segment[], cleaned: Segment, check: () => void): Promise<void> {
    const { segments, snapshots, removals, syncNames, log } = this.#options
    check()
    await cleaned.changeSuffix('.swap')
    await syncNames()
    // Rolls go on meanwhile; nothing else does.
    segments.replace(old, cleaned)
    for (const segment of old) await segment.markDeleted()
    await syncNames()
    await cleaned.changeSuffix('')
    await syncNames()
    await snapshots.remove((offset) => old.some((it) => it.baseOffset === offset && offset !== cleaned.baseOffset))
    for (const segment of old) removals.later(segment, log.config.fileDeleteDelayMs)
  }
}

/** What takes the directory offline, as for any other write; a full disk harms nothing. */
export function isDirectoryFailure(error: unknown): error is DiskError {
  return error instanceof DiskError && error.code !== 'ENOSPC' && error.code !== 'EDQUOT'
}
