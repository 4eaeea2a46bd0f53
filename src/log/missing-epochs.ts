/**
 * Epochs before the first one that the checkpoint names. It is written when the log start moves, and that may be forgotten
 * by a loss of power: then the log begins further back than its epochs.
 */
import type { LeaderEpochCache } from './leader-epoch-cache.ts'
import type { Segment } from './segment.ts'
import { scanBatches } from './segment-scan.ts'

/** Reads the batches before the first known epoch; those without an epoch are older than epochs are. */
export async function learnMissingEpochs(
  epochs: LeaderEpochCache,
  segments: readonly Segment[],
  logStartOffset: number,
): Promise<void> {
  const end = epochs.entries[0]?.startOffset ?? Number.MAX_SAFE_INTEGER
  if (end <= logStartOffset) return
  const missing: { epoch: number; startOffset: number }[] = []
  const visit = ({ baseOffset, lastOffset, leaderEpoch }: Visited): boolean => {
    if (baseOffset >= end || leaderEpoch < 0) return false
    const startOffset = Math.max(baseOffset, logStartOffset)
    if (lastOffset >= logStartOffset && leaderEpoch > (missing.at(-1)?.epoch ?? -1)) {
      missing.push({ epoch: leaderEpoch, startOffset })
    }
    return true
  }
  for (const { baseOffset, handle, sizeInBytes } of segments) {
    if (baseOffset >= end) break
    const scanned = await scanBatches({ file: handle.file, from: 0, to: sizeInBytes, isCrcChecked: false, visit })
    if (scanned < sizeInBytes) break
  }
  epochs.putBefore(missing)
}

interface Visited {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly leaderEpoch: number
}
