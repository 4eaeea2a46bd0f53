/** DescribeTopicPartitions (API key 75). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, list, orNull, string, struct, uuid } from '../words.ts'

const topicRequest = {
  name: string(),
}

const cursor = {
  topicName: string(),
  partitionIndex: i32(),
}

const describeTopicPartitionsResponsePartition = {
  errorCode: i16(),
  partitionIndex: i32(),
  leaderId: i32(),
  leaderEpoch: i32({ default: -1 }),
  replicaNodes: list(i32()),
  isrNodes: list(i32()),
  eligibleLeaderReplicas: orNull(list(i32()), { default: null }),
  lastKnownElr: orNull(list(i32()), { default: null }),
  offlineReplicas: list(i32()),
}

const describeTopicPartitionsResponseTopic = {
  errorCode: i16(),
  name: orNull(string()),
  topicId: uuid(),
  isInternal: bool(),
  partitions: list(describeTopicPartitionsResponsePartition),
  topicAuthorizedOperations: i32({ default: -2147483648 }),
}

const describeTopicPartitionsResponseCursor = {
  topicName: string(),
  partitionIndex: i32(),
}

export const describeTopicPartitions = api({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker'],
  request: {
    topics: list(topicRequest),
    responsePartitionLimit: i32({ default: 2000 }),
    cursor: orNull(struct(cursor), { default: null }),
  },
  response: {
    throttleTimeMs: i32(),
    topics: list(describeTopicPartitionsResponseTopic),
    nextCursor: orNull(struct(describeTopicPartitionsResponseCursor), { default: null }),
  },
})

export interface DescribeTopicPartitionsRequest extends Infer<typeof describeTopicPartitions.request.fields> {}
export interface DescribeTopicPartitionsResponse extends Infer<typeof describeTopicPartitions.response.fields> {}
