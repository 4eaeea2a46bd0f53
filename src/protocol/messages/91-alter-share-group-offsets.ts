/** AlterShareGroupOffsets (API key 91). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, list, orNull, string, uuid } from '../words.ts'

const alterShareGroupOffsetsRequestPartition = {
  partitionIndex: i32(),
  startOffset: i64(),
}

const alterShareGroupOffsetsRequestTopic = {
  topicName: string(),
  partitions: list(alterShareGroupOffsetsRequestPartition),
}

const alterShareGroupOffsetsResponsePartition = {
  partitionIndex: i32(),
  errorCode: i16(),
  errorMessage: orNull(string(), { default: null }),
}

const alterShareGroupOffsetsResponseTopic = {
  topicName: string(),
  topicId: uuid(),
  partitions: list(alterShareGroupOffsetsResponsePartition),
}

export const alterShareGroupOffsets = api({
  key: 91,
  name: 'AlterShareGroupOffsets',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker'],
  request: {
    groupId: string(),
    topics: list(alterShareGroupOffsetsRequestTopic),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string(), { default: null }),
    responses: list(alterShareGroupOffsetsResponseTopic),
  },
})

export interface AlterShareGroupOffsetsRequest extends Infer<typeof alterShareGroupOffsets.request.fields> {}
export interface AlterShareGroupOffsetsResponse extends Infer<typeof alterShareGroupOffsets.response.fields> {}
