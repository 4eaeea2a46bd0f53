/** The quorum as this node sees it: who leads, and, where this node does, how far the others are. For DescribeQuorum and metrics. */
import { type Clock, type Uuid, zeroUuid } from '../base/index.ts'
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
  readonly voters: VoterSet
  /** Of the voters and the observers, this node among the first; empty unless this node leads. */
  readonly replicas: readonly QuorumReplicaView[]
}

export function quorumView(raft: RaftDriver, clock: Clock): QuorumView {
  const { leaderId, epoch: leaderEpoch, isLeader, highWatermark, voters, role } = raft
  const replicas = isLeader ? replicasOf(raft, clock) : []
  return { leaderId, leaderEndpoints: role.leaderEndpoints, leaderEpoch, isLeader, highWatermark, voters, replicas }
}

function replicasOf(raft: RaftDriver, clock: Clock): readonly QuorumReplicaView[] {
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
    replicaDirectoryId: voters.directoryIdOf(self.id) ?? zeroUuid,
    logEndOffset: endOffset,
    lastFetchTimestamp: now,
    lastCaughtUpTimestamp: now,
  })
  return [...views.values()]
}
