/** EndQuorumEpoch (54) on the wire: versions 0 and 1. 1: directories, addresses (KIP-853). */
import { zeroUuid } from '../../base/index.ts'
import { type EndQuorumEpochRequest, type EndQuorumEpochResponse, endQuorumEpoch } from '../../protocol/index.ts'
import type { EndEpochReply, EndEpochRequest } from '../messages.ts'
import {
  checkCluster,
  checkWhole,
  endpointsFrom,
  leaderEndpointsOf,
  metadataTopic,
  nodeEndpointsOf,
  notMetadata,
  onePartition,
  strangeReply,
  type WireNames,
} from './metadata-partition.ts'

export function encodeEndEpoch(request: EndEpochRequest, { clusterId }: WireNames): EndQuorumEpochRequest {
  const { leaderId, epoch: leaderEpoch, preferred, leaderEndpoints } = request
  const partition = {
    partitionIndex: 0,
    leaderId,
    leaderEpoch,
    preferredSuccessors: preferred.map(({ id }) => id),
    preferredCandidates: preferred.map(({ id, directoryId }) => ({
      candidateId: id,
      candidateDirectoryId: directoryId,
    })),
  }
  return endQuorumEpoch.request.create({
    clusterId,
    topics: [{ topicName: metadataTopic, partitions: [partition] }],
    leaderEndpoints,
  })
}

/** Throws ApiError where the request is of another cluster, or not of the metadata. */
export function decodeEndEpoch(message: EndQuorumEpochRequest, names: WireNames): EndEpochRequest {
  checkCluster(message.clusterId, names)
  const partition = onePartition(message.topics, indexOf)
  if (partition === undefined) throw notMetadata('EndQuorumEpoch')
  const { leaderId, leaderEpoch: epoch, preferredCandidates, preferredSuccessors } = partition
  const candidates = preferredCandidates.map((it) => ({ id: it.candidateId, directoryId: it.candidateDirectoryId }))
  // Version 0 knows no directories.
  const preferred =
    candidates.length > 0 ? candidates : preferredSuccessors.map((id) => ({ id, directoryId: zeroUuid }))
  return { kind: 'end-epoch', epoch, leaderId, leaderEndpoints: endpointsFrom(message.leaderEndpoints), preferred }
}

export function encodeEndEpochReply(reply: EndEpochReply, names: WireNames): EndQuorumEpochResponse {
  const { errorCode, leaderId, epoch: leaderEpoch } = reply
  const partition = { partitionIndex: 0, errorCode, leaderId, leaderEpoch }
  return endQuorumEpoch.response.create({
    topics: [{ topicName: metadataTopic, partitions: [partition] }],
    nodeEndpoints: nodeEndpointsOf(reply, names),
  })
}

/** Throws ApiError where the whole was refused, MalformedError for an answer to something else. */
export function decodeEndEpochReply(message: EndQuorumEpochResponse, names: WireNames): EndEpochReply {
  checkWhole('EndQuorumEpoch', message.errorCode)
  const partition = onePartition(message.topics, indexOf)
  if (partition === undefined) throw strangeReply('EndQuorumEpoch')
  const { errorCode, leaderId, leaderEpoch: epoch } = partition
  const leaderEndpoints = leaderEndpointsOf(leaderId, message.nodeEndpoints, names)
  return { kind: 'end-epoch', errorCode, leaderId, epoch, leaderEndpoints }
}

const indexOf = ({ partitionIndex }: { readonly partitionIndex: number }): number => partitionIndex
