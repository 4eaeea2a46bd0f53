/** Share groups (KIP-932): as they are, and where they stand in partitions (KIP-1226 for the lag). */
import {
  alterShareGroupOffsets as alterApi,
  type DescribeShareGroupOffsetsResponse,
  deleteShareGroupOffsets as deleteApi,
  shareGroupDescribe as describeApi,
  ErrorCode,
  describeShareGroupOffsets as listApi,
  type ShareGroupDescribeResponse,
} from '../../protocol/index.ts'
import type { TopicPartition } from '../consumer/assignors/assignor.ts'
import { KafkaError } from '../kafka-error.ts'
import { type AclOperation, operationsOf } from './acl-operations.ts'
import { type CallOptions, checkOffset } from './admin-options.ts'
import { committingPasses, coordinatorPasses, coordinators } from './coordinators.ts'
import type { DescribeGroupsOptions } from './group-descriptions.ts'
import { failureOf } from './results.ts'
import type { Routing } from './routing.ts'
import { numbersByTopic, partitionName } from './topic-partitions.ts'

export interface ShareMemberDescription {
  readonly memberId: string
  readonly rackId: string | null
  readonly memberEpoch: number
  readonly clientId: string
  readonly host: string
  readonly subscribedTopics: readonly string[]
  readonly assignment: readonly TopicPartition[]
}

export interface ShareGroupDescription {
  readonly groupId: string
  readonly type: 'share'
  /** As its coordinator writes it: `Stable`, `Empty`. */
  readonly state: string
  readonly assignor: string
  readonly members: readonly ShareMemberDescription[]
  readonly groupEpoch: number
  readonly targetAssignmentEpoch: number
  /** What the caller may do with the group; undefined: not asked for. */
  readonly authorizedOperations: readonly AclOperation[] | undefined
}

export function describeShareGroups(routing: Routing, groupIds: readonly string[], options: DescribeGroupsOptions) {
  return routing.settle(groupIds, {
    deadline: routing.deadline('describeShareGroups', options),
    place: coordinators('group', (it) => it),
    passes: coordinatorPasses,
    keyOf: (it) => it,
    ask: async (to, asked) => {
      const includeAuthorizedOperations = options.includeAuthorizedOperations ?? false
      const { groups } = await to.send(describeApi, { groupIds: asked, includeAuthorizedOperations })
      return groups.map((it) => [it.groupId, groupOf(it)])
    },
  })
}

function groupOf(told: ShareGroupDescribeResponse['groups'][number]): ShareGroupDescription | KafkaError {
  const { groupId, errorCode, errorMessage } = told
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, `group '${groupId}'`, errorMessage)
  return {
    groupId,
    type: 'share',
    state: told.groupState,
    assignor: told.assignorName,
    members: told.members.map((it) => ({
      memberId: it.memberId,
      rackId: it.rackId,
      memberEpoch: it.memberEpoch,
      clientId: it.clientId,
      host: it.clientHost,
      subscribedTopics: it.subscribedTopicNames,
      assignment: it.assignment.topicPartitions.flatMap(({ topicName, partitions }) =>
        partitions.map((partition) => ({ topic: topicName, partition })),
      ),
    })),
    groupEpoch: told.groupEpoch,
    targetAssignmentEpoch: told.assignmentEpoch,
    authorizedOperations: operationsOf(told.authorizedOperations),
  }
}

export interface ShareGroupOffset extends TopicPartition {
  /** All before it is done with. */
  readonly startOffset: number
  /** -1: not known. */
  readonly leaderEpoch: number
  /** Records that are not done with; -1: not known (before 4.2). */
  readonly lag: number
}

/** By partition; where the group has not begun, nothing is told. */
export type ShareGroupOffsets = ReadonlyMap<string, ShareGroupOffset>

export interface ListShareGroupOffsetsOptions extends CallOptions {
  /** All that the group has unless told. */
  readonly partitions?: readonly TopicPartition[]
}

