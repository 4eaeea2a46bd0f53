/** BeginQuorumEpoch (53) on the wire: versions 0 and 1. 1: directories, addresses (KIP-853). */
import { type BeginQuorumEpochRequest, type BeginQuorumEpochResponse, beginQuorumEpoch } from '../../protocol/index.ts'
import type { BeginEpochReply, BeginEpochRequest } from '../messages.ts'
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

export function encodeBeginEpoch(request: BeginEpochRequest, { clusterId }: WireNames): BeginQuorumEpochRequest {
  const { leaderId, epoch: leaderEpoch, voter, leaderEndpoints } = request
  const voterDirectory = voter === undefined ? {} : { voterDirectoryId: voter.directoryId }
  const partition = { partitionIndex: 0, leaderId, leaderEpoch, ...voterDirectory }
  return beginQuorumEpoch.request.create({
    clusterId,
    voterId: voter?.id ?? -1,
    topics: [{ topicName: metadataTopic, partitions: [partition] }],
    leaderEndpoints,
  })
}

/** Throws ApiError where the request is of another cluster, or not of the metadata. */
export function decodeBeginEpoch(message: BeginQuorumEpochRequest, names: WireNames): BeginEpochRequest {
  checkCluster(message.clusterId, names)
  const { topics, voterId } = message
  const leaderEndpoints = endpointsFrom(message.leaderEndpoints)
  const partition = onePartition(topics, indexOf)
  if (partition === undefined) throw notMetadata('BeginQuorumEpoch')
  const { leaderId, leaderEpoch: epoch, voterDirectoryId } = partition
  const voter = voterId < 0 ? undefined : { id: voterId, directoryId: voterDirectoryId }
  return { kind: 'begin-epoch', epoch, leaderId, leaderEndpoints, voter }
}

export function encodeBeginEpochReply(reply: BeginEpochReply, names: WireNames): BeginQuorumEpochResponse {
  const { errorCode, leaderId, epoch: leaderEpoch } = reply
  const partition = { partitionIndex: 0, errorCode, leaderId, leaderEpoch }
  return beginQuorumEpoch.response.create({
    topics: [{ topicName: metadataTopic, partitions: [partition] }],
    nodeEndpoints: nodeEndpointsOf(reply, names),
  })
}

/** Throws ApiError where the whole was refused, MalformedError for an answer to something else. */
export function decodeBeginEpochReply(message: BeginQuorumEpochResponse, names: WireNames): BeginEpochReply {
  checkWhole('BeginQuorumEpoch', message.errorCode)
  const partition = onePartition(message.topics, indexOf)
  if (partition === undefined) throw strangeReply('BeginQuorumEpoch')
  const { errorCode, leaderId, leaderEpoch: epoch } = partition
  const leaderEndpoints = leaderEndpointsOf(leaderId, message.nodeEndpoints, names)
  return { kind: 'begin-epoch', errorCode, leaderId, epoch, leaderEndpoints }
}

const indexOf = ({ partitionIndex }: { readonly partitionIndex: number }): number => partitionIndex
