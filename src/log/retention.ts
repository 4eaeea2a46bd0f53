/**
 * Which of the oldest segments may go: by age, by size, or because the log starts behind them. Pure; the log executes it.
 */
interface RetentionSegment {
  readonly baseOffset: number
  readonly sizeInBytes: number
  /** Largest timestamp of a record, else when the file was last changed. */
  readonly largestTimestamp: number
}

export interface RetentionInput {
  /** Oldest first; the last one is the active segment. */
  readonly segments: readonly RetentionSegment[]
  readonly nowMs: number
  /** -1: for ever. */
  readonly retentionMs: number
  /** -1: without bound. */
  readonly retentionBytes: number
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly logEndOffset: number
}

export type RetentionReason = 'time' | 'size' | 'log start offset'

/** How many of the oldest segments go, and why; all of them means: roll first. Only what the high watermark passed goes. */
export function decideRetention(input: RetentionInput): {
  readonly count: number
  readonly reasons: readonly RetentionReason[]
} {
  const { segments, nowMs, retentionMs, retentionBytes, logStartOffset, highWatermark, logEndOffset } = input
  let excess =
    retentionBytes < 0 ? -1 : segments.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0) - retentionBytes
  const reasons: RetentionReason[] = []
  for (const [i, segment] of segments.entries()) {
    const next = segments[i + 1]
    const isLastAndEmpty = next === undefined && segment.sizeInBytes === 0
    if (isLastAndEmpty || (next?.baseOffset ?? logEndOffset) > highWatermark) break
    const bySize = excess >= segment.sizeInBytes
    const reason = reasonOf({
      time: retentionMs >= 0 && nowMs - segment.largestTimestamp > retentionMs,
      size: bySize,
      start: next !== undefined && next.baseOffset <= logStartOffset,
    })
    if (reason === undefined) break
    excess -= segment.sizeInBytes
    reasons.push(reason)
  }
  return { count: reasons.length, reasons }
}

function reasonOf(due: {
  readonly time: boolean
  readonly size: boolean
  readonly start: boolean
}): RetentionReason | undefined {
  if (due.start) return 'log start offset'
  if (due.time) return 'time'
  return due.size ? 'size' : undefined
}
