/** The door of `raft`. */
export { type CommittedBatch, type DriverOptions, RaftDriver } from './driver.ts'
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
export { type Voter, VoterSet } from './voters.ts'
