/**
 * AssignReplicasToDirs (73), on controllers: a broker says in which of its directories replicas lie (KIP-858).
 *
 * Version 0.
 */
import type { ControllerChannel } from '../../metadata/index.ts'
import {
  type AssignReplicasToDirsRequest,
  type AssignReplicasToDirsResponse,
  assignReplicasToDirs,
} from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface AssignReplicasToDirsServices {
  readonly channel: Pick<ControllerChannel, 'assignReplicasToDirs'>
}

export function assignReplicasToDirsHandler({
  channel,
}: AssignReplicasToDirsServices): Handler<AssignReplicasToDirsRequest, AssignReplicasToDirsResponse> {
  return {
    api: assignReplicasToDirs,
    handle: (request) => channel.assignReplicasToDirs(request),
    fail: (_request, { code }) => assignReplicasToDirs.response.create({ errorCode: code }),
  }
}
