/**
 * The log of one partition: append, read plans, truncation, retention, flush. On the produce and the fetch path. An append
 * is done at once or pending; pending ones have offsets but nobody sees them until they complete, in order. Knows no
 * replicas: the high watermark is told to it.
 */
import { ApiError, assert, type Clock, type Disk, type Logger, type Timer, type Uuid } from '../base/index.ts'
import { batchHeader as header } from '../records/index.ts'
import { type BatchInfo, isBatchHeader, readBatchInfo } from './batch-info.ts'
import { leaderEpochCheckpointName, type TopicPartition } from './file-names.ts'
import { type EpochEndOffset, encodeLeaderEpochs, type LeaderEpochCache } from './leader-epoch-cache.ts'
import { type LoadedLog, loadLog } from './loading.ts'
import type { LogConfig } from './log-config.ts'
import { LogRegion } from './log-region.ts'
import { readPartitionMetadata, writePartitionMetadata } from './partition-metadata.ts'
import { type CompletedTransaction, decideBatch, type ProducerEntry, type ProducerState } from './producer-state.ts'
import { decideRetention } from './retention.ts'
import { BrokenSegmentError, type FoundBatch, Segment, type SegmentOptions, StaleIndexError } from './segment.ts'
import { scanBatches } from './segment-scan.ts'
import type { ProducerSnapshots } from './snapshots.ts'
import type { AbortedTransaction } from './transaction-index.ts'
import { replaceFile } from './whole-file.ts'

const offsetOutOfRange = 1
const corruptMessage = 2
const kafkaStorageError = 56
const invalidRecord = 87
const slowWriteMsDefault = 20
/** Bytes of pending appends that go into one write. */
const groupBytesMax = 8 * 1024 * 1024

export interface LogOptions {
  readonly directory: string
  readonly topicPartition: TopicPartition
  /** Undefined: `partition.metadata` is neither checked nor written. */
  readonly topicId: Uuid | undefined
  readonly config: LogConfig
  readonly disk: Disk
  readonly clock: Clock
  readonly logger: Logger
  readonly recoveryPoint: number
  readonly isCleanShutdown: boolean
  readonly logStartOffset: number
  /** The directory can no longer be trusted; called once per log. */
  readonly onDirectoryFailure: (error: Error) => void
  /** A synchronous write that takes longer sends the partition over to group commit. */
  readonly slowWriteMs?: number
}

export type AppendOptions =
  | {
      /** Offsets and epoch are assigned and patched into the bytes. */
      readonly kind: 'leader'
      readonly leaderEpoch: number
      readonly origin: 'client' | 'coordinator'
      /** What the caller stamped the batches with; -1 for CreateTime. */
      readonly logAppendTimeMs?: number
    }
  /** Bytes of another replica: offsets and epochs are as they are, CRCs are checked, a partial last batch is left out. */
  | { readonly kind: 'follower' }

export interface AppendResult {
  /** `duplicate`: the offsets are those of the first time, nothing was appended. */
  readonly kind: 'appended' | 'duplicate'
  readonly baseOffset: number
  readonly lastOffset: number
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
}

export interface ReadOptions {
  readonly startOffset: number
  readonly maxBytes: number
  /** Exclusive: high watermark, last stable offset or log end. */
  readonly maxOffset: number
  /** The first batch is planned whole even if it is larger than `maxBytes`. */
  readonly minOneBatch: boolean
}

/** Parts of files that hold the records asked for, the last batch perhaps cut; no byte is read and nothing is pinned. */
export interface ReadPlan {
  readonly startOffset: number
  readonly sizeInBytes: number
  /** 0 without one. */
  readonly firstBatchSizeInBytes: number
  /** No record in the regions has this offset or one above. */
  readonly upperBoundOffset: number
  readonly generation: number
  /** Regions to send; make them before the next await, release each once. */
  open(): LogRegion[]
}

interface Prepared {
  readonly bytes: Uint8Array
  readonly batches: readonly BatchInfo[]
  readonly entries: readonly (ProducerEntry | undefined)[]
  readonly completed: readonly (CompletedTransaction | undefined)[]
  readonly result: AppendResult
}

