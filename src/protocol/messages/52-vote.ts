/** Vote (API key 52). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, i64, list, orNull, string, u16, uuid } from '../words.ts'

const partitionData = {
  partitionIndex: i32(),
  replicaEpoch: i32(),
  replicaId: i32(),
  replicaDirectoryId: uuid({ since: 1 }),
  voterDirectoryId: uuid({ since: 1 }),
  lastOffsetEpoch: i32(),
  lastOffset: i64(),
  preVote: bool({ since: 2 }),
}

const topicData = {
  topicName: string(),
  partitions: list(partitionData),
}

const voteResponsePartitionData = {
  partitionIndex: i32(),
  errorCode: i16(),
  leaderId: i32(),
  leaderEpoch: i32(),
  voteGranted: bool(),
}

const voteResponseTopicData = {
  topicName: string(),
  partitions: list(voteResponsePartitionData),
}

const nodeEndpoint = {
  nodeId: i32({ since: 1 }),
  host: string({ since: 1 }),
  port: u16({ since: 1 }),
}

export const vote = api({
  key: 52,
  name: 'Vote',
  versions: [0, 2],
  flexible: 0,
  listeners: ['controller'],
  request: {
    clusterId: orNull(string(), { default: null }),
    voterId: i32({ since: 1, default: -1 }),
    topics: list(topicData),
  },
  response: {
    errorCode: i16(),
    topics: list(voteResponseTopicData),
    nodeEndpoints: list(nodeEndpoint, { since: 1, tag: 0 }),
  },
})

export interface VoteRequest extends Infer<typeof vote.request.fields> {}
export interface VoteResponse extends Infer<typeof vote.response.fields> {}
