/** What the shell around the quorum's machine is given, and whom it tells what. */
import type { Clock, Disk, Logger } from '../base/index.ts'
import type { LogConfig } from '../log/index.ts'
import type { CommittedBatch } from './committed-batch.ts'
import type { RaftOptions } from './core.ts'
import type { OutgoingRequest } from './messages.ts'
import type { Role } from './role.ts'
import type { SnapshotId } from './snapshot-format.ts'

/** All that was committed before `offset`, as records that give it. */
export interface SnapshotRead extends SnapshotId {
  /** Of the last record that it covers. */
  readonly timestampMs: number
  /** The values; the listener may keep them. */
  readonly records: readonly Uint8Array[]
}

export interface DriverOptions {
  /** Holds `__cluster_metadata-0`. */
  readonly metadataLogDirectory: string
  /** Who takes part, and the times of the quorum. */
  readonly quorum: Pick<
    RaftOptions,
    | 'self'
    | 'listener'
    | 'endpoints'
    | 'voters'
    | 'bootstrap'
    | 'autoJoin'
    | 'times'
    | 'fetchBytesMax'
    | 'fetchSnapshotBytesMax'
    | 'below'
  >
  /** Sends a request to another node; what became of it is told by `settled`. */
  readonly send: (request: OutgoingRequest) => void
  readonly disk: Disk
  readonly clock: Clock
  readonly logger: Logger
  /** Of the log; `metadata.log.segment.bytes` and its like. */
  readonly config?: Partial<LogConfig>
  /** Goes on where committed metadata or the vote file is lost: at the risk of whoever says so. */
  readonly forceRecover?: boolean
  /**
   * A snapshot that stands for all that came before: the newest one within `start`, before any committed batch, where
   * there is one; and while this node follows, between committed batches, one that was fetched because the leader's log
   * begins behind ours. It is always ahead of all that was handed out. A leader never gets one.
   */
  readonly onSnapshot: (snapshot: SnapshotRead) => void
  /** All that one read of the log gave, in order and never empty; nothing that the snapshot covers. */
  readonly onCommitted: (batches: readonly CommittedBatch[]) => void
  /** While `hasCaughtUp`, whenever something was done, also where nothing was committed since: what was told is all. */
  readonly onCaughtUp: () => void
  readonly onRole: (role: Role) => void
  /** The log or the vote file can no longer be written: the node stops. */
  readonly onFault: (error: unknown) => void
}
