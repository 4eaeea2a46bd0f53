/** Heartbeat (12): a member of a classic group is alive. Versions 0 to 4; 3: static members. */
import type { GroupService } from '../../coordinator/index.ts'
import { type HeartbeatRequest, type HeartbeatResponse, heartbeat } from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface HeartbeatServices {
  readonly groups: Pick<GroupService, 'heartbeat'>
}

export function heartbeatHandler({ groups }: HeartbeatServices): Handler<HeartbeatRequest, HeartbeatResponse> {
  return {
    api: heartbeat,
    handle: (request) =>
      heartbeat.response.create({ errorCode: groups.heartbeat(request.groupId, request, request.generationId) }),
  }
}
