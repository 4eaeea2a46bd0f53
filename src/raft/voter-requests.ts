/**
 * Requests for a change of the voters (AddRaftVoter, RemoveRaftVoter, UpdateRaftVoter; KIP-853): only a leader takes them,
 * and only of a replica that names its directory.
 */
import { zeroUuid } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import type { QuorumCore } from './core.ts'
import {
  endpointOf,
  type QuorumRequest,
  type ReplicaKey,
  type UpdateVoterRequest,
  type VoterChangeRequest,
} from './messages.ts'

export const isVoterChange = (request: QuorumRequest): request is VoterChangeRequest =>
  request.kind === 'add-voter' || request.kind === 'remove-voter' || request.kind === 'update-voter'

/** Answered at once, or when the change is done. */
export function receiveVoterChange(
  core: QuorumCore,
  { token, request, nowMs }: { readonly token: number; readonly request: VoterChangeRequest; readonly nowMs: number },
): void {
  if (request.kind === 'update-voter') {
    const { epoch, leaderId, leaderEndpoints } = core.role
    const head = { errorCode: updateVoter(core, request, nowMs), epoch, leaderId, leaderEndpoints }
    core.answer({ token, reply: { kind: 'update-voter', ...head }, read: undefined })
    return
  }
  const refuse = (errorCode: number, errorMessage?: string): void =>
    core.answer({ token, reply: { kind: request.kind, errorCode, errorMessage }, read: undefined })
  const { leader } = core
  if (leader === undefined) refuse(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  else if (!isReplica(request.voter)) refuse(ErrorCode.INVALID_REQUEST, 'The voter has no id or no directory id.')
  else if (request.kind === 'remove-voter') leader.changes.remove(token, request, nowMs)
  else if (endpointOf(request.endpoints, core.listener) === undefined) {
    refuse(ErrorCode.INVALID_REQUEST, `The voter has no endpoint with the name ${core.listener}.`)
  } else leader.changes.add(token, request, nowMs)
}

function updateVoter(core: QuorumCore, request: UpdateVoterRequest, nowMs: number): number {
  const { role, leader, listener } = core
  const { epoch, voter, endpoints, kraftVersions } = request
  if (epoch < role.epoch) return ErrorCode.FENCED_LEADER_EPOCH
  if (epoch > role.epoch) return ErrorCode.UNKNOWN_LEADER_EPOCH
  if (leader === undefined) return ErrorCode.NOT_LEADER_OR_FOLLOWER
  if (!isReplica(voter) || voter.id === core.self.id) return ErrorCode.INVALID_REQUEST
  if (endpointOf(endpoints, listener) === undefined) return ErrorCode.INVALID_REQUEST
  if (kraftVersions.min < 0 || kraftVersions.max < kraftVersions.min) return ErrorCode.INVALID_REQUEST
  const code = leader.changes.update(request, nowMs)
  // As if it had fetched: it has just said that it follows.
  if (code === ErrorCode.NONE) leader.hear(voter, nowMs)
  return code
}

const isReplica = ({ id, directoryId }: ReplicaKey): boolean => id >= 0 && directoryId !== zeroUuid
