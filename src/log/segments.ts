/**
 * The segments of a log, oldest first, the last one active: which of them holds an offset, and what a reader gets of
 * them. On the fetch path. Reads no records; writes nothing but an index that was missing or wrong.
 */
import { ApiError, assert, type DiskError, type Logger } from '../base/index.ts'
import type { Availability } from './availability.ts'
import { LogRegion } from './log-region.ts'
import { kafkaStorageError, type ReadOptions, type ReadPlan } from './log-types.ts'
import type { FoundBatch } from './recent-batches.ts'
import type { Segment } from './segment.ts'
import { StaleIndexError } from './segment-errors.ts'
import type { AbortedTransaction } from './transaction-index.ts'

interface PlannedPart {
  readonly segment: Segment
  readonly position: number
  readonly size: number
}

/** What a plan depends on besides the segments; read again when a region is sent. */
export interface LogEnd {
  readonly logEndOffset: number
  readonly generation: number
}

interface SegmentsOptions {
  readonly logger: Logger
  /** Asked before each segment that a search comes to: behind the end of a log nobody touches its files by name. */
  readonly availability: Availability
}

interface PlanContext {
  readonly log: LogEnd
  /** The disk refused to read a region. */
  readonly failed: (error: DiskError) => void
}

export class Segments {
  all: readonly Segment[]
  readonly #options: SegmentsOptions

  constructor(all: readonly Segment[], options: SegmentsOptions) {
    this.all = all
    this.#options = options
  }

  get sizeInBytes(): number {
    return this.all.reduce((sum, segment) => sum + segment.sizeInBytes, 0)
  }

  active(): Segment {
    const segment = this.all.at(-1)
    assert(segment !== undefined, 'a log has a segment')
    return segment
  }

  /** `by` takes the place of `old`, which are neighbours. */
  replace(old: readonly Segment[], by: Segment): void {
    const [first] = old
    const at = first === undefined ? -1 : this.all.indexOf(first)
    assert(at >= 0 && old.every((segment, i) => this.all[at + i] === segment), 'what is replaced is in the log')
    this.all = [...this.all.slice(0, at), by, ...this.all.slice(at + old.length)]
  }

  floor(offset: number): number {
    let low = 0
    let high = this.all.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.all[middle]?.baseOffset ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  /** Asks again once the index that the answer needs is there. */
  retryIndexed<T>(offset: number, ask: () => T): T | Promise<T> {
    try {
      return ask()
    } catch (error) {
      if (!(error instanceof StaleIndexError)) throw error
      return this.#loadIndexes(offset).then(() => this.retryIndexed(offset, ask))
    }
  }

  /** Of all segments from the one with `offset` up to the first that has them already. */
  async #loadIndexes(offset: number): Promise<void> {
    for (const segment of this.all.slice(this.floor(offset))) {
      if (segment.isIndexed) continue
      const outcome = await this.#load(segment)
      if (outcome === 'read') return
      this.#options.logger.log('warn', 'an index was missing or wrong and was rebuilt', {
        path: segment.handle.file.path,
      })
      return
    }
  }

  /** By the names of the files. Throws ApiError 56 while those are about to change: who asks may come again at once. */
  #load(segment: Segment): ReturnType<Segment['loadIndexes']> {
    this.#options.availability.checkNames()
    return segment.loadIndexes()
  }

  /** Which parts of which files hold what is asked for. Throws StaleIndexError where an index must be read first. */
  plan({ startOffset, maxBytes, maxOffset, minOneBatch }: ReadOptions, { log, failed }: PlanContext): ReadPlan {
    const parts: PlannedPart[] = []
    let left = maxBytes
    let first: FoundBatch | undefined
    let upperBoundOffset = startOffset
    for (let i = this.floor(startOffset); i < this.all.length && startOffset < maxOffset; i++) {
      const segment = this.all[i]
      if (segment === undefined || segment.baseOffset >= maxOffset) break
      const found = first === undefined ? segment.find(startOffset) : undefined
      if (first === undefined && found === undefined) continue
      const nextBase = this.all[i + 1]?.baseOffset ?? log.logEndOffset
      const limit =
        maxOffset >= nextBase ? segment.sizeInBytes : (segment.find(maxOffset)?.position ?? segment.sizeInBytes)
      // A piece of a batch, and nothing else, is of no use to anybody: a reader would take it for one that is too large for it (KIP-74).
      if (found !== undefined && !minOneBatch && found.sizeInBytes > left) break
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
    const { generation } = log
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
              isCurrent: () => log.generation === generation,
              failed,
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
    for (let i = this.floor(fetchOffset); i < this.all.length; i++) {
      if (this.all[i]?.transactions.collect({ fetchOffset, upperBoundOffset }, found)) break
    }
    return found
  }

  /** The first batch with a timestamp of at least `timestamp`: `records` finds the record in it. */
  async batchForTimestamp(timestamp: number, logStartOffset: number): Promise<Uint8Array | undefined> {
    for (const segment of this.all) {
      this.#options.availability.checkRead()
      const batch = await segment.handle.whilePinned(async () => {
        if (!segment.isIndexed) await this.#load(segment)
        if (segment.largest.timestamp < timestamp) return undefined
        const found = await this.#findTimestamp(segment, timestamp, logStartOffset)
        return found === undefined ? undefined : readBatch(segment, found)
      })
      if (batch !== undefined) return batch
    }
    return undefined
  }

  /** The segment is pinned; it may have left the log, so that only it is asked. */
  async #findTimestamp(segment: Segment, timestamp: number, fromOffset: number): Promise<FoundBatch | undefined> {
    for (;;) {
      try {
        return segment.findTimestamp(timestamp, fromOffset)
      } catch (error) {
        if (!(error instanceof StaleIndexError)) throw error
        await this.#load(segment)
      }
    }
  }

  /** The first batch that has the largest timestamp of the log. */
  async batchOfMaxTimestamp(logStartOffset: number): Promise<Uint8Array | undefined> {
    let largest = -1
    for (const segment of this.all) {
      this.#options.availability.checkRead()
      await segment.handle.whilePinned(async () => {
        if (!segment.isIndexed) await this.#load(segment)
        largest = Math.max(largest, segment.largest.timestamp)
      })
    }
    return largest < 0 ? undefined : this.batchForTimestamp(largest, logStartOffset)
  }
}

async function readBatch({ handle }: Segment, { position, sizeInBytes }: FoundBatch): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeInBytes)
  for (let done = 0; done < sizeInBytes; ) {
    const size = await handle.file.read(bytes, done, sizeInBytes, position + done)
    if (size === 0) throw new ApiError(kafkaStorageError, 'the log was cut while it was read')
    done += size
  }
  return bytes
}
