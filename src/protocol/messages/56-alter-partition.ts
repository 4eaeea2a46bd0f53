/** AlterPartition (API key 56). */
import { api } from '../message.ts'
import { type Infer, i8, i16, i32, i64, list, uuid } from '../words.ts'

const brokerState = {
  brokerId: i32({ since: 3 }),
  brokerEpoch: i64({ since: 3, default: -1 }),
}

const partitionData = {
  partitionIndex: i32(),
  leaderEpoch: i32(),
  newIsr: list(i32(), { until: 2 }),
  newIsrWithEpochs: list(brokerState, { since: 3 }),
  leaderRecoveryState: i8(),
  partitionEpoch: i32(),
}

const topicData = {
  topicId: uuid(),
  partitions: list(partitionData),
}

const alterPartitionResponsePartitionData = {
  partitionIndex: i32(),
  errorCode: i16(),
  leaderId: i32(),
  leaderEpoch: i32(),
  isr: list(i32()),
  leaderRecoveryState: i8(),
  partitionEpoch: i32(),
}

const alterPartitionResponseTopicData = {
  topicId: uuid(),
  partitions: list(alterPartitionResponsePartitionData),
}

export const alterPartition = api({
  key: 56,
  name: 'AlterPartition',
  versions: [2, 3],
  flexible: 0,
  listeners: ['controller'],
  request: {
    brokerId: i32(),
    brokerEpoch: i64({ default: -1 }),
    topics: list(topicData),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    topics: list(alterPartitionResponseTopicData),
  },
})

export interface AlterPartitionRequest extends Infer<typeof alterPartition.request.fields> {}
export interface AlterPartitionResponse extends Infer<typeof alterPartition.response.fields> {}
