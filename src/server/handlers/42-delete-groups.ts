/** DeleteGroups (42), versions 0 to 2: empty groups go, with their offsets; each group has its own error. */
import type { GroupService } from '../../coordinator/index.ts'
import { type DeleteGroupsRequest, type DeleteGroupsResponse, deleteGroups } from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface DeleteGroupsServices {
  readonly groups: Pick<GroupService, 'deleteGroup'>
}

export function deleteGroupsHandler({
  groups,
}: DeleteGroupsServices): Handler<DeleteGroupsRequest, DeleteGroupsResponse> {
  return {
    api: deleteGroups,
    async handle({ groupsNames }) {
      const answer = async (groupId: string) => ({ groupId, errorCode: await groups.deleteGroup(groupId) })
      return deleteGroups.response.create({ results: await Promise.all([...new Set(groupsNames)].map(answer)) })
    },
  }
}