interface Pending extends Prepared {
  readonly resolve: (result: AppendResult) => void
  readonly reject: (error: Error) => void
}

interface PlannedPart {
  readonly segment: Segment
  readonly position: number
  readonly size: number
}

export class Log {
  readonly topicPartition: TopicPartition
  readonly #options: LogOptions
  readonly #state: ProducerState
  readonly #snapshots: ProducerSnapshots
  readonly #epochs: LeaderEpochCache
  #directory: string
  /** Shared with the segments. */
  readonly #settings: { current: LogConfig }
  #segments: Segment[]
  #logStartOffset: number
  #logEndOffset: number
  /** Where the next append goes: ahead of the log end while appends are pending. */
  #assignedEndOffset: number
  #highWatermark: number
  #recoveryPoint: number
  #generation = 0
  #epochsVersionSaved: number
  #epochsSaving: Promise<void> = Promise.resolve()
  #pending: Pending[] = []
  /** Producer entries of pending appends. */
  readonly #draft = new Map<number, ProducerEntry>()
  #exclusive: Promise<void> = Promise.resolve()
  #exclusiveCount = 0
  #isDraining = false
  #isGroupCommit = false
  /** Why no append is taken: a truncation, a close, a lost directory. */
  #closedBecause: string | undefined
  #hasFailed = false
  readonly #removals = new Map<Segment, Timer>()

  private constructor(options: LogOptions, loaded: LoadedLog, settings: { current: LogConfig }) {
    this.#options = options
    this.topicPartition = options.topicPartition
    this.#directory = options.directory
    this.#settings = settings
    this.#segments = loaded.segments
    this.#state = loaded.state
    this.#snapshots = loaded.snapshots
    this.#epochs = loaded.epochs
    this.#logStartOffset = loaded.logStartOffset
    this.#logEndOffset = loaded.logEndOffset
    this.#assignedEndOffset = loaded.logEndOffset
    this.#highWatermark = loaded.logStartOffset
    this.#recoveryPoint = loaded.recoveryPoint
    this.#epochsVersionSaved = loaded.areEpochsOnDisk ? 0 : -1
  }

  /** Recovers what the last stop left. Throws DiskError; InconsistentTopicIdError where the directory is another topic's. */
  static async open(options: LogOptions): Promise<Log> {
    const { disk, directory, topicId, clock, logger } = options
    await disk.makeDirectory(directory)
    if (topicId !== undefined) {
      const found = await readPartitionMetadata(disk, directory)
      if (found !== undefined && found !== topicId) throw new InconsistentTopicIdError(directory)
      if (found === undefined) await writePartitionMetadata(disk, directory, topicId)
    }
    const settings = { current: options.config }
    const segmentOptions = (baseOffset: number): SegmentOptions => ({
      disk,
      directory,
      baseOffset,
      settings: () => settings.current,
    })
    const loaded = await loadLog({
      disk,
      clock,
      logger,
      directory,
      segmentOptions,
      isCleanShutdown: options.isCleanShutdown,
      recoveryPoint: options.recoveryPoint,
      logStartOffset: options.logStartOffset,
      producerIdExpirationMs: options.config.producerIdExpirationMs,
    })
    const log = new Log(options, loaded, settings)
    await log.#saveEpochs()
    return log
  }

