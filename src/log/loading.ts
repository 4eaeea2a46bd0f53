/**
 * Opens a partition directory: one path, which reads less after a clean stop. Removes what an interrupted change left,
 * re-reads what was not known to be flushed, cuts torn tails, rebuilds indexes and producer state. Off the hot path.
 */
import type { Clock, Disk, Logger } from '../base/index.ts'
import type { BatchInfo } from './batch-info.ts'
import { decodeOrFail } from './checkpoint.ts'
import {
  cleanedSuffix,
  deletedSuffix,
  filePath,
  leaderEpochCheckpointName,
  logSuffix,
  parseFileName,
  snapshotSuffix,
  swapSuffix,
  transactionIndexSuffix,
} from './file-names.ts'
import { decodeLeaderEpochs, LeaderEpochCache } from './leader-epoch-cache.ts'
import { type LoadingFigures, LostRecordsError } from './log-types.ts'
import { learnMissingEpochs } from './missing-epochs.ts'
import { decideBatch, ProducerState } from './producer-state.ts'
import type { RecoveryShare } from './recovery-share.ts'
import { Segment } from './segment.ts'
import { endOffsetOf } from './segment-end.ts'
import type { SegmentOptions } from './segment-options.ts'
import { isZeroFrom, scanBatches } from './segment-scan.ts'
import { OffsetOverflowError, splitSegment } from './segment-split.ts'
import { ProducerSnapshots } from './snapshots.ts'
import { readWholeFile } from './whole-file.ts'

const epochFileSizeMaxInBytes = 64 * 1024 * 1024

export interface LoadOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly logger: Logger
  readonly directory: string
  readonly segmentOptions: (baseOffset: number) => SegmentOptions
  readonly isCleanShutdown: boolean
  /** Flushed up to here, as the checkpoint says. */
  readonly recoveryPoint: number
  readonly logStartOffset: number
  readonly producerIdExpirationMs: number
  /** Compaction takes the last records of segments; in other logs the next one begins where it ends. */
  readonly isCompacted: boolean
  /** Space may have been allocated ahead. */
  readonly isPreallocated: boolean
  readonly share: RecoveryShare
  /** Rather than cut before it, or go over a hole, loading fails with LostRecordsError. */
  readonly mustReachOffset: number | undefined
}

export interface LoadedLog {
  readonly segments: Segment[]
  readonly state: ProducerState
  readonly snapshots: ProducerSnapshots
  readonly epochs: LeaderEpochCache
  readonly areEpochsOnDisk: boolean
  /** The file has what is known, and epochs that start where the log ends or behind. */
  readonly isEpochFileAhead: boolean
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly recoveryPoint: number
  readonly figures: LoadingFigures
}

export async function loadLog(options: LoadOptions): Promise<LoadedLog> {
  const { disk, clock, directory } = options
  const names = await finishInterruptedChanges(options)
  const { opened, missingSegments } = await openSegments(options, names)
  let segments = opened
  const snapshots = new ProducerSnapshots(disk, directory, options.logger)
  snapshots.load(names)
  const { epochs, isOnDisk } = await readEpochs(options)
  const state = new ProducerState()
  const recovery = new Recovery({ ...options, names, segments, snapshots, epochs, areEpochsKnown: isOnDisk, state })
  try {
    await recovery.run()
  } catch (error) {
    const overflowing = error instanceof OffsetOverflowError ? error.baseOffset : undefined
    const segment = recovery.segments.find(({ baseOffset }) => baseOffset === overflowing)
    if (segment !== undefined) {
      options.logger.log('warn', 'a segment has offsets that its indexes cannot hold: it is split', {
        path: segment.handle.file.path,
      })
      await splitSegment(disk, directory, segment)
    }
    for (const it of recovery.segments) await it.close()
    if (segment !== undefined) return loadLog(options)
    throw error
  }
  segments = recovery.segments
  let logEndOffset = recovery.endOffset
  if (segments.length === 0 || logEndOffset < options.logStartOffset) {
    for (const segment of segments) await discard(segment)
    segments = [await Segment.create(options.segmentOptions(options.logStartOffset), clock.now())]
    logEndOffset = options.logStartOffset
    epochs.clear()
    await snapshots.remove(() => true)
    state.reset(logEndOffset, { entries: [], expiredBefore: 0 })
  }
  const logStartOffset = Math.max(options.logStartOffset, segments[0]?.baseOffset ?? 0)
  const asRead = epochs.version
  epochs.truncateFromEnd(logEndOffset)
  const cut = epochs.version
  epochs.truncateFromStart(logStartOffset)
  await learnMissingEpochs(epochs, segments, logStartOffset)
  const isEpochFileAhead = isOnDisk && asRead === 0 && cut !== asRead && epochs.version === cut
  state.logStartPassed(logStartOffset)
  const bases = new Set(segments.map(({ baseOffset }) => baseOffset))
  const newest = snapshots.offsets.findLast((offset) => offset <= logEndOffset)
  await snapshots.remove((offset) => offset !== newest && (offset > logEndOffset || !bases.has(offset)))
  const recoveryPoint =
    options.isCleanShutdown && recovery.figures.lostBytes === 0
      ? logEndOffset
      : Math.min(options.recoveryPoint, logEndOffset)
  return {
    segments,
    state,
    snapshots,
    epochs,
    areEpochsOnDisk: isOnDisk,
    isEpochFileAhead,
    logStartOffset,
    logEndOffset,
    recoveryPoint,
    figures: { ...recovery.figures, missingSegments },
  }
}

