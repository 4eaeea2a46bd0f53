/**
 * FetchSnapshot (59), on controllers: a voter or an observer whose log ends before this one begins takes its snapshot, piece
 * by piece (KIP-630).
 *
 * Versions 0 and 1. 1: directories, addresses (KIP-853).
 */
import { type FetchSnapshotRequest, type FetchSnapshotResponse, fetchSnapshot } from '../../protocol/index.ts'
import { decodeFetchSnapshot, encodeFetchSnapshotReply, refusedFetchSnapshot } from '../../raft/index.ts'
import type { Handler } from '../handler.ts'
import { type QuorumServices, replyOf, wireNames } from '../quorum-port.ts'

export function fetchSnapshotHandler({
  quorumPort,
}: QuorumServices): Handler<FetchSnapshotRequest, FetchSnapshotResponse> {
  return {
    api: fetchSnapshot,
    async handle(request, context) {
      const names = wireNames(quorumPort, context)
      const { answer } = quorumPort.receive(decodeFetchSnapshot(request, names))
      return encodeFetchSnapshotReply(replyOf('fetch-snapshot', await answer), names)
    },
    fail: (request, { code }, context) =>
      refusedFetchSnapshot(request, code, { leader: quorumPort.leader(), names: wireNames(quorumPort, context) }),
  }
}
