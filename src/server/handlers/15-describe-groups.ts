/**
 * DescribeGroups (15): classic groups and their members.
 *
 * Versions 0 to 6. 3: what may be done to a group. 4: instance ids. 6: GROUP_ID_NOT_FOUND with a message; before, a group
 * that is not there, or of another kind, is dead.
 */
import type { GroupDescription, GroupService } from '../../coordinator/index.ts'
import {
  type DescribeGroupsRequest,
  type DescribeGroupsResponse,
  describeGroups,
  ErrorCode,
} from '../../protocol/index.ts'
import { groupOperations, operationsNotAsked } from '../authorized-operations.ts'
import type { Handler } from '../handler.ts'

export interface DescribeGroupsServices {
  readonly groups: Pick<GroupService, 'describe'>
}

type GroupAnswer = DescribeGroupsResponse['groups'][number]

const notFoundSince = 6

function answer(group: GroupDescription, apiVersion: number): Omit<GroupAnswer, 'authorizedOperations'> {
  const isOldNotFound = apiVersion < notFoundSince && group.errorCode === ErrorCode.GROUP_ID_NOT_FOUND
  return {
    errorCode: isOldNotFound ? ErrorCode.NONE : group.errorCode,
    errorMessage: apiVersion < notFoundSince ? null : group.errorMessage,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType,
    protocolData: group.protocolName,
    members: group.members.map(({ metadata, assignment, ...member }) => ({
      ...member,
      memberMetadata: metadata,
      memberAssignment: assignment,
    })),
  }
}

export function describeGroupsHandler({
  groups,
}: DescribeGroupsServices): Handler<DescribeGroupsRequest, DescribeGroupsResponse> {
  return {
    api: describeGroups,
    async handle({ groups: groupIds, includeAuthorizedOperations }, context) {
      const { apiVersion } = context
      // A commit may have made the group.
      await context.afterEarlier()
      return describeGroups.response.create({
        groups: groupIds.map((groupId) => {
          const described = answer(groups.describe(groupId), apiVersion)
          const isTold = includeAuthorizedOperations && described.errorCode === ErrorCode.NONE
          return { ...described, authorizedOperations: isTold ? groupOperations : operationsNotAsked }
        }),
      })
    },
  }
}
