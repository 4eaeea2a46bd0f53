/**
 * One segment of a log: the `.log` file with its offset, time and transaction index. On the produce path (append), on
 * the fetch path (find). Knows files and batches, not leaders, producers or retention.
 */
import { assert, DiskError } from '../base/index.ts'
import { batchHeader as header } from '../records/index.ts'
import { type AccountedBatch, relativeOffsetMax } from './batch-info.ts'
import { FileHandle } from './file-handle.ts'
import { deletedSuffix, logSuffix, offsetIndexSuffix, timeIndexSuffix, transactionIndexSuffix } from './file-names.ts'
import { HeaderWalk } from './header-walk.ts'
import { OffsetIndex, offsetIndexEntrySize } from './offset-index.ts'
import { type FoundBatch, RecentBatches } from './recent-batches.ts'
import { BrokenSegmentError, StaleIndexError } from './segment-errors.ts'
import { SegmentFiles, type SegmentSuffix } from './segment-files.ts'
import type { SegmentOptions } from './segment-options.ts'
import { scanBatches } from './segment-scan.ts'
import { storedLastOffset, storedMaxTimestamp } from './stored-header.ts'
import { TimeIndex, type TimestampOffset, timeIndexEntrySize } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'
import { writeFully } from './whole-file.ts'

interface OpenedSegment {
  readonly files: SegmentFiles
  readonly handle: FileHandle
  readonly openedMs: number
}

interface Indexes {
  readonly offsets: OffsetIndex
  readonly times: TimeIndex
}

export class Segment {
  readonly baseOffset: number
  readonly handle: FileHandle
  /** When it was made or last changed before it was opened; stands in where records have no timestamp. */
  readonly openedMs: number
  readonly rollJitterMs: number
  readonly #options: SegmentOptions
  readonly #files: SegmentFiles
  #sizeInBytes: number
  #indexes: Indexes | undefined
  #transactions = new TransactionIndex()
  #isTransactionIndexOnDisk = false
  /** The files of the other two, as far as they were written. */
  #areHintsDurable = true
  #bytesSinceIndexEntry = 0
  #recent: RecentBatches | undefined
  #largest: TimestampOffset
  /** Of the first batch, once it was asked for or appended. */
  #firstTimestamp: number | undefined
  #isRemoved = false
  #loading: Promise<'read' | 'rebuilt'> | undefined
  /** `suspect`: an index entry was wrong, the files are not read again. `rebuilt`: another wrong one is the log's fault. */
  #trust: 'unread' | 'suspect' | 'rebuilt' = 'unread'

  private constructor(options: SegmentOptions, opened: OpenedSegment) {
    const { files, handle, openedMs } = opened
    this.#options = options
    this.#files = files
    this.baseOffset = options.baseOffset
    this.handle = handle
    this.openedMs = openedMs
    this.rollJitterMs = options.rollJitterMs
    this.#sizeInBytes = handle.file.size()
    this.#largest = { timestamp: -1, offset: options.baseOffset }
  }

  /** `suffix` `.cleaned`: one that is going to take the place of others. */
  static async create(options: SegmentOptions, nowMs: number, suffix: SegmentSuffix = ''): Promise<Segment> {
    const files = new SegmentFiles(options, suffix)
    const handle = new FileHandle(await options.disk.open(files.path(logSuffix), { mode: 'create' }))
    const segment = new Segment(options, { files, handle, openedMs: nowMs })
    segment.startIndexes()
    const { preallocate, segmentBytes } = options.settings()
    // One that takes the place of others is whole when it comes.
    if (preallocate && suffix === '') handle.file.truncateSync(segmentBytes)
    return segment
  }

  /** An existing one; its indexes are read when they are first needed. */
  static async open(options: SegmentOptions, suffix: SegmentSuffix = ''): Promise<Segment> {
    const files = new SegmentFiles(options, suffix)
    const path = files.path(logSuffix)
    const stat = await options.disk.stat(path)
    const handle = new FileHandle(await options.disk.open(path, { mode: 'write' }))
    return new Segment(options, { files, handle, openedMs: stat?.modifiedMs ?? 0 })
  }

