/** The quorum as its leader describes it to those who ask: DescribeQuorum. */
import type { QuorumDescription } from '../server/index.ts'
import type { MetadataQuorum } from './metadata-quorum.ts'
import type { QuorumReplicaView } from './quorum-view.ts'

/** Undefined: another node leads. */
export function describeQuorum(quorum: MetadataQuorum): QuorumDescription | undefined {
  const { isLeader, leaderId, leaderEpoch, toldHighWatermark: highWatermark, voters, replicas } = quorum.view
  if (!isLeader) return undefined
  const isVoter = (it: QuorumReplicaView): boolean =>
    voters.isVoter({ id: it.replicaId, directoryId: it.replicaDirectoryId })
  return {
    leaderId,
    leaderEpoch,
    highWatermark,
    voters: replicas.filter(isVoter),
    observers: replicas.filter((it) => !isVoter(it)),
    nodes: voters.ids().map((nodeId) => ({ nodeId, listeners: voters.endpointsOf(nodeId) })),
  }
}
