/** EndQuorumEpoch (API key 54). */
import { api } from '../message.ts'
import { type Infer, i16, i32, list, orNull, string, u16, uuid } from '../words.ts'

const replicaInfo = {
  candidateId: i32({ since: 1 }),
  candidateDirectoryId: uuid({ since: 1 }),
}

const partitionData = {
  partitionIndex: i32(),
  leaderId: i32(),
  leaderEpoch: i32(),
  preferredSuccessors: list(i32(), { until: 0 }),
  preferredCandidates: list(replicaInfo, { since: 1 }),
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

const endQuorumEpochResponsePartitionData = {
  partitionIndex: i32(),
  errorCode: i16(),
  leaderId: i32(),
  leaderEpoch: i32(),
}

const endQuorumEpochResponseTopicData = {
  topicName: string(),
  partitions: list(endQuorumEpochResponsePartitionData),
}

const nodeEndpoint = {
  nodeId: i32({ since: 1 }),
  host: string({ since: 1 }),
  port: u16({ since: 1 }),
}

export const endQuorumEpoch = api({
  key: 54,
  name: 'EndQuorumEpoch',
  versions: [0, 1],
  flexible: 1,
  listeners: ['controller'],
  request: {
    clusterId: orNull(string(), { default: null }),
    topics: list(topicData),
    leaderEndpoints: list(leaderEndpoint, { since: 1 }),
  },
  response: {
    errorCode: i16(),
    topics: list(endQuorumEpochResponseTopicData),
    nodeEndpoints: list(nodeEndpoint, { since: 1, tag: 0 }),
  },
})

export interface EndQuorumEpochRequest extends Infer<typeof endQuorumEpoch.request.fields> {}
export interface EndQuorumEpochResponse extends Infer<typeof endQuorumEpoch.response.fields> {}
