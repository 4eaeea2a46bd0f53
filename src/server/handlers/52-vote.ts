/**
 * Vote (52), on controllers: another voter asks for this one's vote, or whether it would get it (KIP-595, 996).
 *
 * Versions 0 to 2. 1: directories (KIP-853). 2: pre-votes.
 */
import { type VoteRequest, type VoteResponse, vote } from '../../protocol/index.ts'
import { decodeVote, encodeVoteReply } from '../../raft/index.ts'
import type { Handler } from '../handler.ts'
import { type QuorumServices, replyOf, wireNames } from '../quorum-port.ts'

export function voteHandler({ quorumPort }: QuorumServices): Handler<VoteRequest, VoteResponse> {
  return {
    api: vote,
    async handle(request, context) {
      const names = wireNames(quorumPort, context)
      return encodeVoteReply(replyOf('vote', await quorumPort.receive(decodeVote(request, names)).answer), names)
    },
    fail: (_request, { code }) => vote.response.create({ errorCode: code }),
  }
}
