/** BeginQuorumEpoch (API key 53). */
import { api } from '../message.ts'
import { type Infer, i16, i32, list, orNull, string, u16, uuid } from '../words.ts'

const partitionData = {
  partitionIndex: i32(),
  voterDirectoryId: uuid({ since: 1 }),
  leaderId: i32(),
  leaderEpoch: i32(),
}

const topicData = {
  topicName: string(),
  partitions: list(partitionData),
}

const leaderEndpoint = {
  name: string({ since: 1 }),
  host: string({ since: 1 }),
  port: u16({ since: 1 }),
}

const beginQuorumEpochResponsePartitionData = {
  partitionIndex: i32(),
  errorCode: i16(),
  leaderId: i32(),
  leaderEpoch: i32(),
}

const beginQuorumEpochResponseTopicData = {
  topicName: string(),
  partitions: list(beginQuorumEpochResponsePartitionData),
}

const nodeEndpoint = {
  nodeId: i32({ since: 1 }),
  host: string({ since: 1 }),
  port: u16({ since: 1 }),
}

export const beginQuorumEpoch = api({
  key: 53,
  name: 'BeginQuorumEpoch',
  versions: [0, 1],
  flexible: 1,
  listeners: ['controller'],
  request: {
    clusterId: orNull(string(), { default: null }),
    voterId: i32({ since: 1, default: -1 }),
    topics: list(topicData),
    leaderEndpoints: list(leaderEndpoint, { since: 1 }),
  },
  response: {
    errorCode: i16(),
    topics: list(beginQuorumEpochResponseTopicData),
    nodeEndpoints: list(nodeEndpoint, { since: 1, tag: 0 }),
  },
})

export interface BeginQuorumEpochRequest extends Infer<typeof beginQuorumEpoch.request.fields> {}
export interface BeginQuorumEpochResponse extends Infer<typeof beginQuorumEpoch.response.fields> {}
