/** What administrators are shown of a group. */
import { type Uuid, zeroUuid } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { Assignor } from './assignors/assignor.ts'
import type { ClassicGroup, ClassicState } from './classic-group.ts'
import { emptyBytes } from './classic-member.ts'
import type { ConsumerGroup, ConsumerGroupState } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import type { ConsumerTopics } from './consumer-topics.ts'
import type { ForeignGroup, ForeignKind } from './foreign-groups.ts'
import type { FoundGroup } from './found-groups.ts'
import type { CommittedOffset } from './group-record.ts'
import type { TopicOfOffset } from './group-requests.ts'
import { preferredAssignor } from './member-change.ts'

/** Kafka's names. */
const stateNames: Readonly<Record<ClassicState, string>> = {
  empty: 'Empty',
  preparing: 'PreparingRebalance',
  completing: 'CompletingRebalance',
  stable: 'Stable',
  dead: 'Dead',
}

const consumerStateNames: Readonly<Record<ConsumerGroupState, string>> = {
  empty: 'Empty',
  assigning: 'Assigning',
  reconciling: 'Reconciling',
  stable: 'Stable',
}

const typeNames: Readonly<Record<ForeignKind, string>> = {
  share: 'share',
  streams: 'streams',
  unreadable: 'unknown',
}

export interface DescribedMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly metadata: Uint8Array
  readonly assignment: Uint8Array
}

export interface GroupDescription {
  readonly groupId: string
  /** NONE, or GROUP_ID_NOT_FOUND with a message. */
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly state: string
  readonly protocolType: string
  readonly protocolName: string
  readonly members: readonly DescribedMember[]
}

export interface GroupListing {
  readonly groupId: string
  readonly protocolType: string
  readonly state: string
  readonly type: string
}

/** What members offer and were given is told of a stable group alone: before, it is about to change. */
export function describe(group: ClassicGroup): GroupDescription {
  const isStable = group.state === 'stable'
  return {
    groupId: group.groupId,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    state: classicStateName(group),
    protocolType: group.protocolType ?? '',
    protocolName: isStable ? (group.protocolName ?? '') : '',
    members: group.members().map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      metadata: isStable ? member.metadataOf(group.protocolName) : emptyBytes,
      assignment: isStable ? member.assignment : emptyBytes,
    })),
  }
}

export function describeFailed(groupId: string, errorCode: number, errorMessage: string | null): GroupDescription {
  const isUnknown = errorCode === ErrorCode.GROUP_ID_NOT_FOUND
  return {
    groupId,
    errorCode,
    errorMessage,
    state: isUnknown ? stateNames.dead : '',
    protocolType: '',
    protocolName: '',
    members: [],
  }
}

/** Nothing is made for it: there may be very many groups, and they are counted again and again. */
export const classicStateName = ({ state }: ClassicGroup): string => stateNames[state]
export const consumerStateName = ({ committedState }: ConsumerGroup): string => consumerStateNames[committedState]

export const listing = (group: ClassicGroup): GroupListing => ({
  groupId: group.groupId,
  protocolType: group.protocolType ?? '',
  state: classicStateName(group),
  type: 'classic',
})

export const foundClassic = (group: ClassicGroup): FoundGroup => ({
  groupId: group.groupId,
  type: 'classic',
  state: classicStateName(group),
  epoch: group.generationId,
  memberCount: group.size,
})

/** Nobody serves the members that its records tell of; that they are there is all that is known. */
export const foreignListing = ({ groupId, kind, hasMembers }: ForeignGroup): GroupListing => ({
  groupId,
  protocolType: kind === 'unreadable' ? '' : kind,
  state: hasMembers ? stateNames.stable : stateNames.empty,
  type: typeNames[kind],
})

/** An offset of a topic that was deleted and made anew is not one of the topic that is asked for. */
export function isOfTopic(value: CommittedOffset, { topicId }: TopicOfOffset): boolean {
  return value.topicId === zeroUuid || topicId === zeroUuid || value.topicId === topicId
}

// ---- groups of the consumer protocol

export interface DescribedPartitions {
  readonly topicId: Uuid
  readonly topicName: string
  readonly partitions: readonly number[]
}

interface DescribedConsumer {
  readonly member: ConsumerMember
  readonly assignment: readonly DescribedPartitions[]
  readonly target: readonly DescribedPartitions[]
}

export interface ConsumerDescription {
  readonly groupId: string
  readonly state: string
  readonly epoch: number
  readonly assignmentEpoch: number
  readonly assignor: string
  readonly members: readonly DescribedConsumer[]
}

export interface DescribingOptions {
  readonly topics: ConsumerTopics
  readonly assignors: readonly Assignor[]
}

/** As committed. What a member is to give up is still its own. */
export function describeConsumer(group: ConsumerGroup, { topics, assignors }: DescribingOptions): ConsumerDescription {
  const { epoch, assignmentEpoch, members, targets } = group.committed
  return {
    groupId: group.groupId,
    state: consumerStateName(group),
    epoch,
    assignmentEpoch,
    assignor: preferredAssignor(group.assignors.entries(), assignors).name,
    members: [...members.entries()].map(([memberId, member]) => ({
      member,
      assignment: partitionsOf([member.assigned, member.revoking], topics),
      target: partitionsOf([targets.get(memberId) ?? new Map()], topics),
    })),
  }
}

type Keyed = { keys(): IterableIterator<number> }

/** Of topics that are there. */
function partitionsOf(
  assignments: readonly ReadonlyMap<Uuid, Keyed>[],
  topics: ConsumerTopics,
): readonly DescribedPartitions[] {
  const found = new Map<Uuid, { topicId: Uuid; topicName: string; partitions: number[] }>()
  for (const assignment of assignments) {
    for (const [topicId, partitions] of assignment) {
      const topicName = topics.nameOf(topicId)
      if (topicName === undefined) continue
      const entry = found.get(topicId) ?? { topicId, topicName, partitions: [] }
      entry.partitions.push(...partitions.keys())
      found.set(topicId, entry)
    }
  }
  return [...found.values()]
}

export const consumerListing = (group: ConsumerGroup): GroupListing => ({
  groupId: group.groupId,
  protocolType: 'consumer',
  state: consumerStateName(group),
  type: 'consumer',
})

export const foundConsumer = (group: ConsumerGroup): FoundGroup => ({
  groupId: group.groupId,
  type: 'consumer',
  state: consumerStateName(group),
  epoch: group.epoch,
  memberCount: group.size,
})