  get sizeInBytes(): number {
    return this.#sizeInBytes
  }

  get isIndexed(): boolean {
    return this.#indexes !== undefined
  }

  get transactions(): TransactionIndex {
    return this.#transactions
  }

  /** Timestamp -1 without records. The segment is indexed. */
  get largest(): TimestampOffset {
    return this.#largest
  }

  get largestTimestamp(): number {
    return this.#largest.timestamp >= 0 ? this.#largest.timestamp : this.openedMs
  }

  canHold(offset: number): boolean {
    return offset - this.baseOffset <= relativeOffsetMax
  }

  get isIndexFull(): boolean {
    const { offsets, times } = this.#indexed()
    const { segmentIndexBytes } = this.#options.settings()
    return (
      offsets.count >= Math.floor(segmentIndexBytes / offsetIndexEntrySize) ||
      times.count >= Math.floor(segmentIndexBytes / timeIndexEntrySize) - 1
    )
  }

  /** Timestamp of the first batch, from which `segment.ms` counts; -1 without one. Throws DiskError. */
  firstTimestamp(): number {
    if (this.#sizeInBytes === 0) return -1
    this.#firstTimestamp ??= this.#readFirstTimestamp()
    return this.#firstTimestamp
  }

  #readFirstTimestamp(): number {
    const walk = new HeaderWalk(this.handle.file, this.#sizeInBytes)
    return walk.at(0) < 0 ? -1 : storedMaxTimestamp(walk.view, 0)
  }

  /** Whole batches behind the last one, now. After a DiskError nothing of them is left; BrokenSegmentError: unknown. */
  writeSync(bytes: Uint8Array): void {
    const start = this.#sizeInBytes
    const { file } = this.handle
    try {
      let done = 0
      while (done < bytes.length) {
        const written = file.writeSync(done === 0 ? bytes : bytes.subarray(done), start + done)
        if (written <= 0) throw new DiskError('EIO', file.path, `${file.path} took no bytes`)
        done += written
      }
    } catch (error) {
      this.#takeBack(start)
      throw error
    }
  }

  /** The same off the loop; one at a time. */
  async write(chunks: readonly Uint8Array[]): Promise<void> {
    const start = this.#sizeInBytes
    await this.#whilePinned(async () => {
      try {
        await writeFully({ file: this.handle.file, chunks, position: start })
      } catch (error) {
        this.#takeBack(start)
        throw error
      }
    })
  }

  #takeBack(size: number): void {
    try {
      this.handle.file.truncateSync(size)
    } catch (error) {
      throw new BrokenSegmentError(`a failed write to ${this.handle.file.path} could not be taken back`, {
        cause: error,
      })
    }
  }

  /** A batch that was written is part of the segment now. */
  account(batch: AccountedBatch): void {
    const { offsets, times } = this.#indexed()
    assert(this.canHold(batch.lastOffset), 'a segment holds 2^31 offsets')
    if (this.#sizeInBytes === 0) this.#firstTimestamp = batch.maxTimestamp
    if (batch.maxTimestamp > this.#largest.timestamp) {
      this.#largest = { timestamp: batch.maxTimestamp, offset: batch.lastOffset }
    }
    if (this.#bytesSinceIndexEntry > this.#options.settings().indexIntervalBytes) {
      offsets.append(batch.lastOffset, this.#sizeInBytes)
      times.maybeAppend(this.#largest.timestamp, this.#largest.offset)
      this.#bytesSinceIndexEntry = 0
    }
    this.#recent?.add(batch, this.#sizeInBytes)
    this.#sizeInBytes += batch.sizeInBytes
    this.#bytesSinceIndexEntry += batch.sizeInBytes
  }

  /** The first batch that ends at or behind `offset`; undefined past the end. Throws StaleIndexError. */
  find(offset: number): FoundBatch | undefined {
    this.#recent ??= new RecentBatches()
    return this.#recent.find(offset) ?? this.#walkTo(offset)
  }

  #walkTo(offset: number): FoundBatch | undefined {
    const start = this.#indexed().offsets.lookup(offset)
    const walk = new HeaderWalk(this.handle.file, this.#sizeInBytes)
    let position = start
    while (position < this.#sizeInBytes) {
      const at = walk.at(position)
      const baseOffset = at < 0 ? -1 : header.baseOffset(walk.view, at)
      const isWrongStart = start > 0 && position === start && baseOffset > offset
      if (baseOffset < this.baseOffset || isWrongStart) throw this.#stale(start)
      const lastOffset = storedLastOffset(walk.view, at)
      const sizeInBytes = header.sizeInBytes(walk.view, at)
      if (lastOffset >= offset) return { position, sizeInBytes, baseOffset, lastOffset }
      position += sizeInBytes
    }
    return undefined
  }

  #stale(start: number): Error {
    if (start === 0 || this.#trust === 'rebuilt') {
      return new DiskError(
        'EBADMSG',
        this.handle.file.path,
        `${this.handle.file.path} has no whole batch where one should be`,
      )
    }
    this.#indexes = undefined
    this.#trust = 'suspect'
    return new StaleIndexError(`the index of ${this.handle.file.path} points to no batch at ${start}`)
  }

  /** The first batch from `position` on with a timestamp of at least `timestamp`, not before `fromOffset`. */
  findTimestamp(timestamp: number, fromOffset: number): FoundBatch | undefined {
    const { offsets, times } = this.#indexed()
    let position = offsets.lookup(Math.max(times.lookup(timestamp), fromOffset))
    const start = position
    const walk = new HeaderWalk(this.handle.file, this.#sizeInBytes)
    while (position < this.#sizeInBytes) {
      const at = walk.at(position)
      if (at < 0 || header.baseOffset(walk.view, at) < this.baseOffset) throw this.#stale(start)
      const sizeInBytes = header.sizeInBytes(walk.view, at)
      const lastOffset = storedLastOffset(walk.view, at)
      if (storedMaxTimestamp(walk.view, at) >= timestamp && lastOffset >= fromOffset) {
        return { position, sizeInBytes, baseOffset: header.baseOffset(walk.view, at), lastOffset }
      }
      position += sizeInBytes
    }
    return undefined
  }

  /** An offset not below that of any batch in the `size` bytes from `position`: cheap, from the index; undefined past its end. */
  upperBoundOffset(position: number, size: number): number | undefined {
    return this.#indexed().offsets.firstAtOrAfterPosition(position + size)?.offset
  }

  /** Cuts the batches that end at or behind `offset`; returns the bytes cut. */
  truncateTo(offset: number): number {
    const { offsets, times } = this.#indexed()
    const position = this.find(offset)?.position ?? this.#sizeInBytes
    const cut = this.#sizeInBytes - position
    if (cut > 0) this.handle.file.truncateSync(position)
    this.#sizeInBytes = position
    this.#recent = undefined
    offsets.truncateTo(offset)
    times.truncateTo(offset)
    this.#transactions.truncateTo(offset)
    this.#bytesSinceIndexEntry = 0
    this.#findLargest()
    return cut
  }

  /** Cuts what was allocated ahead, where no batch follows, or what recovery found to be none; whether there was any. */
  trim(size = this.#sizeInBytes): boolean {
    const { file } = this.handle
    const isLonger = file.size() > size
    if (isLonger) file.truncateSync(size)
    this.#sizeInBytes = size
    this.#recent = undefined
    return isLonger
  }

  #findLargest(): void {
    const { offsets, times } = this.#indexed()
    const { last } = times
    this.#largest = last
    const walk = new HeaderWalk(this.handle.file, this.#sizeInBytes)
    let position = times.count === 0 ? 0 : offsets.lookup(last.offset)
    const start = position
    while (position < this.#sizeInBytes) {
      const at = walk.at(position)
      if (at < 0 && position === start && start > 0) throw this.#stale(start)
      if (at < 0) return
      const timestamp = storedMaxTimestamp(walk.view, at)
      if (timestamp > this.#largest.timestamp) {
        this.#largest = { timestamp, offset: storedLastOffset(walk.view, at) }
      }
      position += header.sizeInBytes(walk.view, at)
    }
  }

  /** Position behind the last whole batch, walking from the last index entry; the size where all is well. */
  walkToEnd(): { readonly position: number; readonly nextOffset: number } {
    const start = this.#indexed().offsets.lastPosition
    const walk = new HeaderWalk(this.handle.file, this.#sizeInBytes)
    let position = start
    let nextOffset = this.baseOffset
    while (position < this.#sizeInBytes) {
      const at = walk.at(position)
      const isBatch = at >= 0 && header.baseOffset(walk.view, at) >= nextOffset
      if (!isBatch || position + header.sizeInBytes(walk.view, at) > this.#sizeInBytes) break
      nextOffset = storedLastOffset(walk.view, at) + 1
      position += header.sizeInBytes(walk.view, at)
    }
    return { position, nextOffset }
  }

  /** Empty indexes, before all batches are accounted anew. */
  startIndexes(): void {
    this.#indexes = { offsets: new OffsetIndex(this.baseOffset), times: new TimeIndex(this.baseOffset) }
    this.#largest = { timestamp: -1, offset: this.baseOffset }
    this.#bytesSinceIndexEntry = 0
    this.#recent = undefined
  }

  /** What the files tell is of batches that are gone, or may be. They are written anew when no batch follows. */
  async removeIndexes(): Promise<void> {
    await this.settled()
    await this.#files.unlinkIndexes()
    this.#isTransactionIndexOnDisk = false
  }

  /** Before recovery accounts for every batch again. */
  startOver(): void {
    this.startIndexes()
    this.#sizeInBytes = 0
    this.#transactions = new TransactionIndex()
  }

  /** Every batch is accounted for. As Kafka: the largest timestamp has its entry, and the next interval begins here. */
  endRecovery(): void {
    this.#indexed().times.maybeAppend(this.#largest.timestamp, this.#largest.offset)
    this.#bytesSinceIndexEntry = 0
  }

  /** Reads the index files; what is missing or malformed is built from the batches. Returns what had to be rebuilt. */
  loadIndexes(): Promise<'read' | 'rebuilt'> {
    this.#loading ??= this.#whilePinned(() => this.#loadIndexes()).finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  /** Resolves when no index is being loaded: nobody reads or writes files by their names any more. */
  async settled(): Promise<void> {
    await this.#loading?.catch(() => undefined)
  }

  async #whilePinned<T>(work: () => Promise<T>): Promise<T> {
    this.handle.pin()
    try {
      return await work()
    } finally {
      this.handle.unpin()
    }
  }

  async #loadIndexes(): Promise<'read' | 'rebuilt'> {
    if (this.#trust === 'suspect') {
      await this.#rebuild()
      return 'rebuilt'
    }
    if (this.#sizeInBytes === 0) {
      this.startIndexes()
      return 'read'
    }
    const offsetBytes = await this.#files.readIndex(offsetIndexSuffix)
    const timeBytes = await this.#files.readIndex(timeIndexSuffix)
    const offsets =
      offsetBytes && OffsetIndex.decode(offsetBytes, { baseOffset: this.baseOffset, logSize: this.#sizeInBytes })
    const times = timeBytes && TimeIndex.decode(timeBytes, this.baseOffset)
    if (offsets !== undefined && times !== undefined) {
      this.#indexes = { offsets, times }
      try {
        this.#findLargest()
        return 'read'
      } catch (error) {
        if (!(error instanceof StaleIndexError)) throw error
      }
    }
    await this.#rebuild()
    return 'rebuilt'
  }

  /** From the batches themselves; a segment is read once in full. Writes the files. */
  rebuildIndexes(): Promise<void> {
    return this.#whilePinned(() => this.#rebuild())
  }

  async #rebuild(): Promise<void> {
    const fresh = new Segment(this.#options, { files: this.#files, handle: this.handle, openedMs: this.openedMs })
    fresh.startOver()
    await scanBatches({
      file: this.handle.file,
      from: 0,
      to: this.#sizeInBytes,
      isCrcChecked: false,
      visit: (info) => {
        // What a later recovery will split is read without an index.
        if (fresh.canHold(info.lastOffset)) fresh.account(info)
        return true
      },
    })
    fresh.endRecovery()
    const indexes = fresh.#indexed()
    this.#indexes = indexes
    this.#trust = 'rebuilt'
    this.#largest = fresh.#largest
    this.#bytesSinceIndexEntry = fresh.#bytesSinceIndexEntry
    if (this.#isRemoved) return
    await this.#writeHints(indexes, false)
  }

  /** False where the file is there and malformed. */
  async loadTransactionIndex(): Promise<boolean> {
    const bytes = await this.#files.readIndex(transactionIndexSuffix)
    this.#isTransactionIndexOnDisk = bytes !== undefined
    const index = bytes === undefined ? new TransactionIndex() : TransactionIndex.decode(bytes, this.baseOffset)
    if (index === undefined) return false
    this.#transactions = index
    return true
  }

  /** `isFinal`: no batch follows (roll, close): the largest timestamp gets its entry. */
  async writeIndexes({ isFinal, sync }: { readonly isFinal: boolean; readonly sync: boolean }): Promise<void> {
    const indexes = this.#indexes
    if (indexes === undefined || this.#isRemoved) return
    if (isFinal) indexes.times.maybeAppend(this.#largest.timestamp, this.#largest.offset)
    await this.#writeHints(indexes, sync)
    if (this.#transactions.count === 0 && !this.#isTransactionIndexOnDisk) return
    this.#isTransactionIndexOnDisk = true
    // Nobody could tell that it is missing, and aborted records would be read for committed ones.
    await this.#files.writeIndex(transactionIndexSuffix, { bytes: this.#transactions.encode(), sync: true })
  }

  /** What is built anew from the batches where it is lost. */
  async #writeHints({ offsets, times }: Indexes, sync: boolean): Promise<void> {
    await this.#files.writeIndex(offsetIndexSuffix, { bytes: offsets.encode(), sync })
    await this.#files.writeIndex(timeIndexSuffix, { bytes: times.encode(), sync })
    this.#areHintsDurable = sync
  }

  /** Bytes of the indexes, read or not. */
  async indexSizes(): Promise<{ readonly offsetIndexSize: number; readonly timeIndexSize: number }> {
    if (this.#indexes === undefined) {
      return {
        offsetIndexSize: await this.#files.indexSize(offsetIndexSuffix),
        timeIndexSize: await this.#files.indexSize(timeIndexSuffix),
      }
    }
    const { offsets, times } = this.#indexes
    return { offsetIndexSize: offsets.count * offsetIndexEntrySize, timeIndexSize: times.count * timeIndexEntrySize }
  }

  /** Makes batches, and indexes that were written, durable. After a failure the directory is lost: never called again. */
  sync(): Promise<void> {
    return this.#whilePinned(async () => {
      await this.handle.file.sync()
      if (this.#areHintsDurable || this.#isRemoved) return
      this.#areHintsDurable = true
      await this.#files.syncIndex(offsetIndexSuffix)
      await this.#files.syncIndex(timeIndexSuffix)
    })
  }

  close(): Promise<void> {
    return this.handle.close()
  }

  /** Renames the files so that a start removes them; they are unlinked by `removeFiles` later. */
  async markDeleted(): Promise<void> {
    this.#isRemoved = true
    await this.settled()
    await this.#files.changeSuffix(deletedSuffix)
  }

  /** Closes when the last reader is done, and unlinks what `markDeleted` renamed. */
  async removeFiles(): Promise<void> {
    this.#isRemoved = true
    await this.handle.close()
    await this.#files.unlink()
  }

  /** Of a segment that takes the place of others: `.cleaned`, then `.swap`, then none. */
  changeSuffix(suffix: SegmentSuffix): Promise<void> {
    return this.#files.changeSuffix(suffix)
  }

  #indexed(): Indexes {
    if (this.#indexes === undefined) throw new StaleIndexError(`the index of ${this.handle.file.path} is not read yet`)
    return this.#indexes
  }
}
