/** When a log begins a new segment: by size, by time, by what its indexes can hold. Pure. */
import type { RandomStream } from '../base/index.ts'
import type { LogConfig } from './log-config.ts'
import type { Prepared } from './log-types.ts'
import type { Segment } from './segment.ts'

/** What decides whether a batch starts a new segment. */
export interface RollRules {
  readonly config: LogConfig
  readonly nowMs: () => number
  /** Bytes that go into the segment before this append. */
  readonly sizeBefore: number
}

/**
 * How much earlier than after `segment.ms` a new segment is to end: so that logs that began together do not all roll at
 * once. Drawn for each, by the settings that it begins under.
 */
export function drawRollJitterMs({ segmentMs, segmentJitterMs }: LogConfig, random: RandomStream | undefined): number {
  if (random === undefined || segmentJitterMs === 0) return 0
  return Math.floor(random.float() * Math.min(segmentJitterMs, segmentMs))
}

/** Whether the segment is full, too old, or cannot number the offsets of what comes next. */
export function mustRoll(segment: Segment, next: Prepared, { config, nowMs, sizeBefore }: RollRules): boolean {
  const first = next.batches[0]
  if (first === undefined) return false
  const size = segment.sizeInBytes + sizeBefore
  if (!segment.canHold(next.result.lastOffset)) return true
  if (size === 0) return false
  const { segmentBytes, segmentMs } = config
  if (size > segmentBytes - next.bytes.length || segment.isIndexFull) return true
  const started = segment.firstTimestamp()
  const waitedMs = started >= 0 ? first.maxTimestamp - started : nowMs() - segment.openedMs
  return waitedMs > segmentMs - segment.rollJitterMs
}
