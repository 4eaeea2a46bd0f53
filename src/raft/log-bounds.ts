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
export const logStartOf = ({ logStartOffset }: Log, { usable }: SnapshotFiles): LogStart => ({
  startOffset: logStartOffset,
  snapshots: usable.filter(({ offset }) => offset >= logStartOffset),
})

function epochsOf(log: Log): OffsetAndEpoch[] {
  const epochs: OffsetAndEpoch[] = []
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const epoch = present(log.epochOf(offset), 'the epoch of a record of the metadata log')
    epochs.push({ offset, epoch })
    offset = log.endOffsetForEpoch(epoch).endOffset
  }
  return epochs
}
