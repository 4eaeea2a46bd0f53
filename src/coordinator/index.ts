/** The door of `coordinator`. */
export type { ClassicState } from './group/classic-group.ts'
export type { JoinReply, MemberProtocol, SyncReply } from './group/classic-member.ts'
export type { JoinRequest, SyncRequest } from './group/classic-protocol.ts'
export {
  type CommitRequest,
  type GroupConfig,
  GroupCoordinator,
  type GroupCoordinatorOptions,
  type OffsetKey,
  type OffsetToCommit,
} from './group/group-coordinator.ts'
export type { CommittedOffset, GroupRecord } from './group/group-record.ts'
export { decodeGroupRecord, encodeGroupRecord, type KeyValue } from './group/group-record-codec.ts'
export { type ShardLog, ShardRuntime, type ShardState } from './runtime.ts'
export type { Append, ShardContext, ShardTimers } from './shard-context.ts'
