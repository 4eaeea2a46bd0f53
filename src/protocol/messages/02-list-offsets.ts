/** ListOffsets (API key 2). */
import { api } from '../message.ts'
import { type Infer, i8, i16, i32, i64, i64Big, list, string } from '../words.ts'

const listOffsetsPartition = {
  partitionIndex: i32(),
  currentLeaderEpoch: i32({ since: 4, default: -1 }),
  timestamp: i64Big(),
}

const listOffsetsTopic = {
  name: string(),
  partitions: list(listOffsetsPartition),
}

const listOffsetsPartitionResponse = {
  partitionIndex: i32(),
  errorCode: i16(),
  timestamp: i64Big({ default: -1n }),
  offset: i64({ default: -1 }),
  leaderEpoch: i32({ since: 4, default: -1 }),
}

const listOffsetsTopicResponse = {
  name: string(),
  partitions: list(listOffsetsPartitionResponse),
}

export const listOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 11],
  flexible: 6,
  listeners: ['broker'],
  request: {
    replicaId: i32(),
    isolationLevel: i8({ since: 2 }),
    topics: list(listOffsetsTopic),
    timeoutMs: i32({ since: 10 }),
  },
  response: {
    throttleTimeMs: i32({ since: 2 }),
    topics: list(listOffsetsTopicResponse),
  },
})

export interface ListOffsetsRequest extends Infer<typeof listOffsets.request.fields> {}
export interface ListOffsetsResponse extends Infer<typeof listOffsets.response.fields> {}