/**
 * `.deleted` and `.cleaned` go; a `.log.swap` is the finished outcome of a compaction and takes, with its indexes, the place
 * of what it was made from, unless a `.cleaned` says that its set was not complete. Returns the names that there are then.
 */
async function finishInterruptedChanges(options: LoadOptions): Promise<readonly string[]> {
  const { disk, directory } = options
  const names = await namesIn(options)
  const cleaned = names.filter((name) => name.endsWith(cleanedSuffix))
  const cleanedOffsets = cleaned.map((name) => parseFileName(name.slice(0, -cleanedSuffix.length))?.offset ?? 0)
  const incompleteFrom = Math.min(...cleanedOffsets, Number.MAX_SAFE_INTEGER)
  const swapped = names.flatMap((name) => {
    const parsed = name.endsWith(swapSuffix) ? parseFileName(name.slice(0, -swapSuffix.length)) : undefined
    return parsed === undefined ? [] : [{ name, ...parsed }]
  })
  const whole = new Set<number>()
  for (const { suffix, offset } of swapped) if (suffix === logSuffix && offset < incompleteFrom) whole.add(offset)
  const useless = new Set(swapped.filter(({ offset }) => !whole.has(offset)).map(({ name }) => name))
  const doomed = names.filter((name) => useless.has(name) || leftOver.some((suffix) => name.endsWith(suffix)))
  for (const name of doomed) await disk.unlink(`${directory}/${name}`)
  for (const offset of [...whole].sort((a, b) => a - b)) await finishSwap(options, offset)
  // A start does this thousands of times, mostly for nothing.
  return doomed.length + whole.size === 0 ? names : namesIn(options)
}

const leftOver = [deletedSuffix, cleanedSuffix, '.tmp']

const namesIn = async ({ disk, directory }: LoadOptions): Promise<readonly string[]> =>
  (await disk.list(directory)).map(({ name }) => name)

async function finishSwap({ disk, directory, logger, segmentOptions }: LoadOptions, offset: number): Promise<void> {
  const swapped = await Segment.open(segmentOptions(offset), swapSuffix)
  let nextOffset = offset + 1
  await scanBatches({
    file: swapped.handle.file,
    from: 0,
    to: swapped.sizeInBytes,
    isCrcChecked: false,
    visit: (info) => {
      nextOffset = info.lastOffset + 1
      return true
    },
  })
  for (const { name } of await disk.list(directory)) {
    const parsed = parseFileName(name)
    if (parsed === undefined || parsed.suffix === snapshotSuffix) continue
    if (parsed.offset >= offset && parsed.offset < nextOffset) await disk.unlink(`${directory}/${name}`)
  }
  // What it was made from is gone before it stands there: beside it, they would be a second copy.
  await disk.syncDirectory(directory)
  await swapped.changeSuffix('')
  await disk.syncDirectory(directory)
  await swapped.close()
  logger.log('info', 'an interrupted compaction was finished', { path: filePath(directory, offset, logSuffix) })
}

