/** The quorum as this node sees it: who leads, and, where this node does, how far the others are. For DescribeQuorum and metrics. */
import type { Clock, Uuid } from '../base/index.ts'
import type { Endpoint, RaftDriver, VoterSet } from '../raft/index.ts'

export interface QuorumReplicaView {
  readonly replicaId: number
  readonly replicaDirectoryId: Uuid
  /** -1 before its first fetch. */
  readonly logEndOffset: number
  /** Milliseconds since 1970; -1: never. */
  readonly lastFetchTimestamp: number
  readonly lastCaughtUpTimestamp: number
}

export interface QuorumView {
  /** -1 where nobody is known to lead. */
  readonly leaderId: number
  /** Empty where its address is not known. */
  readonly leaderEndpoints: readonly Endpoint[]
  readonly leaderEpoch: number
  readonly isLeader: boolean
  readonly highWatermark: number
  /** What others are told of it: -1 where this node leads, and has committed nothing in its epoch yet. */
  readonly toldHighWatermark: number
  readonly voters: VoterSet
  /** Of the voters and the observers, this node among the first; empty unless this node leads. */
  readonly replicas: readonly QuorumReplicaView[]
}

/** As a driver tells it. */
type ViewedQuorum = Pick<
  RaftDriver,
  | 'self'
  | 'leaderId'
  | 'epoch'
  | 'epochStartOffset'
  | 'isLeader'
  | 'highWatermark'
  | 'endOffset'
  | 'voters'
  | 'role'
  | 'progress'
>

export function quorumView(raft: ViewedQuorum, clock: Clock): QuorumView {
  const { leaderId, epoch: leaderEpoch, isLeader, highWatermark, voters, role, epochStartOffset = -1 } = raft
  return {
    leaderId,
    leaderEndpoints: role.leaderEndpoints,
    leaderEpoch,
    isLeader,
    highWatermark,
    toldHighWatermark: highWatermark > epochStartOffset ? highWatermark : -1,
    voters,
    replicas: isLeader ? replicasOf(raft, clock) : [],
  }
}

function replicasOf(raft: ViewedQuorum, clock: Clock): readonly QuorumReplicaView[] {
  const { self, endOffset, voters } = raft
  const now = clock.now()
  const monotonicToNow = now - clock.monotonic()
  const timestamp = (atMs: number): number =>
    atMs === Number.NEGATIVE_INFINITY ? -1 : Math.round(atMs + monotonicToNow)
  const views = new Map<string, QuorumReplicaView>()
  const put = (view: QuorumReplicaView): void => void views.set(`${view.replicaId} ${view.replicaDirectoryId}`, view)
  for (const { id, directoryId } of voters.all()) {
    put({
      replicaId: id,
      replicaDirectoryId: directoryId,
      logEndOffset: -1,
      lastFetchTimestamp: -1,
      lastCaughtUpTimestamp: -1,
    })
  }
  for (const { key, endOffset, lastFetchMs, lastCaughtUpMs } of raft.progress()) {
    put({
      replicaId: key.id,
      replicaDirectoryId: key.directoryId,
      logEndOffset: endOffset,
      lastFetchTimestamp: timestamp(lastFetchMs),
      lastCaughtUpTimestamp: timestamp(lastCaughtUpMs),
    })
  }
  put({
    replicaId: self.id,
    // In a static quorum no directory is named; a leader that was removed has its own, and leads on for a while.
    replicaDirectoryId: voters.isVoter(self) ? voters.keyOf(self.id).directoryId : self.directoryId,
    logEndOffset: endOffset,
    lastFetchTimestamp: now,
    lastCaughtUpTimestamp: now,
  })
  return [...views.values()]
}
