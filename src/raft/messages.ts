/**
 * What the nodes of a quorum say to each other, as the machine knows it: the messages of the wire without envelopes
 * (KIP-595; KIP-630 for snapshots, KIP-853 for directories and changes of voters, KIP-996 for pre-votes).
 */
import type { Uuid } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'

/** A replica is its id and its directory: one that lost its disk is another. */
export interface ReplicaKey {
  readonly id: number
  /** Zero: not known, as in a static quorum. */
  readonly directoryId: Uuid
}

/** Where a node listens for controllers' messages. */
export interface Endpoint {
  readonly name: string
  readonly host: string
  readonly port: number
}

export interface OffsetAndEpoch {
  readonly offset: number
  readonly epoch: number
}

/** Of kraft.version, both included. */
export interface VersionRange {
  readonly min: number
  readonly max: number
}

export interface VoteRequest {
  readonly kind: 'vote'
  readonly isPreVote: boolean
  readonly epoch: number
  readonly candidate: ReplicaKey
  /** Who is asked; undefined in the oldest version. */
  readonly voter: ReplicaKey | undefined
  /** Of the candidate's log: its end and its last epoch. */
  readonly log: OffsetAndEpoch
}

export interface BeginEpochRequest {
  readonly kind: 'begin-epoch'
  readonly epoch: number
  readonly leaderId: number
  readonly leaderEndpoints: readonly Endpoint[]
  readonly voter: ReplicaKey | undefined
}

export interface EndEpochRequest {
  readonly kind: 'end-epoch'
  readonly epoch: number
  readonly leaderId: number
  readonly leaderEndpoints: readonly Endpoint[]
  /** Who should stand for election, the best first. */
  readonly preferred: readonly ReplicaKey[]
}

export interface FetchRequest {
  readonly kind: 'fetch'
  readonly epoch: number
  readonly replica: ReplicaKey
  readonly fetchOffset: number
  readonly lastFetchedEpoch: number
  /** Of the replica, -1 where it has none: a leader that knows a higher one answers at once (KIP-1166). */
  readonly highWatermark: number
  readonly maxWaitMs: number
  readonly maxBytes: number
}

/** A piece of a snapshot of the leader (FetchSnapshot). */
export interface FetchSnapshotRequest {
  readonly kind: 'fetch-snapshot'
  readonly epoch: number
  readonly replica: ReplicaKey
  readonly snapshot: OffsetAndEpoch
  /** Of the first byte that is asked for. */
  readonly position: number
  readonly maxBytes: number
}

/** The leader is to make a voter of one that observes (AddRaftVoter). */
export interface AddVoterRequest {
  readonly kind: 'add-voter'
  readonly voter: ReplicaKey
  readonly endpoints: readonly Endpoint[]
  /** False: answered when the change is in the leader's log (KIP-1186). */
  readonly ackWhenCommitted: boolean
}

export interface RemoveVoterRequest {
  readonly kind: 'remove-voter'
  readonly voter: ReplicaKey
}

/** What a voter says of itself to the leader of an epoch (UpdateRaftVoter). */
export interface UpdateVoterRequest {
  readonly kind: 'update-voter'
  readonly epoch: number
  readonly voter: ReplicaKey
  readonly endpoints: readonly Endpoint[]
  readonly kraftVersions: VersionRange
}

export type VoterChangeRequest = AddVoterRequest | RemoveVoterRequest | UpdateVoterRequest

export type QuorumRequest =
  | VoteRequest
  | BeginEpochRequest
  | EndEpochRequest
  | FetchRequest
  | FetchSnapshotRequest
  | VoterChangeRequest

/** Asked of who is to become a voter: its range of kraft.version. Goes out only. */
export interface ApiVersionsRequest {
  readonly kind: 'api-versions'
}

/** What every reply says: who leads, as far as the answering node knows. */
export interface ReplyHead {
  readonly errorCode: number
  readonly epoch: number
  /** -1: not known. */
  readonly leaderId: number
  readonly leaderEndpoints: readonly Endpoint[]
}

export interface VoteReply extends ReplyHead {
  readonly kind: 'vote'
  readonly isGranted: boolean
}

export interface BeginEpochReply extends ReplyHead {
  readonly kind: 'begin-epoch'
}

export interface EndEpochReply extends ReplyHead {
  readonly kind: 'end-epoch'
}

/** A batch that a leader sent. */
export interface FetchedBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly epoch: number
  readonly bytes: Uint8Array
}

export interface FetchReply extends ReplyHead {
  readonly kind: 'fetch'
  /** -1: not known yet in this epoch. */
  readonly highWatermark: number
  /** The replica's log is another one from the end of this epoch on, at the latest. */
  readonly diverging: OffsetAndEpoch | undefined
  /** The log begins behind what was asked for: this snapshot comes first. */
  readonly snapshot: OffsetAndEpoch | undefined
  readonly batches: readonly FetchedBatch[]
  /** Why nothing behind these batches is taken, where the leader has sent more and it is no batch. */
  readonly damage?: string
}

