/**
 * UpdateRaftVoter (82), on controllers: a voter tells the leader where it listens and which kraft.version it supports
 * (KIP-853).
 *
 * Version 0.
 */
import { type UpdateRaftVoterRequest, type UpdateRaftVoterResponse, updateRaftVoter } from '../../protocol/index.ts'
import { decodeUpdateVoter, encodeUpdateVoterReply } from '../../raft/index.ts'
import type { Handler } from '../handler.ts'
import { type QuorumServices, replyOf, wireNames } from '../quorum-port.ts'

export function updateRaftVoterHandler({
  quorumPort,
}: QuorumServices): Handler<UpdateRaftVoterRequest, UpdateRaftVoterResponse> {
  return {
    api: updateRaftVoter,
    async handle(request, context) {
      const names = wireNames(quorumPort, context)
      const { answer } = quorumPort.receive(decodeUpdateVoter(request, names))
      return encodeUpdateVoterReply(replyOf('update-voter', await answer), names)
    },
    fail: (_request, { code }, context) =>
      encodeUpdateVoterReply(
        { kind: 'update-voter', errorCode: code, ...quorumPort.leader() },
        wireNames(quorumPort, context),
      ),
  }
}
