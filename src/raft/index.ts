/** The door of `raft`. */
export type { QuorumAnswer } from './asked.ts'
export type { CommittedBatch } from './committed-batch.ts'

export type { RaftOptions } from './core.ts'
export { RaftDriver } from './driver.ts'
export type { DriverOptions, SnapshotRead } from './driver-options.ts'
export type * from './messages.ts'
export { reachedAt } from './messages.ts'
export { MissingMetadataError } from './opening.ts'
export { kraftVersionMax } from './own-voter.ts'
export { encodeQuorumRecord } from './quorum-records.ts'
export { decodeQuorumState, encodeQuorumState, QuorumStateError, type QuorumStateFile } from './quorum-state.ts'
export { NotLeaderError, Raft } from './raft.ts'
export type { ElectionState, Entry, Ready } from './ready.ts'
export type { KnownLeader, QuorumTimes, Role } from './role.ts'
export type { SnapshotRetention } from './snapshot-clean-up.ts'
export { SnapshotAbandonedError } from './snapshot-files.ts'
export {
  compareSnapshots,
  parseSnapshotName,
  SnapshotEncoder,
  type SnapshotId,
  snapshotName,
} from './snapshot-format.ts'
export type { NewSnapshot } from './snapshot-keeper.ts'
export { SnapshotPolicy, type SnapshotPolicyOptions } from './snapshot-policy.ts'
export { type Voter, VoterSet } from './voters.ts'
export {
  decodeBeginEpoch,
  decodeBeginEpochReply,
  encodeBeginEpoch,
  encodeBeginEpochReply,
} from './wire/begin-epoch.ts'
export { decodeEndEpoch, decodeEndEpochReply, encodeEndEpoch, encodeEndEpochReply } from './wire/end-epoch.ts'
export { decodeFetch, decodeFetchReply, encodeFetch, encodeFetchReply } from './wire/fetch.ts'
export {
  decodeFetchSnapshot,
  decodeFetchSnapshotReply,
  encodeFetchSnapshot,
  encodeFetchSnapshotReply,
  refusedFetchSnapshot,
} from './wire/fetch-snapshot.ts'
export type { WireNames } from './wire/metadata-partition.ts'
export { decodeVote, decodeVoteReply, encodeVote, encodeVoteReply } from './wire/vote.ts'
export {
  decodeAddVoter,
  decodeRemoveVoter,
  decodeUpdateVoter,
  decodeUpdateVoterReply,
  decodeVersionsReply,
  decodeVoterChangeReply,
  encodeAddVoter,
  encodeRemoveVoter,
  encodeUpdateVoter,
  encodeUpdateVoterReply,
  encodeVoterChangeReply,
} from './wire/voters.ts'
