/**
 * RemoveRaftVoter (81), on brokers and controllers: a voter of the quorum becomes an observer (KIP-853).
 *
 * Version 0.
 */
import { type RemoveRaftVoterRequest, type RemoveRaftVoterResponse, removeRaftVoter } from '../../protocol/index.ts'
import { decodeRemoveVoter, encodeVoterChangeReply } from '../../raft/index.ts'
import type { Handler } from '../handler.ts'
import { type QuorumServices, replyOf, wireNames } from '../quorum-port.ts'

export function removeRaftVoterHandler({
  quorumPort,
}: QuorumServices): Handler<RemoveRaftVoterRequest, RemoveRaftVoterResponse> {
  return {
    api: removeRaftVoter,
    async handle(request, context) {
      const { answer } = quorumPort.receive(decodeRemoveVoter(request, wireNames(quorumPort, context)))
      return removeRaftVoter.response.create(encodeVoterChangeReply(replyOf('remove-voter', await answer)))
    },
    fail: (_request, { code, message }) => removeRaftVoter.response.create({ errorCode: code, errorMessage: message }),
  }
}