async function openSegments(
  { disk, directory, logger, segmentOptions }: LoadOptions,
  names: readonly string[],
): Promise<{ readonly opened: Segment[]; readonly missingSegments: number }> {
  const files = names.map((name) => ({ name, parsed: parseFileName(name) }))
  const bases = new Set<number>()
  for (const { parsed } of files) if (parsed?.suffix === logSuffix) bases.add(parsed.offset)
  const missing = new Set<number>()
  for (const { name, parsed } of files) {
    if (parsed === undefined || parsed.suffix === logSuffix || parsed.suffix === snapshotSuffix) continue
    if (bases.has(parsed.offset)) continue
    missing.add(parsed.offset)
    logger.log('error', 'an index without its segment was removed: the segment is lost', {
      path: `${directory}/${name}`,
    })
    await disk.unlink(`${directory}/${name}`)
  }
  const opened: Segment[] = []
  for (const base of [...bases].sort((a, b) => a - b)) opened.push(await Segment.open(segmentOptions(base)))
  return { opened, missingSegments: missing.size }
}

async function readEpochs({
  disk,
  directory,
}: LoadOptions): Promise<{ readonly epochs: LeaderEpochCache; readonly isOnDisk: boolean }> {
  const path = `${directory}/${leaderEpochCheckpointName}`
  const bytes = await readWholeFile(disk, path, epochFileSizeMaxInBytes)
  if (bytes === undefined) return { epochs: new LeaderEpochCache(), isOnDisk: false }
  const entries = decodeOrFail(path, () => decodeLeaderEpochs(bytes.toString('utf8')))
  return { epochs: new LeaderEpochCache(entries), isOnDisk: true }
}

async function discard(segment: Segment): Promise<void> {
  await segment.markDeleted()
  await segment.removeFiles()
}

interface RecoveryOptions extends LoadOptions {
  /** In the directory. */
  readonly names: readonly string[]
  readonly segments: readonly Segment[]
  readonly snapshots: ProducerSnapshots
  readonly epochs: LeaderEpochCache
  /** False: rebuilt from all batches. */
  readonly areEpochsKnown: boolean
  readonly state: ProducerState
}

/** A batch that its segment cannot hold. */
interface Overflow {
  readonly lastOffset: number
  readonly position: number
  /** What follows it, in the segment or as the next one. */
  nextOffset: number | undefined
}

/** Walks the segments once, oldest first, reading only what a clean stop or the recovery point do not vouch for. */
class Recovery {
  /** The leader epoch of the last batch that was checked. */
  #readEpoch = -1
  /** Of those that were read again. */
  readonly #ends = new Map<Segment, number>()
  readonly #options: RecoveryOptions
  segments: Segment[]
  endOffset = 0
  readonly figures = { segmentsReadAgain: 0, lostBytes: 0, missingRecords: 0 }

  constructor(options: RecoveryOptions) {
    this.#options = options
    this.segments = [...options.segments]
  }

