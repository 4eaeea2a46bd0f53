/** DeleteShareGroupOffsets (API key 92). */
import { api } from '../message.ts'
import { type Infer, i16, i32, list, orNull, string, uuid } from '../words.ts'

const deleteShareGroupOffsetsRequestTopic = {
  topicName: string(),
}

const deleteShareGroupOffsetsResponseTopic = {
  topicName: string(),
  topicId: uuid(),
  errorCode: i16(),
  errorMessage: orNull(string(), { default: null }),
}

export const deleteShareGroupOffsets = api({
  key: 92,
  name: 'DeleteShareGroupOffsets',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker'],
  request: {
    groupId: string(),
    topics: list(deleteShareGroupOffsetsRequestTopic),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string(), { default: null }),
    responses: list(deleteShareGroupOffsetsResponseTopic),
  },
})

export interface DeleteShareGroupOffsetsRequest extends Infer<typeof deleteShareGroupOffsets.request.fields> {}
export interface DeleteShareGroupOffsetsResponse extends Infer<typeof deleteShareGroupOffsets.response.fields> {}
