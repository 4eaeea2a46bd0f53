/** The log on the disk as the machine sees it: its bounds, its epochs, and the snapshots beside it. */
import { present } from '../base/index.ts'
import type { Log } from '../log/index.ts'
import type { LogStart, LogViewOptions } from './log-view.ts'
import type { OffsetAndEpoch } from './messages.ts'
import type { SnapshotFiles } from './snapshot-files.ts'

export const logViewOf = (log: Log, snapshots: SnapshotFiles): LogViewOptions => ({
  ...logStartOf(log, snapshots),
  endOffset: log.logEndOffset,
  epochs: epochsOf(log),
})

/** Snapshots before the start of the log are on their way out. */
export function logStartOf({ logStartOffset }: Log, { all, usable }: SnapshotFiles): LogStart {
  const kept = usable.filter(({ offset }) => offset >= logStartOffset)
  // Where all of them are damaged, a log that does not reach back to 0 still goes on from one of them: it tells which
  // epoch the log has, and whom the log cannot serve.
  const isAlone = kept.length === 0 && logStartOffset > 0
  return {
    startOffset: logStartOffset,
    snapshots: isAlone ? all.filter(({ offset }) => offset >= logStartOffset) : kept,
  }
}

function epochsOf(log: Log): OffsetAndEpoch[] {
  const epochs: OffsetAndEpoch[] = []
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const epoch = present(log.epochOf(offset), 'the epoch of a record of the metadata log')
    epochs.push({ offset, epoch })
    offset = log.endOffsetForEpoch(epoch).endOffset
  }
  return epochs
}
