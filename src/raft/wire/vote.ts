/** Vote (52) on the wire: versions 0 to 2. 1: directories, addresses (KIP-853). 2: pre-votes (KIP-996). */
import {
  type VoteRequest as VoteRequestMessage,
  type VoteResponse as VoteResponseMessage,
  vote,
} from '../../protocol/index.ts'
import type { VoteReply, VoteRequest } from '../messages.ts'
import {
  checkCluster,
  checkWhole,
  leaderEndpointsOf,
  metadataTopic,
  nodeEndpointsOf,
  notMetadata,
  onePartition,
  strangeReply,
  type WireNames,
} from './metadata-partition.ts'

export function encodeVote(request: VoteRequest, { clusterId }: WireNames): VoteRequestMessage {
  const { candidate, voter, log } = request
  const partition = {
    partitionIndex: 0,
    replicaEpoch: request.epoch,
    replicaId: candidate.id,
    replicaDirectoryId: candidate.directoryId,
    ...(voter === undefined ? {} : { voterDirectoryId: voter.directoryId }),
    lastOffsetEpoch: log.epoch,
    lastOffset: log.offset,
    preVote: request.isPreVote,
  }
  return vote.request.create({
    clusterId,
    voterId: voter?.id ?? -1,
    topics: [{ topicName: metadataTopic, partitions: [partition] }],
  })
}

/** Throws ApiError where the request is of another cluster, or not of the metadata. */
export function decodeVote(message: VoteRequestMessage, names: WireNames): VoteRequest {
  checkCluster(message.clusterId, names)
  const { topics, voterId } = message
  const partition = onePartition(topics, indexOf)
  if (partition === undefined) throw notMetadata('Vote')
  const { replicaEpoch, replicaId, replicaDirectoryId, voterDirectoryId, lastOffset, lastOffsetEpoch } = partition
  return {
    kind: 'vote',
    isPreVote: partition.preVote,
    epoch: replicaEpoch,
    candidate: { id: replicaId, directoryId: replicaDirectoryId },
    voter: voterId < 0 ? undefined : { id: voterId, directoryId: voterDirectoryId },
    log: { offset: lastOffset, epoch: lastOffsetEpoch },
  }
}

export function encodeVoteReply(reply: VoteReply, names: WireNames): VoteResponseMessage {
  const { errorCode, leaderId, epoch: leaderEpoch, isGranted: voteGranted } = reply
  const partition = { partitionIndex: 0, errorCode, leaderId, leaderEpoch, voteGranted }
  return vote.response.create({
    topics: [{ topicName: metadataTopic, partitions: [partition] }],
    nodeEndpoints: nodeEndpointsOf(reply, names),
  })
}

/** Throws ApiError where the whole was refused, MalformedError for an answer to something else. */
export function decodeVoteReply(message: VoteResponseMessage, names: WireNames): VoteReply {
  checkWhole('Vote', message.errorCode)
  const partition = onePartition(message.topics, indexOf)
  if (partition === undefined) throw strangeReply('Vote')
  const { errorCode, leaderId, leaderEpoch: epoch, voteGranted: isGranted } = partition
  const leaderEndpoints = leaderEndpointsOf(leaderId, message.nodeEndpoints, names)
  return { kind: 'vote', errorCode, leaderId, epoch, leaderEndpoints, isGranted }
}

const indexOf = ({ partitionIndex }: { readonly partitionIndex: number }): number => partitionIndex
