/** The door of `raft`. */
export type { CommittedBatch } from './committed-batch.ts'

export type { Answer, ElectionState, Entry, RaftOptions, Ready } from './core.ts'
export {
  type DriverOptions,
  type NewSnapshot,
  RaftDriver,
  type SnapshotRead,
} from './driver.ts'
export type * from './messages.ts'
export { MissingMetadataError } from './opening.ts'
export { decodeQuorumState, encodeQuorumState, QuorumStateError, type QuorumStateFile } from './quorum-state.ts'
export { NotLeaderError, Raft } from './raft.ts'
export type { QuorumTimes, Role } from './role.ts'
export type { SnapshotRetention } from './snapshot-clean-up.ts'
export { SnapshotAbandonedError } from './snapshot-files.ts'
export {
  compareSnapshots,
  parseSnapshotName,
  SnapshotEncoder,
  type SnapshotId,
  snapshotName,
} from './snapshot-format.ts'
export { SnapshotPolicy, type SnapshotPolicyOptions } from './snapshot-policy.ts'
export { type Voter, VoterSet } from './voters.ts'
