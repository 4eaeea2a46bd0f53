/** ShareAcknowledge (API key 79). */
import { api } from '../message.ts'
import { bool, type Infer, i8, i16, i32, i64, list, orNull, string, struct, uuid } from '../words.ts'

const acknowledgementBatch = {
  firstOffset: i64(),
  lastOffset: i64(),
  acknowledgeTypes: list(i8()),
}

const acknowledgePartition = {
  partitionIndex: i32(),
  acknowledgementBatches: list(acknowledgementBatch),
}

const acknowledgeTopic = {
  topicId: uuid(),
  partitions: list(acknowledgePartition),
}

const leaderIdAndEpoch = {
  leaderId: i32(),
  leaderEpoch: i32(),
}

const partitionData = {
  partitionIndex: i32(),
  errorCode: i16(),
  errorMessage: orNull(string(), { default: null }),
  currentLeader: struct(leaderIdAndEpoch),
}

const shareAcknowledgeTopicResponse = {
  topicId: uuid(),
  partitions: list(partitionData),
}

const nodeEndpoint = {
  nodeId: i32(),
  host: string(),
  port: i32(),
  rack: orNull(string(), { default: null }),
}

export const shareAcknowledge = api({
  key: 79,
  name: 'ShareAcknowledge',
  versions: [1, 2],
  flexible: 0,
  listeners: ['broker'],
  request: {
    groupId: orNull(string(), { default: null }),
    memberId: orNull(string()),
    shareSessionEpoch: i32(),
    isRenewAck: bool({ since: 2 }),
    topics: list(acknowledgeTopic),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string(), { default: null }),
    acquisitionLockTimeoutMs: i32({ since: 2 }),
    responses: list(shareAcknowledgeTopicResponse),
    nodeEndpoints: list(nodeEndpoint),
  },
})

export interface ShareAcknowledgeRequest extends Infer<typeof shareAcknowledge.request.fields> {}
export interface ShareAcknowledgeResponse extends Infer<typeof shareAcknowledge.response.fields> {}
