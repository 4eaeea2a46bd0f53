/** OffsetForLeaderEpoch (API key 23). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, list, string } from '../words.ts'

const offsetForLeaderPartition = {
  partition: i32(),
  currentLeaderEpoch: i32({ default: -1 }),
  leaderEpoch: i32(),
}

const offsetForLeaderTopic = {
  topic: string(),
  partitions: list(offsetForLeaderPartition),
}

const epochEndOffset = {
  errorCode: i16(),
  partition: i32(),
  leaderEpoch: i32({ default: -1 }),
  endOffset: i64({ default: -1 }),
}

const offsetForLeaderTopicResult = {
  topic: string(),
  partitions: list(epochEndOffset),
}

export const offsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  flexible: 4,
  listeners: ['broker'],
  request: {
    replicaId: i32({ since: 3, default: -2 }),
    topics: list(offsetForLeaderTopic),
  },
  response: {
    throttleTimeMs: i32(),
    topics: list(offsetForLeaderTopicResult),
  },
})

export interface OffsetForLeaderEpochRequest extends Infer<typeof offsetForLeaderEpoch.request.fields> {}
export interface OffsetForLeaderEpochResponse extends Infer<typeof offsetForLeaderEpoch.response.fields> {}
