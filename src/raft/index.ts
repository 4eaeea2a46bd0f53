/** The door of `raft`. */
export {
  type CommittedBatch,
  type DriverOptions,
  type NewSnapshot,
  RaftDriver,
  type SnapshotRead,
} from './driver.ts'
export { MissingMetadataError } from './opening.ts'
export { decodeQuorumState, encodeQuorumState, QuorumStateError, type QuorumStateFile } from './quorum-state.ts'
export {
  type ElectionState,
  type Entry,
  type LogState,
  NotLeaderError,
  Raft,
  type RaftOptions,
  type Ready,
} from './raft.ts'
export type { Role } from './role.ts'
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
