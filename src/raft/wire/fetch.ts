/**
 * Fetch (1) on the wire, as the quorum speaks it: by topic id, so from version 13 on; 17: directory of the replica, 18: its
 * high watermark.
 */
import { MalformedError, oneUuid } from '../../base/index.ts'
import { type FetchRequest as FetchRequestMessage, type FetchResponse, fetch } from '../../protocol/index.ts'
import { BatchCursor, batchHeader } from '../../records/index.ts'
import type { FetchedBatch, FetchReply, FetchRequest } from '../messages.ts'
import {
  checkCluster,
  checkWhole,
  leaderEndpointsOf,
  nodeEndpointsOf,
  notMetadata,
  onePartition,
  strangeReply,
  type WireNames,
} from './metadata-partition.ts'

export function encodeFetch(request: FetchRequest, { clusterId }: WireNames): FetchRequestMessage {
  const { replica, epoch: currentLeaderEpoch, fetchOffset, lastFetchedEpoch, highWatermark, maxWaitMs } = request
  const partition = {
    partition: 0,
    currentLeaderEpoch,
    fetchOffset,
    lastFetchedEpoch,
    replicaDirectoryId: replica.directoryId,
    highWatermark: BigInt(highWatermark),
  }
  return fetch.request.create({
    clusterId,
    // Up to version 14 it has its place elsewhere.
    replicaId: replica.id,
    replicaState: { replicaId: replica.id },
    maxWaitMs,
    maxBytes: request.maxBytes,
    topics: [{ topicId: oneUuid, partitions: [partition] }],
  })
}

/** Throws ApiError where the request is of another cluster, or not of the metadata. */
export function decodeFetch(message: FetchRequestMessage, apiVersion: number, names: WireNames): FetchRequest {
  checkCluster(message.clusterId, names)
  const partition = onePartition(message.topics, ({ partition }) => partition)
  if (partition === undefined) throw notMetadata('Fetch')
  const { fetchOffset, lastFetchedEpoch, highWatermark } = partition
  const id = apiVersion >= replicaStateSince ? message.replicaState.replicaId : message.replicaId
  return {
    kind: 'fetch',
    epoch: partition.currentLeaderEpoch,
    replica: { id, directoryId: partition.replicaDirectoryId },
    fetchOffset,
    lastFetchedEpoch,
    highWatermark: highWatermark > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(highWatermark),
    maxWaitMs: message.maxWaitMs,
    maxBytes: message.maxBytes,
  }
}

const replicaStateSince = 15

export interface FetchAnswerParts {
  readonly reply: FetchReply
  readonly records: Uint8Array
  readonly logStartOffset: number
}

export function encodeFetchReply(
  { reply, records, logStartOffset }: FetchAnswerParts,
  names: WireNames,
): FetchResponse {
  const { errorCode, leaderId, epoch: leaderEpoch, highWatermark, diverging, snapshot } = reply
  const partition = {
    partitionIndex: 0,
    errorCode,
    highWatermark,
    logStartOffset,
    currentLeader: { leaderId, leaderEpoch },
    ...(diverging === undefined ? {} : { divergingEpoch: { epoch: diverging.epoch, endOffset: diverging.offset } }),
    ...(snapshot === undefined ? {} : { snapshotId: { epoch: snapshot.epoch, endOffset: snapshot.offset } }),
    abortedTransactions: [],
    records,
  }
  return fetch.response.create({
    responses: [{ topicId: oneUuid, partitions: [partition] }],
    nodeEndpoints: nodeEndpointsOf(reply, names).map((endpoint) => ({ ...endpoint, rack: null })),
  })
}

/** Throws ApiError where the whole was refused, MalformedError for an answer to something else. */
export function decodeFetchReply(message: FetchResponse, names: WireNames): FetchReply {
  checkWhole('Fetch', message.errorCode)
  const partition = onePartition(message.responses, ({ partitionIndex }) => partitionIndex)
  if (partition === undefined) throw strangeReply('Fetch')
  const { errorCode, currentLeader, highWatermark, divergingEpoch, snapshotId, records } = partition
  const { leaderId, leaderEpoch: epoch } = currentLeader
  return {
    kind: 'fetch',
    errorCode,
    leaderId,
    epoch,
    leaderEndpoints: leaderEndpointsOf(leaderId, message.nodeEndpoints, names),
    highWatermark,
    diverging: idOf(divergingEpoch.endOffset, divergingEpoch.epoch),
    snapshot: idOf(snapshotId.endOffset, snapshotId.epoch),
    ...(records instanceof Uint8Array ? fetchedBatches(records) : { batches: [] }),
  }
}

/** Both are there, or neither. */
function idOf(offset: number, epoch: number): { readonly offset: number; readonly epoch: number } | undefined {
  if (offset < 0 && epoch < 0) return undefined
  if (offset < 0 || epoch < 0) throw new MalformedError(`offset ${offset} and epoch ${epoch} are no end of a log`)
  return { offset, epoch }
}

/** What is whole; the last batch of a reply may be cut. What is in them is checked where they are taken. */
function fetchedBatches(records: Uint8Array): Pick<FetchReply, 'batches' | 'damage'> {
  const batches: FetchedBatch[] = []
  const cursor = new BatchCursor(records)
  while (cursor.next()) {
    const { view, position, nextPosition } = cursor
    const baseOffset = batchHeader.baseOffset(view, position)
    if (cursor.magic !== 2) {
      return { batches, damage: `the batch at offset ${baseOffset} has format ${cursor.magic}` }
    }
    batches.push({
      baseOffset,
      lastOffset: batchHeader.lastOffset(view, position),
      epoch: batchHeader.partitionLeaderEpoch(view, position),
      bytes: records.subarray(position, nextPosition),
    })
  }
  return cursor.ended === 'corrupt' ? { batches, damage: 'what the leader has sent is no batch' } : { batches }
}
