/** What was written becomes part of the log: indexes, epochs and producers learn of each batch. On the produce path. */
import { assert } from '../base/index.ts'
import type { LeaderEpochCache } from './leader-epoch-cache.ts'
import type { Prepared } from './log-types.ts'
import type { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'

export interface PublishedIn {
  readonly segment: Segment
  readonly epochs: LeaderEpochCache
  readonly state: ProducerState
  readonly logEndOffset: number
}

/** Returns where the log ends then. */
export function publish(written: Prepared, { segment, epochs, state, logEndOffset }: PublishedIn): number {
  const { batches, entries, completed } = written
  let end = logEndOffset
  for (let i = 0; i < batches.length; i++) {
    const batch = batches[i]
    if (batch === undefined) continue
    segment.account(batch)
    if (batch.leaderEpoch >= 0 && !isOfEarlier(batch, epochs)) epochs.assign(batch.leaderEpoch, batch.baseOffset)
    const entry = entries[i]
    if (entry !== undefined) state.apply(entry)
    const ended = completed[i]
    if (ended !== undefined) {
      if (ended.isAborted) segment.transactions.append(state.aborted(ended))
      state.complete(ended)
    }
    assert(batch.baseOffset >= end, 'offsets rise')
    end = batch.lastOffset + 1
  }
  state.advanceTo(end)
  return end
}

/** It was pending when a later epoch began behind it, which is known already. */
function isOfEarlier({ leaderEpoch, baseOffset }: Prepared['batches'][number], { latest }: LeaderEpochCache): boolean {
  return latest !== undefined && latest.epoch > leaderEpoch && latest.startOffset > baseOffset
}
