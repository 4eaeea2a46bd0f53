/** ListGroups (16): the groups that this broker coordinates. Versions 0 to 5; 4: states; 5: types (KIP-848). */
import type { GroupService } from '../../coordinator/index.ts'
import { type ListGroupsRequest, type ListGroupsResponse, listGroups } from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface ListGroupsServices {
  readonly groups: Pick<GroupService, 'list'>
}

export function listGroupsHandler({ groups }: ListGroupsServices): Handler<ListGroupsRequest, ListGroupsResponse> {
  return {
    api: listGroups,
    async handle({ statesFilter, typesFilter }, context) {
      // A commit may have made a group.
      await context.afterEarlier()
      const listed = groups.list({ states: statesFilter, types: typesFilter })
      return listGroups.response.create({
        groups: listed.map(({ groupId, protocolType, state, type }) => ({
          groupId,
          protocolType,
          groupState: state,
          groupType: type,
        })),
      })
    },
    fail: (_request, error) => listGroups.response.create({ errorCode: error.code }),
  }
}
