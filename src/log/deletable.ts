/** Which segments of a log retention lets go, by size, time and log start. */
import type { Clock, Logger } from '../base/index.ts'
import type { LogConfig } from './log-config.ts'
import { decideRetention } from './retention.ts'
import type { Segment } from './segment.ts'

/** The log as retention sees it. */
export interface RetainedLog {
  readonly config: LogConfig
  readonly clock: Clock
  readonly logger: Logger
  readonly marks: Readonly<Record<'logStartOffset' | 'highWatermark' | 'logEndOffset', number>>
}

/** How many of the oldest segments go, which the log tells; reads the indexes of those that it comes to. */
export async function countDeletable(segments: readonly Segment[], log: RetainedLog): Promise<number> {
  const { retentionMs, retentionBytes, isDeleted } = log.config
  const { logStartOffset, highWatermark, logEndOffset } = log.marks
  for (;;) {
    const { count, reasons } = decideRetention({
      segments: segments.map((segment) => ({
        baseOffset: segment.baseOffset,
        sizeInBytes: segment.sizeInBytes,
        largestTimestamp: segment.isIndexed ? segment.largestTimestamp : Number.MAX_SAFE_INTEGER,
      })),
      nowMs: log.clock.now(),
      retentionMs: isDeleted ? retentionMs : -1,
      retentionBytes: isDeleted ? retentionBytes : -1,
      logStartOffset,
      highWatermark,
      logEndOffset,
    })
    const next = segments[count]
    if (next === undefined || next.isIndexed) {
      if (count > 0)
        log.logger.log('info', 'retention deletes segments', { count, by: [...new Set(reasons)].join(', ') })
      return count
    }
    await next.loadIndexes()
  }
}