  get config(): LogConfig {
    return this.#settings.current
  }
  set config(config: LogConfig) {
    this.#settings.current = config
  }
  get directory(): string {
    return this.#directory
  }
  get topicId(): Uuid | undefined {
    return this.#options.topicId
  }
  get logStartOffset(): number {
    return this.#logStartOffset
  }
  /** The first offset on this disk; the same as the log start until tiers come. */
  get localLogStartOffset(): number {
    return Math.max(this.#logStartOffset, this.#segments[0]?.baseOffset ?? 0)
  }
  get firstSegmentBaseOffset(): number {
    return this.#segments[0]?.baseOffset ?? 0
  }
  get logEndOffset(): number {
    return this.#logEndOffset
  }
  get recoveryPoint(): number {
    return this.#recoveryPoint
  }
  get generation(): number {
    return this.#generation
  }
  get sizeInBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.sizeInBytes, 0)
  }
  get segmentCount(): number {
    return this.#segments.length
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
    if (this.#closedBecause !== undefined) throw new ApiError(kafkaStorageError, this.#closedBecause)
    const prepared = this.#prepare(bytes, options)
    const isQueued = this.#exclusiveCount > 0 || this.#pending.length > 0
    if (prepared.batches.length === 0 && !isQueued) return prepared.result
    if (isQueued || this.#isGroupCommit || this.#mustRoll(prepared, 0)) return this.#enqueue(prepared)
    const startMs = this.#options.clock.monotonic()
    try {
      this.#active().writeSync(prepared.bytes)
    } catch (error) {
      throw this.#writeFailed(error)
    }
    const tookMs = this.#options.clock.monotonic() - startMs
    if (tookMs > (this.#options.slowWriteMs ?? slowWriteMsDefault)) this.#isGroupCommit = true
    this.#publish(prepared)
    this.#assignedEndOffset = this.#logEndOffset
    return prepared.result
  }

  #prepare(bytes: Uint8Array, options: AppendOptions): Prepared {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const batches: BatchInfo[] = []
    const entries: (ProducerEntry | undefined)[] = []
    const completed: (CompletedTransaction | undefined)[] = []
    const drafted = new Map<number, ProducerEntry>()
    let position = 0
    let next = this.#assignedEndOffset
    while (position < bytes.length) {
      const size = wholeBatchSize(view, position)
      if (size === 0 && options.kind === 'follower') break
      if (size === 0) throw new ApiError(corruptMessage, 'the bytes do not end with a whole batch')
      if (options.kind === 'leader') {
        header.patchBaseOffset(view, position, next)
        header.patchLeaderEpoch(view, position, options.leaderEpoch)
      } else if (!header.isCrcValid(bytes, view, position)) {
        throw new ApiError(corruptMessage, `a replicated batch behind offset ${next} has a wrong checksum`)
      }
      const info = readBatchInfo(view, position)
      if (info.baseOffset < next) {
        throw new ApiError(invalidRecord, `a batch starts at offset ${info.baseOffset}, the log ends at ${next}`)
      }
      const decision = this.#decide(info, options, drafted)
      if (decision?.kind === 'duplicate') return this.#duplicate(decision.batch)
      if (decision !== undefined) drafted.set(info.producerId, decision.entry)
      batches.push(info)
      entries.push(decision?.entry)
      completed.push(decision?.completed)
      next = info.lastOffset + 1
      position += size
    }
    const result: AppendResult = {
      kind: 'appended',
      baseOffset: batches[0]?.baseOffset ?? next,
      lastOffset: next - 1,
      logAppendTimeMs: options.kind === 'leader' ? (options.logAppendTimeMs ?? -1) : -1,
      logStartOffset: this.#logStartOffset,
    }
    return {
      bytes: position === bytes.length ? bytes : bytes.subarray(0, position),
      batches,
      entries,
      completed,
      result,
    }
  }

  #decide(info: BatchInfo, options: AppendOptions, drafted: ReadonlyMap<number, ProducerEntry>) {
    const { producerId } = info
    if (producerId < 0) return undefined
    const known = drafted.get(producerId) ?? this.#draft.get(producerId) ?? this.#state.get(producerId)
    return decideBatch(known, info, options.kind === 'leader' ? options.origin : 'replication')
  }

  #duplicate({
    lastOffset,
    offsetDelta,
    timestamp,
  }: {
    lastOffset: number
    offsetDelta: number
    timestamp: number
  }): Prepared {
    const result: AppendResult = {
      kind: 'duplicate',
      baseOffset: lastOffset - offsetDelta,
      lastOffset,
      logAppendTimeMs: timestamp,
      logStartOffset: this.#logStartOffset,
    }
    return { bytes: new Uint8Array(0), batches: [], entries: [], completed: [], result }
  }

  #enqueue(prepared: Prepared): Promise<AppendResult> {
    const { promise, resolve, reject } = Promise.withResolvers<AppendResult>()
    if (prepared.batches.length > 0) this.#assignedEndOffset = prepared.result.lastOffset + 1
    for (const entry of prepared.entries) if (entry !== undefined) this.#draft.set(entry.producerId, entry)
    this.#pending.push({ ...prepared, resolve, reject })
    if (!this.#isDraining) {
      this.#isDraining = true
      void this.#runExclusive(() => this.#drain())
    }
    return promise
  }

  /** One after the other: rolls, group commits, truncations, retention, close. Appends meanwhile are pending. */
  #runExclusive<T>(work: () => Promise<T>): Promise<T> {
    this.#exclusiveCount++
    const done = this.#exclusive.then(work).finally(() => {
      this.#exclusiveCount--
    })
    this.#exclusive = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }

  async #drain(): Promise<void> {
    try {
      for (let head = this.#pending[0]; head !== undefined; head = this.#pending[0]) {
        if (this.#hasFailed) throw new ApiError(kafkaStorageError, 'the log directory is offline')
        if (head.batches.length > 0 && this.#mustRoll(head, 0)) await this.#roll(head.result.baseOffset)
        await this.#commit(this.#nextGroup())
      }
    } catch (error) {
      const failure = this.#writeFailed(error)
      const failed = this.#pending
      this.#pending = []
      this.#draft.clear()
      this.#assignedEndOffset = this.#logEndOffset
      for (const pending of failed) pending.reject(failure)
    } finally {
      this.#isDraining = false
    }
  }

  #nextGroup(): Pending[] {
    const group: Pending[] = []
    let size = 0
    for (const pending of this.#pending) {
      const isTooMuch = size + pending.bytes.length > groupBytesMax || this.#mustRoll(pending, size)
      if (group.length > 0 && pending.batches.length > 0 && isTooMuch) break
      group.push(pending)
      size += pending.bytes.length
    }
    return group
  }

  async #commit(group: readonly Pending[]): Promise<void> {
    const { clock, slowWriteMs = slowWriteMsDefault } = this.#options
    const startMs = clock.monotonic()
    await this.#active().write(group.map(({ bytes }) => bytes))
    for (const pending of group) this.#publish(pending)
    this.#pending.splice(0, group.length)
    if (this.#pending.length === 0) this.#draft.clear()
    this.#isGroupCommit = clock.monotonic() - startMs > slowWriteMs || (this.#isGroupCommit && this.#pending.length > 0)
    for (const pending of group) pending.resolve(pending.result)
  }

  #publish({ batches, entries, completed }: Prepared): void {
    const segment = this.#active()
    const version = this.#epochs.version
    for (const [i, batch] of batches.entries()) {
      segment.account(batch)
      if (batch.leaderEpoch >= 0) this.#epochs.assign(batch.leaderEpoch, batch.baseOffset)
      const entry = entries[i]
      if (entry !== undefined) this.#state.apply(entry)
      const ended = completed[i]
      if (ended !== undefined) this.#completeTransaction(segment, ended)
      assert(batch.baseOffset >= this.#logEndOffset, 'offsets rise')
      this.#logEndOffset = batch.lastOffset + 1
    }
    this.#state.advanceTo(this.#logEndOffset)
    if (this.#epochs.version !== version) this.#inBackground(this.#saveEpochs())
    if (this.#logEndOffset - this.#recoveryPoint >= this.config.flushMessages) this.#inBackground(this.flush())
  }

  #completeTransaction(segment: Segment, ended: CompletedTransaction): void {
    const lastStableOffset = this.#state.lastStableOffsetAfter(ended)
    const { producerId, firstOffset, lastOffset } = ended
    if (ended.isAborted) segment.transactions.append({ producerId, firstOffset, lastOffset, lastStableOffset })
    this.#state.complete(ended)
  }

  #writeFailed(error: unknown): ApiError {
    if (error instanceof ApiError) return error
    const cause = error instanceof Error ? error : new Error(String(error))
    this.#options.logger.log('error', 'append failed', { directory: this.#directory, error: cause.message })
    if (cause instanceof BrokenSegmentError) this.#fail(cause)
    return new ApiError(kafkaStorageError, `the log could not be written: ${cause.message}`)
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#closedBecause = `the log directory is offline: ${error.message}`
    this.#options.onDirectoryFailure(error)
  }

  /** Work that nobody waits for; its failure takes the directory offline. */
  #inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#fail(error instanceof Error ? error : new Error(String(error))))
  }

  #mustRoll(next: Prepared, sizeBefore: number): boolean {
    const first = next.batches[0]
    if (first === undefined) return false
    const segment = this.#active()
    const size = segment.sizeInBytes + sizeBefore
    if (!segment.canHold(next.result.lastOffset)) return true
    if (size === 0) return false
    const { segmentBytes, segmentMs, segmentJitterMs } = this.config
    if (size > segmentBytes - next.bytes.length || segment.isIndexFull) return true
    const started = segment.firstTimestamp()
    const waitedMs = started >= 0 ? first.maxTimestamp - started : this.#options.clock.now() - segment.openedMs
    return waitedMs > segmentMs - segmentJitterMs
  }

  async #roll(baseOffset: number): Promise<void> {
    const old = this.#active()
    if (old.baseOffset === baseOffset) return
    try {
      await old.writeIndexes({ isFinal: true, sync: false })
      this.#state.advanceTo(baseOffset)
      await this.#snapshots.take(this.#state)
      this.#segments = [
        ...this.#segments,
        await Segment.create(this.#segmentOptions(baseOffset), this.#options.clock.now()),
      ]
    } catch (error) {
      if (error instanceof Error) this.#fail(error)
      throw error
    }
    this.#inBackground(this.flush())
  }

  #segmentOptions(baseOffset: number): SegmentOptions {
    return { disk: this.#options.disk, directory: this.#directory, baseOffset, settings: () => this.config }
  }

  #active(): Segment {
    const segment = this.#segments.at(-1)
    assert(segment !== undefined, 'a log has a segment')
    return segment
  }

  #floor(offset: number): number {
    let low = 0
    let high = this.#segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#segments[middle]?.baseOffset ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  /** A promise only where an index of an old segment must be read or rebuilt first. Throws ApiError 1. */
  read(options: ReadOptions): ReadPlan | Promise<ReadPlan> {
    const { startOffset } = options
    if (startOffset < this.#logStartOffset || startOffset > this.#logEndOffset) {
      throw new ApiError(
        offsetOutOfRange,
        `offset ${startOffset} is not in the log, which has [${this.#logStartOffset}, ${this.#logEndOffset}]`,
      )
    }
    return this.#retryIndexed(startOffset, () => this.#plan(options))
  }

  #retryIndexed<T>(offset: number, ask: () => T): T | Promise<T> {
    try {
      return ask()
    } catch (error) {
      if (!(error instanceof StaleIndexError)) throw error
      return this.#loadIndexes(offset).then(() => this.#retryIndexed(offset, ask))
    }
  }

  /** Of all segments from the one with `offset` up to the first that has them already. */
  async #loadIndexes(offset: number): Promise<void> {
    for (const segment of this.#segments.slice(this.#floor(offset))) {
      if (segment.isIndexed) continue
      const outcome = await segment.loadIndexes()
      if (outcome === 'read') return
      this.#options.logger.log('warn', 'an index was missing or wrong and was rebuilt', {
        path: segment.handle.file.path,
      })
      return
    }
  }

  #plan({ startOffset, maxBytes, maxOffset, minOneBatch }: ReadOptions): ReadPlan {
    const parts: PlannedPart[] = []
    let left = maxBytes
    let first: FoundBatch | undefined
    let upperBoundOffset = startOffset
    for (let i = this.#floor(startOffset); i < this.#segments.length && startOffset < maxOffset; i++) {
      const segment = this.#segments[i]
      if (segment === undefined || segment.baseOffset >= maxOffset) break
      const found = first === undefined ? segment.find(startOffset) : undefined
      if (first === undefined && found === undefined) continue
      const nextBase = this.#segments[i + 1]?.baseOffset ?? this.#logEndOffset
      const limit =
        maxOffset >= nextBase ? segment.sizeInBytes : (segment.find(maxOffset)?.position ?? segment.sizeInBytes)
      const position = found?.position ?? 0
      const wanted = found !== undefined && minOneBatch ? Math.max(left, found.sizeInBytes) : left
      const size = Math.min(limit - position, wanted)
      if (size <= 0) break
      first ??= found
      parts.push({ segment, position, size })
      upperBoundOffset = Math.min(maxOffset, segment.upperBoundOffset(position, size) ?? nextBase)
      left -= size
      if (left <= 0 || position + size < segment.sizeInBytes) break
    }
    const generation = this.#generation
    return {
      startOffset,
      sizeInBytes: parts.reduce((sum, { size }) => sum + size, 0),
      firstBatchSizeInBytes: first?.sizeInBytes ?? 0,
      upperBoundOffset,
      generation,
      open: () =>
        parts.map(
          ({ segment, position, size }) =>
            new LogRegion({
              handle: segment.handle,
              position,
              sizeInBytes: size,
              isCurrent: () => this.#generation === generation,
            }),
        ),
    }
  }

  /** What readers of committed records skip in [startOffset, upperBoundOffset). */
  abortedTransactions(range: {
    readonly startOffset: number
    readonly upperBoundOffset: number
  }): readonly AbortedTransaction[] {
    const { startOffset: fetchOffset, upperBoundOffset } = range
    const found: AbortedTransaction[] = []
    for (let i = this.#floor(fetchOffset); i < this.#segments.length; i++) {
      if (this.#segments[i]?.transactions.collect({ fetchOffset, upperBoundOffset }, found)) break
    }
    return found
  }

  /** The first batch with a timestamp of at least `timestamp`: `records` finds the record in it. */
  async batchForTimestamp(timestamp: number): Promise<Uint8Array | undefined> {
    for (const segment of this.#segments) {
      if (!segment.isIndexed) await segment.loadIndexes()
      if (segment.largest.timestamp < timestamp) continue
      const ask = (): FoundBatch | undefined => segment.findTimestamp(timestamp, this.#logStartOffset)
      const found = await this.#retryIndexed(segment.baseOffset, ask)
      if (found !== undefined) return this.#readBatch(segment, found)
    }
    return undefined
  }

  /** The first batch that has the largest timestamp of the log. */
  async batchOfMaxTimestamp(): Promise<Uint8Array | undefined> {
    let largest = -1
    for (const segment of this.#segments) {
      if (!segment.isIndexed) await segment.loadIndexes()
      largest = Math.max(largest, segment.largest.timestamp)
    }
    return largest < 0 ? undefined : this.batchForTimestamp(largest)
  }

  async #readBatch({ handle }: Segment, { position, sizeInBytes }: FoundBatch): Promise<Uint8Array> {
    const bytes = new Uint8Array(sizeInBytes)
    handle.pin()
    try {
      for (let done = 0; done < sizeInBytes; ) {
        const size = await handle.file.read(bytes, done, sizeInBytes, position + done)
        if (size === 0) throw new ApiError(kafkaStorageError, 'the log was cut while it was read')
        done += size
      }
    } finally {
      handle.unpin()
    }
    return bytes
  }

  endOffsetForEpoch(leaderEpoch: number): EpochEndOffset {
    return this.#epochs.endOffsetFor(leaderEpoch, this.#logEndOffset)
  }

  /** A new leader's epoch starts at `startOffset`, before it has appended anything. */
  assignEpochStart(leaderEpoch: number, startOffset: number): void {
    this.#epochs.assign(leaderEpoch, startOffset)
    this.#inBackground(this.#saveEpochs())
  }

  /** DeleteRecords: the log starts at `offset`. Throws ApiError 1 beyond the high watermark. */
  deleteRecordsBefore(offset: number): void {
    if (offset > this.#highWatermark) {
      throw new ApiError(offsetOutOfRange, `offset ${offset} is above the high watermark ${this.#highWatermark}`)
    }
    if (offset <= this.#logStartOffset) return
    this.#logStartOffset = offset
    this.#epochs.truncateFromStart(offset)
    this.#state.logStartPassed(offset)
    this.#inBackground(this.#saveEpochs())
  }

  /** Cuts everything from `offset` on; pending appends complete first, later ones are refused until it is done. */
  truncateTo(offset: number): Promise<void> {
    return this.#whileClosed('the log is being truncated', async () => {
      if (offset >= this.#logEndOffset) return
      if (offset < this.firstSegmentBaseOffset) return this.#startAt(offset)
      const at = this.#floor(offset)
      const segment = this.#segments[at]
      assert(segment !== undefined, 'a log has a segment')
      if (!segment.isIndexed) await segment.loadIndexes()
      const found = await this.#retryIndexed(offset, () => segment.find(offset))
      const end = Math.min(offset, found?.baseOffset ?? offset)
      const later = this.#segments.slice(at + 1)
      this.#segments = this.#segments.slice(0, at + 1)
      segment.truncateTo(offset)
      this.#cutTo(end)
      await this.#removeInBackground(later)
      await this.#snapshots.remove((snapshot) => snapshot > end)
      await this.#reloadState()
      await this.#saveEpochs()
    })
  }

  /** Forgets all records: the next one gets `offset`. */
  truncateFullyAndStartAt(offset: number): Promise<void> {
    return this.#whileClosed('the log is being truncated', () => this.#startAt(offset))
  }

  async #startAt(offset: number): Promise<void> {
    const old = this.#segments
    // The names may be those of the new ones.
    for (const segment of old) await segment.markDeleted()
    this.#segments = [await Segment.create(this.#segmentOptions(offset), this.#options.clock.now())]
    this.#logStartOffset = offset
    this.#cutTo(offset)
    this.#epochs.clear()
    for (const segment of old) this.#inBackground(segment.removeFiles())
    await this.#snapshots.remove(() => true)
    this.#state.reset(offset, { entries: [], expiredBefore: 0 })
    await this.#saveEpochs()
  }

  #cutTo(offset: number): void {
    this.#generation++
    this.#logEndOffset = offset
    this.#assignedEndOffset = offset
    this.#recoveryPoint = Math.min(this.#recoveryPoint, offset)
    this.#highWatermark = Math.max(this.#logStartOffset, Math.min(this.#highWatermark, offset))
    this.#epochs.truncateFromEnd(offset)
  }

  /** The producer state at the log end, from the newest snapshot and the batches behind it. */
  async #reloadState(): Promise<void> {
    const newest = await this.#snapshots.newest(this.#logEndOffset)
    const expiredBefore = this.#options.clock.now() - this.config.producerIdExpirationMs
    const start = newest?.offset ?? this.#logStartOffset
    this.#state.reset(start, { entries: newest?.entries ?? [], expiredBefore })
    for (const segment of this.#segments.slice(this.#floor(start))) {
      await scanBatches({
        file: segment.handle.file,
        from: 0,
        to: segment.sizeInBytes,
        isCrcChecked: false,
        visit: (info) => {
          if (info.producerId < 0 || info.lastOffset < start) return true
          const decision = decideBatch(this.#state.get(info.producerId), info, 'replication')
          if (decision.kind !== 'accepted') return true
          this.#state.apply(decision.entry)
          if (decision.completed !== undefined) this.#state.complete(decision.completed)
          return true
        },
      })
    }
    this.#state.advanceTo(this.#logEndOffset)
    this.#state.highWatermarkPassed(this.#highWatermark)
  }

  async #whileClosed(reason: string, work: () => Promise<void>): Promise<void> {
    if (this.#closedBecause !== undefined) throw new ApiError(kafkaStorageError, this.#closedBecause)
    this.#closedBecause = reason
    await this.#runExclusive(work)
    if (this.#closedBecause === reason) this.#closedBecause = undefined
  }

  /** Deletes what retention lets go; returns how many segments. */
  applyRetention(): Promise<number> {
    return this.#runExclusive(async () => {
      this.#state.expire(this.#options.clock.now() - this.config.producerIdExpirationMs)
      const count = await this.#deletable()
      if (count === 0) return 0
      if (count === this.#segments.length) await this.#roll(this.#logEndOffset)
      const doomed = this.#segments.slice(0, count)
      this.#segments = this.#segments.slice(count)
      this.#logStartOffset = Math.max(this.#logStartOffset, this.firstSegmentBaseOffset)
      this.#epochs.truncateFromStart(this.#logStartOffset)
      this.#state.logStartPassed(this.#logStartOffset)
      for (const segment of doomed) await segment.markDeleted()
      await this.#snapshots.remove((offset) => doomed.some(({ baseOffset }) => baseOffset === offset))
      await this.#saveEpochs()
      for (const segment of doomed) this.#removeLater(segment)
      return count
    })
  }

  async #deletable(): Promise<number> {
    const { retentionMs, retentionBytes, isDeleted } = this.config
    for (;;) {
      const { count } = decideRetention({
        segments: this.#segments.map((segment) => ({
          baseOffset: segment.baseOffset,
          sizeInBytes: segment.sizeInBytes,
          largestTimestamp: segment.isIndexed ? segment.largestTimestamp : Number.MAX_SAFE_INTEGER,
        })),
        nowMs: this.#options.clock.now(),
        retentionMs: isDeleted ? retentionMs : -1,
        retentionBytes: isDeleted ? retentionBytes : -1,
        logStartOffset: this.#logStartOffset,
        highWatermark: this.#highWatermark,
        logEndOffset: this.#logEndOffset,
      })
      const next = this.#segments[count]
      if (next === undefined || next.isIndexed) return count
      await next.loadIndexes()
    }
  }

  /** Does not wait for readers. */
  async #removeInBackground(segments: readonly Segment[]): Promise<void> {
    for (const segment of segments) {
      await segment.markDeleted()
      this.#inBackground(segment.removeFiles())
    }
  }

  #removeLater(segment: Segment): void {
    const remove = (): void => {
      this.#removals.delete(segment)
      this.#inBackground(segment.removeFiles())
    }
    this.#removals.set(segment, this.#options.clock.after(this.config.fileDeleteDelayMs, remove))
  }

  /** Makes all that is appended now durable and moves the recovery point; a failed sync takes the directory offline. */
  async flush(): Promise<void> {
    const { disk } = this.#options
    const target = this.#logEndOffset
    const generation = this.#generation
    if (target <= this.#recoveryPoint) return
    try {
      for (const segment of this.#segments.slice(this.#floor(this.#recoveryPoint))) {
        if (!segment.handle.isClosing) await segment.sync()
      }
      await this.#saveEpochs()
      await disk.syncDirectory(this.#directory)
    } catch (error) {
      if (error instanceof Error) this.#fail(error)
      throw error
    }
    if (generation === this.#generation) this.#recoveryPoint = Math.max(this.#recoveryPoint, target)
  }

  #saveEpochs(): Promise<void> {
    this.#epochsSaving = this.#epochsSaving.then(async () => {
      const { version } = this.#epochs
      if (version === this.#epochsVersionSaved || this.#hasFailed) return
      const text = encodeLeaderEpochs(this.#epochs.entries)
      await replaceFile(this.#options.disk, `${this.#directory}/${leaderEpochCheckpointName}`, Buffer.from(text))
      this.#epochsVersionSaved = version
    })
    return this.#epochsSaving
  }

  /** Everything flushed, indexes and producer snapshot written: a clean stop. Waits for readers. */
  async close(): Promise<void> {
    const hadFailed = this.#hasFailed
    this.#closedBecause ??= 'the log is closed'
    await this.#runExclusive(async () => {
      if (!hadFailed) {
        await this.#active().writeIndexes({ isFinal: true, sync: true })
        await this.#snapshots.take(this.#state)
        await this.flush()
      }
      for (const [segment, timer] of this.#removals) {
        timer.cancel()
        await segment.removeFiles()
      }
      this.#removals.clear()
      for (const segment of this.#segments) await segment.close()
    })
  }
}

/** The directory belongs to another incarnation of the topic: it becomes a stray. */
export class InconsistentTopicIdError extends Error {
  override readonly name = 'InconsistentTopicIdError'
  constructor(directory: string) {
    super(`${directory} belongs to another topic id`)
  }
}

/** 0 where no whole batch lies at `position`. */
function wholeBatchSize(view: DataView, position: number): number {
  const left = view.byteLength - position
  if (left < header.batchHeaderSize || !isBatchHeader(view, position)) return 0
  const size = header.sizeInBytes(view, position)
  return size <= left ? size : 0
}
