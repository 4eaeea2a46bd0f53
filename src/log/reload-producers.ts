/** What is known of the producers of a log that was cut. */
import { decideBatch, type ProducerState } from './producer-state.ts'
import { scanBatches } from './segment-scan.ts'
import type { Segments } from './segments.ts'
import type { ProducerSnapshots } from './snapshots.ts'

/** The log behind the cut. */
export interface CutLog {
  readonly segments: Segments
  readonly snapshots: ProducerSnapshots
  readonly marks: Readonly<Record<'logStartOffset' | 'logEndOffset' | 'highWatermark', number>>
  /** Producers that were last heard of before this are forgotten. */
  readonly expiredBeforeMs: number
}

/** The producer state at the log end, from the newest snapshot and the batches behind it. */
export const reloadProducers = (state: ProducerState, log: CutLog): Promise<void> =>
  state.makeAnew(() => reload(state, log))

async function reload(state: ProducerState, log: CutLog): Promise<void> {
  const { logStartOffset, logEndOffset, highWatermark } = log.marks
  const newest = await log.snapshots.newest(logEndOffset)
  const expiredBefore = log.expiredBeforeMs
  const start = newest?.offset ?? logStartOffset
  state.reset(start, { entries: newest?.entries ?? [], expiredBefore })
  for (const segment of log.segments.all.slice(log.segments.floor(start))) {
    await scanBatches({
      file: segment.handle.file,
      from: 0,
      to: segment.sizeInBytes,
      isCrcChecked: false,
      visit: (info) => {
        if (info.producerId < 0 || info.lastOffset < start) return true
        const decision = decideBatch(state.get(info.producerId), info, 'replication')
        if (decision.kind !== 'accepted') return true
        state.apply(decision.entry)
        if (decision.completed !== undefined) state.complete(decision.completed)
        return true
      },
    })
  }
  state.advanceTo(logEndOffset)
  state.highWatermarkPassed(highWatermark)
}
