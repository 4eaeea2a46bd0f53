/**
 * The roles of a node in the quorum (KIP-595, 853, 996), and the only transitions between them:
 *
 *   unattached  -> prospective   its election time-out has passed
 *   follower    -> prospective   the leader was not reached for `controller.quorum.fetch.timeout.ms`, or has resigned
 *   prospective -> candidate     a majority would vote for it, or one of the voters does not know pre-votes
 *   prospective -> follower, unattached   a majority would not, or did not answer in time
 *   candidate   -> leader        a majority has voted for it, each vote durable
 *   candidate   -> prospective   there was none in time
 *   leader      -> resigned      the node stops, or has not heard of a majority for long
 *   resigned    -> unattached    in the next epoch, when the others had time for an election
 *   any         -> follower      somebody leads this epoch, or a later one
 *   any         -> unattached    a later epoch has begun, and nobody is known to lead it
 *
 * A node without a vote is an observer: it is unattached or follows, and does not stand for election (but `mayLead`).
 */
import { zeroUuid } from '../base/index.ts'
import type { LogView } from './log-view.ts'
import type { Endpoint, FetchReply, OffsetAndEpoch, QuorumReply, ReplicaKey } from './messages.ts'
import type { Outgoing } from './outgoing.ts'
import type { QuorumRecord } from './quorum-records.ts'
import type { SnapshotFetch } from './snapshot-fetch.ts'
import type { VoterHistory } from './voter-history.ts'
import type { Voter, VoterSet } from './voters.ts'

type RoleKind = 'unattached' | 'follower' | 'prospective' | 'candidate' | 'leader' | 'resigned'

/** What a candidate asks for. */
export interface Ballot {
  readonly isPreVote: boolean
  readonly candidate: ReplicaKey
  /** The candidate's log has all that ours has. */
  readonly isUpToDate: boolean
}

/** Milliseconds; the names are those of `controller.quorum.*`. */
export interface QuorumTimes {
  readonly electionTimeoutMs: number
  readonly electionBackoffMaxMs: number
  readonly fetchTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly retryBackoffMs: number
  /** A leader holds a fetch back for so long when there is nothing new. */
  readonly fetchMaxWaitMs: number
}

export interface KnownLeader {
  readonly epoch: number
  readonly leaderId: number
  readonly leaderEndpoints: readonly Endpoint[]
}

/** What the roles have in common, and how one becomes another. */
export interface Quorum {
  readonly self: ReplicaKey
  readonly voters: VoterSet
  readonly history: VoterHistory
  /** This node as a voter, whether it is one or not. */
  readonly own: Voter
  /** Makes itself a voter where it is none (`controller.quorum.auto.join.enable`). */
  readonly autoJoin: boolean
  /** The name of the listeners that the quorum speaks under. */
  readonly listener: string
  readonly isVoter: boolean
  /**
   * It stands for election: a voter, or one whose removal is in its log and may not be committed. Of two voters the one
   * that led may be the only one with that record: without it the other would never get a majority (Raft 4.2.2).
   */
  readonly mayLead: boolean
  readonly isOnlyVoter: boolean
  readonly log: LogView
  /** The log is durable up to there. */
  readonly flushedOffset: number
  readonly highWatermark: number
  readonly times: QuorumTimes
  readonly fetchBytesMax: number
  readonly outgoing: Outgoing
  /** The snapshot that a follower fetches, if there is one. */
  readonly snapshots: SnapshotFetch
  /** An integer of [0, bound). */
  below(bound: number): number
  toProspective(nowMs: number): void
  toCandidate(nowMs: number): void
  toLeader(granted: ReadonlySet<number>, nowMs: number): void
  toFollower(leader: KnownLeader, nowMs: number): void
  /** In the same epoch what this node voted, and who leads, stays known. */
  toUnattached(epoch: number, nowMs: number): void
  toResigned(preferred: readonly ReplicaKey[], nowMs: number): void
  raiseHighWatermark(offset: number): void
  /** Appends records about the quorum as one batch; returns the offset of the last one. Of a leader. */
  appendQuorumRecords(records: readonly QuorumRecord[]): number
  /** Batches of the leader, behind the end of this log: from the first one that does not fit, nothing is taken. */
  appendFetched(reply: Pick<FetchReply, 'batches' | 'damage'>): void
  truncate(diverging: OffsetAndEpoch): void
  /** Asks an address of the configuration for the log. False: none can be asked now, and nothing is waited for. */
  fetchAnywhere(nowMs: number): boolean
  /** The log, or the next piece of the snapshot that is fetched. */
  fetchFrom(leader: KnownLeader, nowMs: number): void
  /** For the log, as an error. */
  warn(text: string): void
}

export interface Role {
  readonly kind: RoleKind
  readonly epoch: number
  /** -1: nobody is known to lead. */
  readonly leaderId: number
  readonly leaderEndpoints: readonly Endpoint[]
  /** Whom this node has voted for in this epoch. */
  readonly voted: ReplicaKey | undefined
  /** When `tick` or `expire` has something to do, if nothing happens before; infinity: never. */
  readonly wakeMs: number
  grants(ballot: Ballot): boolean
  /** Sends what is due, and goes on to another role where that is decided. */
  tick(nowMs: number): void
  /** Gives up what has had its time: called only when all that had come by then was heard. */
  expire(nowMs: number): void
  /** An answer in this epoch, without what is said of leaders. */
  replied(from: number, reply: QuorumReply, nowMs: number): void
}

/** As long again at most, so that not all stand for election at once; never nothing, or an election would end as it begins. */
export function electionTimeoutMs(quorum: Quorum): number {
  const leastMs = Math.max(1, quorum.times.electionTimeoutMs)
  return leastMs + quorum.below(leastMs)
}

/** Who follows nobody, or only would stand for election, votes for one of each epoch. */
export function grantsOnce(role: Pick<Role, 'voted' | 'leaderId'>, ballot: Ballot): boolean {
  const { isPreVote, candidate, isUpToDate } = ballot
  if (isPreVote) return isUpToDate
  if (role.voted !== undefined) return isVotedFor(role.voted, candidate)
  return role.leaderId < 0 && isUpToDate
}

/** A vote that was given without a directory is of all directories of the id. */
const isVotedFor = (voted: ReplicaKey, { id, directoryId }: ReplicaKey): boolean =>
  voted.id === id && (voted.directoryId === zeroUuid || voted.directoryId === directoryId)
