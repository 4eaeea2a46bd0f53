/**
 * SyncGroup (14): a member of a new generation asks for its assignment; the leader brings those of all.
 *
 * Versions 0 to 5. 3: static members. 5: type and name of the protocol, which must be there, both ways.
 */
import type { GroupService } from '../../coordinator/index.ts'
import { ErrorCode, type SyncGroupRequest, type SyncGroupResponse, syncGroup } from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface SyncGroupServices {
  readonly groups: Pick<GroupService, 'sync'>
}

const protocolSince = 5

export function syncGroupHandler({ groups }: SyncGroupServices): Handler<SyncGroupRequest, SyncGroupResponse> {
  return {
    api: syncGroup,
    async handle(request, { apiVersion }) {
      const { groupId, protocolType, protocolName } = request
      if (apiVersion >= protocolSince && (protocolType === null || protocolName === null)) {
        return syncGroup.response.create({ errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL })
      }
      // Assignments are views: the coordinator copies them before it returns.
      const assignments = new Map(request.assignments.map(({ memberId, assignment }) => [memberId, assignment]))
      return syncGroup.response.create(await groups.sync(groupId, { ...request, assignments }))
    },
  }
}
