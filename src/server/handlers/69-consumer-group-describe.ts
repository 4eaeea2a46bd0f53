/**
 * ConsumerGroupDescribe (69): groups of the consumer protocol and their members, as committed.
 *
 * Versions 0 and 1. 1: which protocol a member speaks.
 */
import { ApiError } from '../../base/index.ts'
import type { ConsumerDescription, DescribedPartitions, GroupService } from '../../coordinator/index.ts'
import {
  type ConsumerGroupDescribeRequest,
  type ConsumerGroupDescribeResponse,
  consumerGroupDescribe,
  ErrorCode,
} from '../../protocol/index.ts'
import { groupOperations, operationsNotAsked } from '../authorized-operations.ts'
import { type ConsumerProtocolServices, isConsumerProtocolOn } from '../consumer-protocol-feature.ts'
import type { Handler } from '../handler.ts'

export interface ConsumerGroupDescribeServices extends ConsumerProtocolServices {
  readonly groups: Pick<GroupService, 'describeConsumer'>
}

type GroupAnswer = ConsumerGroupDescribeResponse['groups'][number]

const memberTypes = { classic: 0, consumer: 1 } as const

const assignmentOf = (partitions: readonly DescribedPartitions[]) => ({
  topicPartitions: partitions.map((of) => ({ ...of, partitions: [...of.partitions] })),
})

function described(group: ConsumerDescription, authorizedOperations: number): GroupAnswer {
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: group.assignor,
    members: group.members.map(({ member, assignment, target }) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      rackId: member.rackId,
      memberEpoch: member.memberEpoch,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopicNames: [...member.topicNames],
      subscribedTopicRegex: member.topicRegex,
      assignment: assignmentOf(assignment),
      targetAssignment: assignmentOf(target),
      memberType: member.classic === null ? memberTypes.consumer : memberTypes.classic,
    })),
    authorizedOperations,
  }
}

const failed = (groupId: string, { code, message }: ApiError): GroupAnswer => ({
  errorCode: code,
  errorMessage: message,
  groupId,
  groupState: '',
  groupEpoch: 0,
  assignmentEpoch: 0,
  assignorName: '',
  members: [],
  authorizedOperations: operationsNotAsked,
})

export function consumerGroupDescribeHandler(
  services: ConsumerGroupDescribeServices,
): Handler<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse> {
  const answer = (groupId: string, operations: number): GroupAnswer => {
    try {
      if (!isConsumerProtocolOn(services)) {
        throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, 'the consumer protocol is not in force')
      }
      return described(services.groups.describeConsumer(groupId), operations)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return failed(groupId, error)
    }
  }
  return {
    api: consumerGroupDescribe,
    async handle({ groupIds, includeAuthorizedOperations }, context) {
      // A commit may have made a group of the name.
      await context.afterEarlier()
      const operations = includeAuthorizedOperations ? groupOperations : operationsNotAsked
      return consumerGroupDescribe.response.create({ groups: groupIds.map((groupId) => answer(groupId, operations)) })
    },
  }
}
