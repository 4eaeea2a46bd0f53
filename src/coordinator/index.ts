/** The door of `coordinator`. */
export { type Assignment, type Assignor, AssignorError, type MemberSpec } from './group/assignors/assignor.ts'
export { rangeAssignor } from './group/assignors/range-assignor.ts'
export { uniformAssignor } from './group/assignors/uniform-assignor.ts'
export type { ClassicState } from './group/classic-group.ts'
export type { JoinReply, MemberIdentity, MemberProtocol, SyncReply } from './group/classic-member.ts'
export type { JoinRequest, SyncRequest } from './group/classic-protocol.ts'
export type { ConsumerHeartbeat, ConsumerHeartbeatReply } from './group/consumer-requests.ts'
export type { CoordinatorPartition } from './group/coordinator-partition.ts'
export { GroupCoordinator, type GroupCoordinatorOptions } from './group/group-coordinator.ts'
export type { GroupEvent } from './group/group-event.ts'
export type { CommittedOffset, GroupRecord } from './group/group-record.ts'
export { decodeGroupRecord, encodeGroupRecord, type KeyValue } from './group/group-record-codec.ts'
export type {
  CommitRequest,
  FetchedOffset,
  FetchOffsetsRequest,
  GroupConfig,
  OffsetKey,
  OffsetToCommit,
  PartitionCodes,
  TopicOfOffset,
} from './group/group-requests.ts'
export {
  type GroupFigures,
  type GroupFilter,
  GroupService,
  type GroupServiceOptions,
  type ToldHistory,
} from './group/group-service.ts'
export type {
  ConsumerDescription,
  DescribedMember,
  DescribedPartitions,
  GroupDescription,
  GroupListing,
} from './group/group-state.ts'
export { groupPartition, javaHash } from './group/java-hash.ts'
export { ShardRuntime, type ShardState } from './runtime.ts'
export type { Append, ShardContext, ShardTimers } from './shard-context.ts'
export type { ShardBatch, ShardLog } from './shard-log.ts'
