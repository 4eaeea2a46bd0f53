/** ShareFetch (API key 78). */
import { api } from '../message.ts'
import { bool, type Infer, i8, i16, i32, i64, list, orNull, records, string, struct, uuid } from '../words.ts'

const acknowledgementBatch = {
  firstOffset: i64(),
  lastOffset: i64(),
  acknowledgeTypes: list(i8()),
}

const fetchPartition = {
  partitionIndex: i32(),
  partitionMaxBytes: i32({ until: 0 }),
  acknowledgementBatches: list(acknowledgementBatch),
}

const fetchTopic = {
  topicId: uuid(),
  partitions: list(fetchPartition),
}

const forgottenTopic = {
  topicId: uuid(),
  partitions: list(i32()),
}

const leaderIdAndEpoch = {
  leaderId: i32(),
  leaderEpoch: i32(),
}

const acquiredRecords = {
  firstOffset: i64(),
  lastOffset: i64(),
  deliveryCount: i16(),
}

const partitionData = {
  partitionIndex: i32(),
  errorCode: i16(),
  errorMessage: orNull(string(), { default: null }),
  acknowledgeErrorCode: i16(),
  acknowledgeErrorMessage: orNull(string(), { default: null }),
  currentLeader: struct(leaderIdAndEpoch),
  records: orNull(records(), { until: 0 }),
  acquiredRecords: list(acquiredRecords),
}

const shareFetchableTopicResponse = {
  topicId: uuid(),
  partitions: list(partitionData),
}

const nodeEndpoint = {
  nodeId: i32(),
  host: string(),
  port: i32(),
  rack: orNull(string(), { default: null }),
}

export const shareFetch = api({
  key: 78,
  name: 'ShareFetch',
  versions: [1, 2],
  flexible: 0,
  listeners: ['broker'],
  request: {
    groupId: orNull(string(), { default: null }),
    memberId: orNull(string()),
    shareSessionEpoch: i32(),
    maxWaitMs: i32(),
    minBytes: i32(),
    maxBytes: i32({ default: 2147483647 }),
    maxRecords: i32(),
    batchSize: i32(),
    shareAcquireMode: i8({ since: 2 }),
    isRenewAck: bool({ since: 2 }),
    topics: list(fetchTopic),
    forgottenTopicsData: list(forgottenTopic),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string(), { default: null }),
    acquisitionLockTimeoutMs: i32(),
    responses: list(shareFetchableTopicResponse),
    nodeEndpoints: list(nodeEndpoint),
  },
})

export interface ShareFetchRequest extends Infer<typeof shareFetch.request.fields> {}
export interface ShareFetchResponse extends Infer<typeof shareFetch.response.fields> {}
