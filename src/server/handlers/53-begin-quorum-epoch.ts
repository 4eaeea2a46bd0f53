/**
 * BeginQuorumEpoch (53), on controllers: the leader of an epoch makes itself known to a voter (KIP-595).
 *
 * Versions 0 and 1. 1: directories, addresses (KIP-853).
 */
import { type BeginQuorumEpochRequest, type BeginQuorumEpochResponse, beginQuorumEpoch } from '../../protocol/index.ts'
import { decodeBeginEpoch, encodeBeginEpochReply } from '../../raft/index.ts'
import type { Handler } from '../handler.ts'
import { type QuorumServices, replyOf, wireNames } from '../quorum-port.ts'

export function beginQuorumEpochHandler({
  quorumPort,
}: QuorumServices): Handler<BeginQuorumEpochRequest, BeginQuorumEpochResponse> {
  return {
    api: beginQuorumEpoch,
    async handle(request, context) {
      const names = wireNames(quorumPort, context)
      const { answer } = quorumPort.receive(decodeBeginEpoch(request, names))
      return encodeBeginEpochReply(replyOf('begin-epoch', await answer), names)
    },
    fail: (_request, { code }) => beginQuorumEpoch.response.create({ errorCode: code }),
  }
}
