/**
 * The roles of a voter, and the only transitions between them:
 *
 *   unattached -> candidate   an election starts, in an epoch that is new to the log and to the vote file
 *   candidate  -> leader      a majority has granted its vote, each flushed
 *   leader     -> resigned    the node stops, or its log failed
 *   candidate  -> resigned    the node stops
 *
 * A resigned voter takes no part until the process starts anew.
 */
interface Unattached {
  readonly kind: 'unattached'
  readonly epoch: number
}

export interface Candidate {
  readonly kind: 'candidate'
  readonly epoch: number
  /** Who has granted a vote in this epoch. Our own counts once it is flushed. */
  readonly granted: ReadonlySet<number>
}

export interface Leader {
  readonly kind: 'leader'
  readonly epoch: number
  /** Offset of the leader-change record: nothing is committed by count before this epoch has an entry (Raft 5.4.2). */
  readonly epochStartOffset: number
  readonly granted: ReadonlySet<number>
}

interface Resigned {
  readonly kind: 'resigned'
  readonly epoch: number
}

export type Role = Unattached | Candidate | Leader | Resigned
