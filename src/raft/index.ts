/** The door of `raft`. */
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
