/** Fetch (API key 1). */
import { api } from '../message.ts'
import { type Infer, i8, i16, i32, i64, i64Big, list, orNull, records, string, struct, uuid } from '../words.ts'

const replicaState = {
  replicaId: i32({ since: 15, default: -1 }),
  replicaEpoch: i64({ since: 15, default: -1 }),
}

const fetchPartition = {
  partition: i32(),
  currentLeaderEpoch: i32({ since: 9, default: -1 }),
  fetchOffset: i64(),
  lastFetchedEpoch: i32({ since: 12, default: -1 }),
  logStartOffset: i64({ since: 5, default: -1 }),
  partitionMaxBytes: i32(),
  replicaDirectoryId: uuid({ since: 17, tag: 0 }),
  highWatermark: i64Big({ since: 18, tag: 1, default: 9223372036854775807n }),
}

const fetchTopic = {
  topic: string({ until: 12 }),
  topicId: uuid({ since: 13 }),
  partitions: list(fetchPartition),
}

const forgottenTopic = {
  topic: string({ since: 7, until: 12 }),
  topicId: uuid({ since: 13 }),
  partitions: list(i32(), { since: 7 }),
}

const epochEndOffset = {
  epoch: i32({ since: 12, default: -1 }),
  endOffset: i64({ since: 12, default: -1 }),
}

const leaderIdAndEpoch = {
  leaderId: i32({ since: 12, default: -1 }),
  leaderEpoch: i32({ since: 12, default: -1 }),
}

const snapshotId = {
  endOffset: i64({ default: -1 }),
  epoch: i32({ default: -1 }),
}

const abortedTransaction = {
  producerId: i64(),
  firstOffset: i64(),
}

const partitionData = {
  partitionIndex: i32(),
  errorCode: i16(),
  highWatermark: i64(),
  lastStableOffset: i64({ default: -1 }),
  logStartOffset: i64({ since: 5, default: -1 }),
  divergingEpoch: struct(epochEndOffset, { since: 12, tag: 0 }),
  currentLeader: struct(leaderIdAndEpoch, { since: 12, tag: 1 }),
  snapshotId: struct(snapshotId, { since: 12, tag: 2 }),
  abortedTransactions: orNull(list(abortedTransaction)),
  preferredReadReplica: i32({ since: 11, default: -1 }),
  records: orNull(records()),
}

const fetchableTopicResponse = {
  topic: string({ until: 12 }),
  topicId: uuid({ since: 13 }),
  partitions: list(partitionData),
}

const nodeEndpoint = {
  nodeId: i32({ since: 16 }),
  host: string({ since: 16 }),
  port: i32({ since: 16 }),
  rack: orNull(string({ since: 16 }), { default: null }),
}

export const fetch = api({
  key: 1,
  name: 'Fetch',
  versions: [4, 18],
  flexible: 12,
  listeners: ['broker', 'controller'],
  request: {
    clusterId: orNull(string({ since: 12, tag: 0 }), { default: null }),
    replicaId: i32({ until: 14, default: -1 }),
    replicaState: struct(replicaState, { since: 15, tag: 1 }),
    maxWaitMs: i32(),
    minBytes: i32(),
    maxBytes: i32({ default: 2147483647 }),
    isolationLevel: i8(),
    sessionId: i32({ since: 7 }),
    sessionEpoch: i32({ since: 7, default: -1 }),
    topics: list(fetchTopic),
    forgottenTopicsData: list(forgottenTopic, { since: 7 }),
    rackId: string({ since: 11 }),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16({ since: 7 }),
    sessionId: i32({ since: 7 }),
    responses: list(fetchableTopicResponse),
    nodeEndpoints: list(nodeEndpoint, { since: 16, tag: 0 }),
  },
})

export interface FetchRequest extends Infer<typeof fetch.request.fields> {}
export interface FetchResponse extends Infer<typeof fetch.response.fields> {}
