/** DescribeQuorum (API key 55). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, list, orNull, string, u16, uuid } from '../words.ts'

const partitionData = {
  partitionIndex: i32(),
}

const topicData = {
  topicName: string(),
  partitions: list(partitionData),
}

const replicaState = {
  replicaId: i32(),
  replicaDirectoryId: uuid({ since: 2 }),
  logEndOffset: i64(),
  lastFetchTimestamp: i64({ since: 1, default: -1 }),
  lastCaughtUpTimestamp: i64({ since: 1, default: -1 }),
}

const describeQuorumResponsePartitionData = {
  partitionIndex: i32(),
  errorCode: i16(),
  errorMessage: orNull(string({ since: 2 })),
  leaderId: i32(),
  leaderEpoch: i32(),
  highWatermark: i64(),
  currentVoters: list(replicaState),
  observers: list(replicaState),
}

const describeQuorumResponseTopicData = {
  topicName: string(),
  partitions: list(describeQuorumResponsePartitionData),
}

const listener = {
  name: string({ since: 2 }),
  host: string({ since: 2 }),
  port: u16({ since: 2 }),
}

const node = {
  nodeId: i32({ since: 2 }),
  listeners: list(listener, { since: 2 }),
}

export const describeQuorum = api({
  key: 55,
  name: 'DescribeQuorum',
  versions: [0, 2],
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    topics: list(topicData),
  },
  response: {
    errorCode: i16(),
    errorMessage: orNull(string({ since: 2 })),
    topics: list(describeQuorumResponseTopicData),
    nodes: list(node, { since: 2 }),
  },
})

export interface DescribeQuorumRequest extends Infer<typeof describeQuorum.request.fields> {}
export interface DescribeQuorumResponse extends Infer<typeof describeQuorum.response.fields> {}