export function listShareGroupOffsets(
  routing: Routing,
  groupIds: readonly string[],
  options: ListShareGroupOffsetsOptions,
) {
  const { partitions } = options
  const topics = partitions === undefined ? null : numbersByTopic(partitions, 'topicName')
  return routing.settle(groupIds, {
    deadline: routing.deadline('listShareGroupOffsets', options),
    place: coordinators('group', (it) => it),
    passes: coordinatorPasses,
    keyOf: (it) => it,
    ask: async (to, asked) => {
      const { groups } = await to.send(listApi, { groups: asked.map((groupId) => ({ groupId, topics })) })
      return groups.map((it) => [it.groupId, offsetsOf(it)])
    },
  })
}

/** An error of one partition is that of the group: half of its offsets would be taken for all of them. */
function offsetsOf(told: DescribeShareGroupOffsetsResponse['groups'][number]): ShareGroupOffsets | KafkaError {
  const what = `group '${told.groupId}'`
  if (told.errorCode !== ErrorCode.NONE) return KafkaError.of(told.errorCode, what, told.errorMessage)
  const offsets = new Map<string, ShareGroupOffset>()
  for (const { topicName: topic, partitions } of told.topics) {
    for (const { partitionIndex: partition, startOffset, leaderEpoch, lag, errorCode, errorMessage } of partitions) {
      const name = partitionName({ topic, partition })
      if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, `${what}, ${name}`, errorMessage)
      if (startOffset >= 0) offsets.set(name, { topic, partition, startOffset, leaderEpoch, lag })
    }
  }
  return offsets
}

export interface ShareOffsetToAlter extends TopicPartition {
  readonly startOffset: number
}

export function alterShareGroupOffsets(
  routing: Routing,
  groupId: string,
  altered: readonly ShareOffsetToAlter[],
  options: CallOptions,
) {
  return routing.settle(altered, {
    deadline: routing.deadline('alterShareGroupOffsets', options),
    place: coordinators('group', () => groupId),
    passes: committingPasses,
    keyOf: partitionName,
    ask: async (to, them) => {
      for (const { startOffset, ...it } of them) checkOffset(partitionName(it), startOffset)
      const topics = [...Map.groupBy(them, ({ topic }) => topic)].map(([topicName, of]) => ({
        topicName,
        partitions: of.map(({ partition, startOffset }) => ({ partitionIndex: partition, startOffset })),
      }))
      const { errorCode, errorMessage, responses } = await to.send(alterApi, { groupId, topics })
      if (errorCode !== ErrorCode.NONE) throw KafkaError.of(errorCode, `group '${groupId}'`, errorMessage)
      return responses.flatMap(({ topicName: topic, partitions }) =>
        partitions.map((it) => {
          const name = partitionName({ topic, partition: it.partitionIndex })
          return [name, failureOf(it.errorCode, `group '${groupId}', ${name}`, it.errorMessage)] as const
        }),
      )
    },
  })
}

export function deleteShareGroupOffsets(
  routing: Routing,
  groupId: string,
  topics: readonly string[],
  options: CallOptions,
) {
  return routing.settle(topics, {
    deadline: routing.deadline('deleteShareGroupOffsets', options),
    place: coordinators('group', () => groupId),
    passes: committingPasses,
    keyOf: (it) => it,
    ask: async (to, them) => {
      const request = { groupId, topics: them.map((topicName) => ({ topicName })) }
      const { errorCode, errorMessage, responses } = await to.send(deleteApi, request)
      if (errorCode !== ErrorCode.NONE) throw KafkaError.of(errorCode, `group '${groupId}'`, errorMessage)
      return responses.map(
        (it) =>
          [
            it.topicName,
            failureOf(it.errorCode, `group '${groupId}', topic '${it.topicName}'`, it.errorMessage),
          ] as const,
      )
    },
  })
}
