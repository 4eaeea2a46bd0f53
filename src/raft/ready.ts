/** What the machine of the quorum tells its driver: what to persist, to cut, to append, to send, and what is committed. */
import type { Answer, FetchedBatch, OffsetAndEpoch, OutgoingRequest, ReplicaKey } from './messages.ts'
import type { QuorumRecord } from './quorum-records.ts'
import type { Role } from './role.ts'
import type { SnapshotStep } from './snapshot-fetch.ts'

/** What the file `quorum-state` remembers. Durable before it counts. */
export interface ElectionState {
  readonly epoch: number
  /** -1 where none is known. */
  readonly leaderId: number
  /** Whom this voter gave its vote in `epoch`. */
  readonly voted: ReplicaKey | undefined
}

/** One append to the end of the log. */
export type Entry =
  | {
      readonly kind: 'leader-change'
      readonly baseOffset: number
      readonly epoch: number
      readonly leaderId: number
      readonly voters: readonly number[]
      readonly granted: readonly number[]
      /** What this leader says of the quorum in the same batch. */
      readonly quorum: readonly QuorumRecord[]
    }
  | {
      readonly kind: 'quorum'
      readonly baseOffset: number
      readonly epoch: number
      readonly records: readonly QuorumRecord[]
    }
  | {
      readonly kind: 'records'
      readonly baseOffset: number
      readonly epoch: number
      readonly records: readonly Uint8Array[]
    }
  | { readonly kind: 'fetched'; readonly baseOffset: number; readonly batches: readonly FetchedBatch[] }

/**
 * What the driver has to do, in this order: persist `election`; cut the log; begin it anew behind a snapshot; append
 * `entries`; then send requests and answers, while it flushes what was appended. `highWatermark` is news to all.
 */
export interface Ready {
  readonly election: ElectionState | undefined
  readonly truncateTo: number | undefined
  /** The snapshot that was told to be whole by `snapshotWhole`: from now on it stands for all that is in the log. */
  readonly startFrom: OffsetAndEpoch | undefined
  /** What is to be done for a snapshot that is fetched, beside all this. */
  readonly snapshotSteps: readonly SnapshotStep[]
  readonly entries: readonly Entry[]
  readonly requests: readonly OutgoingRequest[]
  readonly answers: readonly Answer[]
  readonly highWatermark: number
  readonly role: Role
  /** For the log. */
  readonly warnings: readonly string[]
}
