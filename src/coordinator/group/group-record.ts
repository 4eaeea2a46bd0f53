/**
 * The records of `__consumer_offsets` that this coordinator writes, as values: offsets by group and partition, the last
 * stable generation of a classic group, and all that a group of the consumer protocol is. `group-record-codec.ts` gives them Kafka's bytes.
 */
import type { Uuid } from '../../base/index.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { MemberProtocol } from './classic-member.ts'
import type { ConsumerRecord } from './consumer-record.ts'

export interface CommittedOffset {
  /** Any int64 that a client chose: kept as it is. */
  readonly offset: bigint
  /** -1 where the client told none. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestampMs: bigint
  /** Until when it is kept, where the client said so (OffsetCommit 2 to 4); else the broker's retention counts. */
  readonly expireTimestampMs?: bigint
  /** The zero UUID in what Kafka wrote before it knew them, and from a transaction. */
  readonly topicId: Uuid
}

export interface OffsetRecord {
  readonly kind: 'offset'
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  /** Null takes the offset away. */
  readonly value: CommittedOffset | null
}

/** Takes the offset of a partition away. */
export const offsetTombstone = (
  groupId: string,
  { topic, partition }: Pick<OffsetRecord, 'topic' | 'partition'>,
): OffsetRecord => ({ kind: 'offset', groupId, topic, partition, value: null })

export interface StoredMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  readonly subscription: Uint8Array
  readonly assignment: Uint8Array
}

export interface StoredGroup {
  readonly protocolType: string
  readonly generationId: number
  readonly protocolName: string | null
  /** Null beside members: no leader of theirs has assigned, and the group is about to rebalance. */
  readonly leaderId: string | null
  readonly stateTimestampMs: number
  readonly members: readonly StoredMember[]
}

export interface ClassicGroupRecord {
  readonly kind: 'classic-group'
  readonly groupId: string
  /** Null takes the group away. */
  readonly value: StoredGroup | null
}

export type GroupRecord = OffsetRecord | ClassicGroupRecord | ConsumerRecord

/** The group as it is, with the assignments that it is about to get. */
export function classicGroupRecord(
  group: ClassicGroup,
  nowMs: number,
  assignments: ReadonlyMap<string, Uint8Array> = new Map(),
): ClassicGroupRecord {
  return {
    kind: 'classic-group',
    groupId: group.groupId,
    value: {
      protocolType: group.protocolType ?? '',
      generationId: group.generationId,
      protocolName: group.protocolName,
      leaderId: group.leaderId ?? null,
      stateTimestampMs: nowMs,
      members: group.members().map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeoutMs: member.rebalanceTimeoutMs,
        sessionTimeoutMs: member.sessionTimeoutMs,
        subscription: member.metadataOf(group.protocolName),
        assignment: assignments.get(member.memberId) ?? member.assignment,
      })),
    },
  }
}

/** What a stored member offers: its subscription under the protocol that the group had chosen. */
export function storedProtocols(group: StoredGroup, member: StoredMember): readonly MemberProtocol[] {
  return [{ name: group.protocolName ?? '', metadata: member.subscription }]
}