/**
 * Errors: SNAPSHOT_NOT_FOUND, POSITION_OUT_OF_RANGE, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER,
 * INVALID_REQUEST; then nothing but the head says something.
 */
export interface FetchSnapshotReply extends ReplyHead {
  readonly kind: 'fetch-snapshot'
  readonly snapshot: OffsetAndEpoch
  /** Bytes of all of it. */
  readonly size: number
  readonly position: number
  /** From `position` on, cut anywhere. Who gets them may keep them. */
  readonly bytes: Uint8Array
}

/** These two say nothing of who leads. */
export interface VoterChangeReply {
  readonly kind: 'add-voter' | 'remove-voter'
  readonly errorCode: number
  readonly errorMessage: string | undefined
}

export interface UpdateVoterReply extends ReplyHead {
  readonly kind: 'update-voter'
}

export interface ApiVersionsReply {
  readonly kind: 'api-versions'
  readonly errorCode: number
  /** Undefined: the feature kraft.version is not among those supported. */
  readonly kraftVersions: VersionRange | undefined
}

/** What may come back to who asked. */
export type QuorumReply =
  | VoteReply
  | BeginEpochReply
  | EndEpochReply
  | FetchReply
  | FetchSnapshotReply
  | VoterChangeReply
  | UpdateVoterReply
  | ApiVersionsReply

/** An answer to another node. */
export interface Answer {
  readonly token: number
  readonly reply: QuorumReply
  /** What of the log, or of a snapshot, goes into the reply. */
  readonly read:
    | { readonly of: 'log'; readonly offset: number; readonly bytesMax: number }
    | {
        readonly of: 'snapshot'
        readonly snapshot: OffsetAndEpoch
        readonly position: number
        readonly bytesMax: number
      }
    | undefined
}

/** Where a request goes: a voter, the leader, or an address that is asked who leads (id below zero). */
export interface Destination {
  readonly id: number
  readonly endpoint: Endpoint
}

export interface OutgoingRequest {
  readonly to: Destination
  /** Comes back with the reply. */
  readonly correlationId: number
  readonly request: QuorumRequest | ApiVersionsRequest
}

/** What became of a request. */
export type Outcome =
  | { readonly kind: 'reply'; readonly reply: QuorumReply }
  /** Nobody answered, or not in time. */
  | { readonly kind: 'failed' }
  /** The other one does not know this version: of a vote, that there are pre-votes. */
  | { readonly kind: 'unsupported' }

/** A fetch that gets nothing. */
export const emptyFetch = (head: ReplyHead): FetchReply => ({
  kind: 'fetch',
  ...head,
  highWatermark: -1,
  diverging: undefined,
  snapshot: undefined,
  batches: [],
})

/** No piece of a snapshot. */
export const emptyFetchSnapshot = (head: ReplyHead): FetchSnapshotReply => ({
  kind: 'fetch-snapshot',
  ...head,
  snapshot: { offset: 0, epoch: 0 },
  size: 0,
  position: 0,
  bytes: new Uint8Array(0),
})

export const isSameSnapshot = (a: OffsetAndEpoch, b: OffsetAndEpoch): boolean =>
  a.offset === b.offset && a.epoch === b.epoch

export const isSameReplica = (a: ReplicaKey | undefined, b: ReplicaKey | undefined): boolean =>
  a?.id === b?.id && a?.directoryId === b?.directoryId

/** Answers that a replica goes on with; it asks again in its own time. */
const expected: Readonly<Partial<Record<QuorumReply['kind'], readonly number[]>>> = {
  'add-voter': [ErrorCode.REQUEST_TIMED_OUT, ErrorCode.DUPLICATE_VOTER],
  'remove-voter': [ErrorCode.REQUEST_TIMED_OUT, ErrorCode.VOTER_NOT_FOUND],
  'update-voter': [ErrorCode.UNSUPPORTED_VERSION],
}

/** False: it is not asked again at once. */
export const isOfUse = ({ kind, errorCode }: QuorumReply): boolean =>
  errorCode === ErrorCode.NONE || expected[kind]?.includes(errorCode) === true

/**
 * Names of listeners are the same in small letters and capitals, and of each there is one, the last: as Kafka takes them,
 * from others as well as from the log.
 */
export function endpointsByName(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const byName = new Map<string, Endpoint>()
  for (const { name, host, port } of endpoints) {
    const normalised = name.toUpperCase()
    byName.set(normalised, { name: normalised, host, port })
  }
  return [...byName.values()]
}

/** A node is reached by the name of the listener that its quorum speaks under. */
export const endpointOf = (endpoints: readonly Endpoint[], listener: string | undefined): Endpoint | undefined =>
  endpoints.find(({ name }) => name === listener)

/** At its first endpoint where it has none of the name. */
export const reachedAt = (endpoints: readonly Endpoint[], listener: string | undefined): Endpoint | undefined =>
  endpointOf(endpoints, listener) ?? endpoints[0]
