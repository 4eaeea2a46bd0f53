/** DescribeShareGroupOffsets (API key 90). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, list, orNull, string, uuid } from '../words.ts'

const describeShareGroupOffsetsRequestTopic = {
  topicName: string(),
  partitions: list(i32()),
}

const describeShareGroupOffsetsRequestGroup = {
  groupId: string(),
  topics: orNull(list(describeShareGroupOffsetsRequestTopic)),
}

const describeShareGroupOffsetsResponsePartition = {
  partitionIndex: i32(),
  startOffset: i64(),
  leaderEpoch: i32(),
  lag: i64({ since: 1, default: -1 }),
  errorCode: i16(),
  errorMessage: orNull(string(), { default: null }),
}

const describeShareGroupOffsetsResponseTopic = {
  topicName: string(),
  topicId: uuid(),
  partitions: list(describeShareGroupOffsetsResponsePartition),
}

const describeShareGroupOffsetsResponseGroup = {
  groupId: string(),
  topics: list(describeShareGroupOffsetsResponseTopic),
  errorCode: i16(),
  errorMessage: orNull(string(), { default: null }),
}

export const describeShareGroupOffsets = api({
  key: 90,
  name: 'DescribeShareGroupOffsets',
  versions: [0, 1],
  flexible: 0,
  listeners: ['broker'],
  request: {
    groups: list(describeShareGroupOffsetsRequestGroup),
  },
  response: {
    throttleTimeMs: i32(),
    groups: list(describeShareGroupOffsetsResponseGroup),
  },
})

export interface DescribeShareGroupOffsetsRequest extends Infer<typeof describeShareGroupOffsets.request.fields> {}
export interface DescribeShareGroupOffsetsResponse extends Infer<typeof describeShareGroupOffsets.response.fields> {}