  async run(): Promise<void> {
    const { snapshots, state, share, clock, producerIdExpirationMs, logStartOffset } = this.#options
    const doubtful = await this.#firstDoubtful()
    const trustedEnd = this.segments[doubtful]?.baseOffset ?? this.endOffset
    const newest = await snapshots.newest(trustedEnd)
    const expiredBefore = clock.now() - producerIdExpirationMs
    const startAt = Math.max(logStartOffset, this.segments[0]?.baseOffset ?? 0)
    state.reset(newest?.offset ?? startAt, { entries: newest?.entries ?? [], expiredBefore })
    const left = share.begin(this.segments.length - doubtful)
    try {
      for (const [i, segment] of this.segments.entries()) {
        if (i < doubtful) await this.#trust(segment, i)
        else if (!(await share.read(() => this.#recover(segment, i)))) break
        else left.done()
      }
    } finally {
      left.end()
    }
    if (!this.#options.isCompacted) await this.#dropBehindHole()
    if (this.segments.length > 0) state.advanceTo(Math.max(state.endOffset, this.endOffset))
    state.expire(expiredBefore)
  }

  /** Index of the first segment that must be re-read; the count of segments where all can be trusted. */
  async #firstDoubtful(): Promise<number> {
    const { isCleanShutdown, recoveryPoint, logger, names } = this.#options
    const areAnyTransactions = names.some((name) => name.endsWith(transactionIndexSuffix))
    let first = this.segments.length
    if (!isCleanShutdown) {
      const at = this.segments.findIndex(
        (_, i) => (this.segments[i + 1]?.baseOffset ?? Number.MAX_SAFE_INTEGER) > recoveryPoint,
      )
      if (at >= 0) first = at
    }
    for (const [i, segment] of this.segments.entries()) {
      if (areAnyTransactions && i < first && !(await segment.loadTransactionIndex())) {
        logger.log('warn', 'a transaction index is malformed: its segment is read again', {
          path: segment.handle.file.path,
        })
        first = i
      }
    }
    const active = this.segments.at(-1)
    if (active === undefined || first < this.segments.length) return first
    await active.loadIndexes()
    const end = active.walkToEnd()
    this.endOffset = end.nextOffset
    if (end.position === active.sizeInBytes) return first
    logger.log('warn', 'bytes behind the last batch in spite of a clean stop: the segment is recovered', {
      path: active.handle.file.path,
    })
    return this.segments.length - 1
  }

  /** Checks every batch and accounts for it anew; false when the log ends in this segment. */
  async #recover(segment: Segment, i: number): Promise<boolean> {
    const { logger, snapshots, disk, directory } = this.#options
    const size = segment.sizeInBytes
    this.figures.segmentsReadAgain++
    segment.startOver()
    await segment.removeIndexes()
    let next = segment.baseOffset
    let overflow: Overflow | undefined
    const scanned = await scanBatches({
      file: segment.handle.file,
      from: 0,
      to: size,
      isCrcChecked: true,
      visit: (info, position) => {
        if (overflow !== undefined) {
          overflow.nextOffset = info.baseOffset
          return false
        }
        if (info.baseOffset < next) return false
        // Batches of an older leader behind those of a newer one: an earlier cut has come back.
        if (info.leaderEpoch >= 0 && info.leaderEpoch < this.#readEpoch) return false
        if (!segment.canHold(info.lastOffset)) {
          overflow = { lastOffset: info.lastOffset, position, nextOffset: this.segments[i + 1]?.baseOffset }
          return true
        }
        this.#readEpoch = Math.max(this.#readEpoch, info.leaderEpoch)
        segment.account(info)
        next = info.lastOffset + 1
        this.#learn(info, segment)
        return true
      },
    })
    segment.endRecovery()
    if (overflow !== undefined) this.#checkDamaged(segment, overflow)
    const end = overflow?.position ?? scanned
    this.endOffset = next
    this.#ends.set(segment, next)
    await snapshots.remove((offset) => offset > segment.baseOffset && offset < next)
    if (end === size) {
      this.#tellOfHole(i, next)
      if (i < this.segments.length - 1) await segment.writeIndexes({ isFinal: true, sync: false })
      return true
    }
    if (await this.#isAllocatedAhead(segment, { i, end, next })) {
      segment.trim(end)
      if (i < this.segments.length - 1) await segment.writeIndexes({ isFinal: true, sync: false })
      return true
    }
    this.#checkReached(segment, { position: end, nextOffset: next })
    segment.trim(end)
    const later = this.segments.slice(i + 1)
    this.figures.lostBytes = size - end + later.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0)
    logger.log('warn', 'no whole batch: the log was cut there', {
      path: segment.handle.file.path,
      position: end,
      nextOffset: next,
      lostBytes: this.figures.lostBytes,
      lostSegments: later.length,
    })
    this.segments = this.segments.slice(0, i + 1)
    for (const lost of later) await discard(lost)
    // The cut is durable before anything is appended: after a loss of power the old bytes would stand behind the new.
    await segment.sync()
    await disk.syncDirectory(directory)
    return false
  }

  /** With `preallocate`, in a segment that was not trimmed: no loss, and the next one may follow. */
  async #isAllocatedAhead(
    { handle }: Segment,
    { i, end, next }: { readonly i: number; readonly end: number; readonly next: number },
  ): Promise<boolean> {
    const following = this.segments[i + 1]?.baseOffset ?? next
    if (!this.#options.isPreallocated || following !== next) return false
    return isZeroFrom(handle.file, end)
  }

  /** A batch so far off is damaged, unless it lies between its neighbours in a log that compaction makes gaps in. */
  #checkDamaged({ baseOffset }: Segment, { lastOffset, nextOffset }: Overflow): void {
    const isIntact = this.#options.isCompacted && (nextOffset === undefined || nextOffset > lastOffset)
    if (isIntact) throw new OffsetOverflowError(baseOffset)
  }

  #checkReached(segment: Segment, cut: { readonly position: number; readonly nextOffset: number }): void {
    const { mustReachOffset } = this.#options
    const { position, nextOffset } = cut
    if (nextOffset >= (mustReachOffset ?? 0)) return
    throw new LostRecordsError(
      `${segment.handle.file.path} has no whole batch at ${position}, where offset ${nextOffset} should be, and ` +
        `all before ${mustReachOffset} was committed`,
    )
  }

