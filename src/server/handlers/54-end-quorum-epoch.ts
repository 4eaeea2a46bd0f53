/**
 * EndQuorumEpoch (54), on controllers: the leader of an epoch resigns, and says who should follow it (KIP-595).
 *
 * Versions 0 and 1. 1: directories, addresses (KIP-853).
 */
import { type EndQuorumEpochRequest, type EndQuorumEpochResponse, endQuorumEpoch } from '../../protocol/index.ts'
import { decodeEndEpoch, encodeEndEpochReply } from '../../raft/index.ts'
import type { Handler } from '../handler.ts'
import { type QuorumServices, replyOf, wireNames } from '../quorum-port.ts'

export function endQuorumEpochHandler({
  quorumPort,
}: QuorumServices): Handler<EndQuorumEpochRequest, EndQuorumEpochResponse> {
  return {
    api: endQuorumEpoch,
    async handle(request, context) {
      const names = wireNames(quorumPort, context)
      const { answer } = quorumPort.receive(decodeEndEpoch(request, names))
      return encodeEndEpochReply(replyOf('end-epoch', await answer), names)
    },
    fail: (_request, { code }) => endQuorumEpoch.response.create({ errorCode: code }),
  }
}
