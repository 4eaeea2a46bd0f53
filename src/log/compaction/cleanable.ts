/** Which part of a log compaction may clean, and how dirty the log is. Pure; the segments tell what they hold. */
export interface CleanableSegment {
  readonly baseOffset: number
  readonly sizeInBytes: number
}

/** Segments of the log from `firstDirtyOffset` on, but the active one, asked for what costs a read. */
interface DirtySegment extends CleanableSegment {
  /** Of the first batch; -1 without one. */
  readonly firstTimestamp: number
  readonly largestTimestamp: number
}

interface CleanableInput {
  /** Oldest first; the last one is active. */
  readonly segments: readonly CleanableSegment[]
  readonly dirty: readonly DirtySegment[]
  readonly firstDirtyOffset: number
  readonly lastStableOffset: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  readonly nowMs: number
}

export interface Cleanable {
  readonly firstDirtyOffset: number
  /** Exclusive: the base offset of a segment. */
  readonly endOffset: number
  readonly cleanableBytes: number
  /** Cleanable bytes of all that is clean or cleanable, of [0, 1]. */
  readonly ratio: number
  /** How long ago the oldest dirty record should have been compacted (`max.compaction.lag.ms`); 0 where it is not due. */
  readonly overdueMs: number
}

/** The offset where the dirty part begins. What the checkpoint says is not believed where the log does not reach. */
export function firstDirtyOffset(
  cleanedUpTo: number | undefined,
  log: { readonly logStartOffset: number; readonly logEndOffset: number },
): number {
  if (cleanedUpTo === undefined || cleanedUpTo < log.logStartOffset || cleanedUpTo > log.logEndOffset) {
    return log.logStartOffset
  }
  return cleanedUpTo
}

/** Index of the segment that holds `offset`. */
export function floorIndex(segments: readonly CleanableSegment[], offset: number): number {
  return Math.max(
    0,
    segments.findLastIndex(({ baseOffset }) => baseOffset <= offset),
  )
}

export function decideCleanable(input: CleanableInput): Cleanable {
  const { segments, dirty, lastStableOffset, minCompactionLagMs, maxCompactionLagMs, nowMs } = input
  const active = segments.at(-1)?.baseOffset ?? 0
  const tooYoung = dirty.find(({ largestTimestamp }) => largestTimestamp > nowMs - minCompactionLagMs)?.baseOffset
  const uncleanable = Math.max(
    input.firstDirtyOffset,
    Math.min(lastStableOffset, active, minCompactionLagMs > 0 ? (tooYoung ?? active) : active),
  )
  // Whole segments only.
  const endOffset = segments[floorIndex(segments, uncleanable)]?.baseOffset ?? 0
  const sizeOf = (part: readonly CleanableSegment[]): number => part.reduce((sum, it) => sum + it.sizeInBytes, 0)
  const from = floorIndex(segments, Math.min(input.firstDirtyOffset, endOffset))
  const cleanableBytes = sizeOf(segments.slice(from).filter(({ baseOffset }) => baseOffset < endOffset))
  const cleanBytes = sizeOf(segments.filter(({ baseOffset }) => baseOffset < input.firstDirtyOffset))
  const total = cleanBytes + cleanableBytes
  const oldest = Math.min(...dirty.map((it) => it.firstTimestamp).filter((timestamp) => timestamp > 0))
  const overdueMs = Math.max(0, nowMs - maxCompactionLagMs - oldest)
  return {
    firstDirtyOffset: input.firstDirtyOffset,
    endOffset,
    cleanableBytes,
    ratio: total === 0 ? 0 : cleanableBytes / total,
    overdueMs: Number.isFinite(oldest) ? overdueMs : 0,
  }
}

/** Whether the log is to be cleaned now. */
export function isDue({ cleanableBytes, ratio, overdueMs }: Cleanable, minCleanableRatio: number): boolean {
  return (overdueMs > 0 && cleanableBytes > 0) || ratio > minCleanableRatio
}