  /**
   * A loss of power may spare a segment and take the end of the one before, which was not flushed when the log rolled.
   * What is intact stays, as in Kafka; readers go over the hole.
   */
  #tellOfHole(i: number, nextOffset: number): void {
    const { isCompacted, logger, mustReachOffset } = this.#options
    const nextBase = this.segments[i + 1]?.baseOffset ?? nextOffset
    if (isCompacted || nextBase <= nextOffset) return
    const path = this.segments[i]?.handle.file.path
    if (mustReachOffset !== undefined) {
      throw new LostRecordsError(`${path} ends before offset ${nextOffset}, and the next file begins with ${nextBase}`)
    }
    this.figures.missingRecords += nextBase - nextOffset
    logger.log('error', 'records are missing between two segments', { path, from: nextOffset, to: nextBase })
  }

  /** Last segments of which nothing reached the disk: the log ends before the hole, or readers would wait in it for ever. */
  async #dropBehindHole(): Promise<void> {
    for (;;) {
      const last = this.segments.at(-1)
      const before = this.segments.at(-2)
      const end = before === undefined ? undefined : this.#ends.get(before)
      if (last === undefined || end === undefined || last.sizeInBytes > 0 || end >= last.baseOffset) return
      // What was flushed is there: the hole is of another kind, as compaction makes them.
      if (end < this.#options.recoveryPoint) return
      this.segments = this.segments.slice(0, -1)
      this.endOffset = end
      await discard(last)
    }
  }

  async #trust(segment: Segment, i: number): Promise<void> {
    const { disk, directory, isCompacted, mustReachOffset } = this.#options
    const next = this.segments[i + 1]
    await this.#replay(segment, next?.baseOffset ?? this.endOffset)
    // Of what must reach an offset, a snapshot may stand for all that lies here.
    if (next === undefined || isCompacted || mustReachOffset !== undefined) return
    const end = await endOffsetOf(disk, directory, segment)
    if (end !== undefined) this.#tellOfHole(i, end)
  }

  /** Brings producer state (and unknown epochs) over a trusted segment. */
  async #replay(segment: Segment, nextBase: number): Promise<void> {
    const { state, areEpochsKnown } = this.#options
    if (nextBase <= state.endOffset && areEpochsKnown) return
    if (!segment.isIndexed) await segment.loadIndexes()
    const from = areEpochsKnown ? segment.find(state.endOffset)?.position : 0
    if (from === undefined) return
    await scanBatches({
      file: segment.handle.file,
      from,
      to: segment.sizeInBytes,
      isCrcChecked: false,
      visit: (info) => {
        this.#learn(info, undefined)
        return true
      },
    })
  }

  #learn(info: BatchInfo, indexed: Segment | undefined): void {
    const { state, epochs } = this.#options
    if (info.leaderEpoch >= 0) epochs.learn(info.leaderEpoch, info.baseOffset)
    if (info.lastOffset < state.endOffset) return
    if (info.producerId >= 0) {
      const decision = decideBatch(state.get(info.producerId), info, 'replication')
      if (decision.kind === 'accepted') {
        state.apply(decision.entry)
        const { completed } = decision
        if (completed !== undefined) {
          if (completed.isAborted) indexed?.transactions.append(state.aborted(completed))
          state.complete(completed)
        }
      }
    }
    state.advanceTo(info.lastOffset + 1)
  }
}
