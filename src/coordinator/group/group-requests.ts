/** Requests about offsets and groups, as the handlers put them to the coordinator. */
import type { Uuid } from '../../base/index.ts'
import type { MemberIdentity } from './classic-member.ts'
import type { CommittedOffset } from './group-record.ts'

export interface GroupConfig {
  /** `group.initial.rebalance.delay.ms`. */
  readonly initialRebalanceDelayMs: number
  /** `group.min.session.timeout.ms` and `group.max.session.timeout.ms`. */
  readonly sessionTimeoutMsMin: number
  readonly sessionTimeoutMsMax: number
  /** `offset.metadata.max.bytes`. */
  readonly offsetMetadataBytesMax: number
  /** `offsets.retention.minutes` and `offsets.retention.check.interval.ms`. */
  readonly offsetsRetentionMs: number
  readonly offsetsRetentionCheckIntervalMs: number
}

/** A member that is to leave, and why. */
export interface Leaving extends MemberIdentity {
  readonly reason: string
}

export interface OffsetKey {
  readonly topic: string
  readonly partition: number
}

/** The zero UUID where the client named the topic alone. */
export interface TopicOfOffset extends OffsetKey {
  readonly topicId: Uuid
}

export interface OffsetToCommit extends TopicOfOffset {
  readonly offset: bigint
  readonly leaderEpoch: number
  readonly metadata: string | null
}

export interface CommitRequest extends MemberIdentity {
  readonly groupId: string
  readonly generationId: number
  readonly offsets: readonly OffsetToCommit[]
  /** How long they are kept, whatever becomes of the group; absent or -1: as the broker is configured. */
  readonly retentionTimeMs?: number
  /** From version 9 on: the client speaks the consumer protocol, and knows GROUP_ID_NOT_FOUND. */
  readonly knowsEpochs: boolean
}

/** An error code per partition, in the order of the request. */
export type PartitionCodes = readonly number[]

export interface FetchOffsetsRequest {
  readonly groupId: string
  /** Of a member of a group of the consumer protocol; null and -1 from others. */
  readonly memberId: string | null
  readonly memberEpoch: number
  /** Null: all that there are. */
  readonly keys: readonly TopicOfOffset[] | null
}

export interface FetchedOffset extends OffsetKey {
  readonly errorCode: number
  /** Null where none is committed, or with an error. */
  readonly value: CommittedOffset | null
}
