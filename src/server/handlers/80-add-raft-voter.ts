/**
 * AddRaftVoter (80), on brokers and controllers: an observer of the quorum becomes a voter (KIP-853).
 *
 * Versions 0 and 1. 1: may be answered when the leader has it in its log, before it is committed (KIP-1186).
 */
import { type AddRaftVoterRequest, type AddRaftVoterResponse, addRaftVoter } from '../../protocol/index.ts'
import { decodeAddVoter, encodeVoterChangeReply } from '../../raft/index.ts'
import type { Handler } from '../handler.ts'
import { type QuorumServices, replyOf, wireNames } from '../quorum-port.ts'

export function addRaftVoterHandler({
  quorumPort,
}: QuorumServices): Handler<AddRaftVoterRequest, AddRaftVoterResponse> {
  return {
    api: addRaftVoter,
    async handle(request, context) {
      const { answer } = quorumPort.receive(decodeAddVoter(request, wireNames(quorumPort, context)))
      return addRaftVoter.response.create(encodeVoterChangeReply(replyOf('add-voter', await answer)))
    },
    fail: (_request, { code, message }) => addRaftVoter.response.create({ errorCode: code, errorMessage: message }),
  }
}
