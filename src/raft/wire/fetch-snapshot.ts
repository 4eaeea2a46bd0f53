/** FetchSnapshot (59) on the wire (KIP-630): versions 0 and 1. 1: directories, addresses (KIP-853). */
import { ApiError } from '../../base/index.ts'
import {
  ErrorCode,
  type FetchSnapshotRequest as FetchSnapshotRequestMessage,
  type FetchSnapshotResponse,
  fetchSnapshot,
} from '../../protocol/index.ts'
import type { FetchSnapshotReply, FetchSnapshotRequest } from '../messages.ts'
import type { KnownLeader } from '../role.ts'
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

export function encodeFetchSnapshot(
  request: FetchSnapshotRequest,
  { clusterId }: WireNames,
): FetchSnapshotRequestMessage {
  const { epoch: currentLeaderEpoch, replica, snapshot, position, maxBytes } = request
  const partition = {
    partition: 0,
    currentLeaderEpoch,
    snapshotId: { endOffset: snapshot.offset, epoch: snapshot.epoch },
    position,
    replicaDirectoryId: replica.directoryId,
  }
  return fetchSnapshot.request.create({
    clusterId,
    replicaId: replica.id,
    maxBytes,
    topics: [{ name: metadataTopic, partitions: [partition] }],
  })
}

/** Throws ApiError where the request is of another cluster, of another partition, or of more than one. */
export function decodeFetchSnapshot(message: FetchSnapshotRequestMessage, names: WireNames): FetchSnapshotRequest {
  checkCluster(message.clusterId, names)
  const partition = onePartition(named(message.topics), ({ partition }) => partition)
  if (partition === undefined) throw otherPartition(message)
  const { snapshotId, position } = partition
  return {
    kind: 'fetch-snapshot',
    epoch: partition.currentLeaderEpoch,
    replica: { id: message.replicaId, directoryId: partition.replicaDirectoryId },
    snapshot: { offset: snapshotId.endOffset, epoch: snapshotId.epoch },
    position,
    maxBytes: message.maxBytes,
  }
}

/** One other partition is not known here; of several, none is looked at (as Kafka). */
function otherPartition({ topics }: FetchSnapshotRequestMessage): ApiError {
  if (topics.length !== 1 || topics[0]?.partitions.length !== 1) return notMetadata('FetchSnapshot')
  return new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'the quorum keeps the partition of the metadata alone')
}

export function encodeFetchSnapshotReply(reply: FetchSnapshotReply, names: WireNames): FetchSnapshotResponse {
  const { errorCode, leaderId, epoch: leaderEpoch, snapshot, size, position, bytes } = reply
  const partition = {
    index: 0,
    errorCode,
    snapshotId: { endOffset: snapshot.offset, epoch: snapshot.epoch },
    currentLeader: { leaderId, leaderEpoch },
    size,
    position,
    unalignedRecords: bytes,
  }
  return fetchSnapshot.response.create({
    topics: [{ name: metadataTopic, partitions: [partition] }],
    nodeEndpoints: nodeEndpointsOf(reply, names),
  })
}

/**
 * What is answered to a request that is not served: UNKNOWN_TOPIC_OR_PARTITION is said of the partition, and of the
 * metadata's leader where it listens.
 */
export function refusedFetchSnapshot(
  { topics }: FetchSnapshotRequestMessage,
  code: number,
  { leader, names }: { readonly leader: KnownLeader; readonly names: WireNames },
): FetchSnapshotResponse {
  const [topic] = topics
  const [partition] = topic?.partitions ?? []
  if (code !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION || topic === undefined || partition === undefined) {
    return fetchSnapshot.response.create({ errorCode: code })
  }
  const told = { index: partition.partition, errorCode: code, unalignedRecords: new Uint8Array(0) }
  return fetchSnapshot.response.create({
    topics: [{ name: topic.name, partitions: [told] }],
    nodeEndpoints: nodeEndpointsOf(leader, names),
  })
}

/** Throws ApiError where the whole was refused, MalformedError for an answer to something else. */
export function decodeFetchSnapshotReply(message: FetchSnapshotResponse, names: WireNames): FetchSnapshotReply {
  checkWhole('FetchSnapshot', message.errorCode)
  const partition = onePartition(named(message.topics), ({ index }) => index)
  if (partition === undefined) throw strangeReply('FetchSnapshot')
  const { errorCode, currentLeader, snapshotId, size, position, unalignedRecords } = partition
  const { leaderId, leaderEpoch: epoch } = currentLeader
  return {
    kind: 'fetch-snapshot',
    errorCode,
    leaderId,
    epoch,
    leaderEndpoints: leaderEndpointsOf(leaderId, message.nodeEndpoints, names),
    snapshot: { offset: snapshotId.endOffset, epoch: snapshotId.epoch },
    size,
    position,
    bytes: unalignedRecords instanceof Uint8Array ? unalignedRecords : new Uint8Array(0),
  }
}

/** The field has another name than in the other messages. */
const named = <Partition>(
  topics: readonly { readonly name: string; readonly partitions: readonly Partition[] }[],
): { readonly topicName: string; readonly partitions: readonly Partition[] }[] =>
  topics.map(({ name: topicName, partitions }) => ({ topicName, partitions }))
