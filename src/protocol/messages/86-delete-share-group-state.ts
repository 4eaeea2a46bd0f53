/** DeleteShareGroupState (API key 86). */
import { api } from '../message.ts'
import { type Infer, i16, i32, list, orNull, string, uuid } from '../words.ts'

const partitionData = {
  partition: i32(),
}

const deleteStateData = {
  topicId: uuid(),
  partitions: list(partitionData),
}

const partitionResult = {
  partition: i32(),
  errorCode: i16(),
  errorMessage: orNull(string(), { default: null }),
}

const deleteStateResult = {
  topicId: uuid(),
  partitions: list(partitionResult),
}

export const deleteShareGroupState = api({
  key: 86,
  name: 'DeleteShareGroupState',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker'],
  request: {
    groupId: string(),
    topics: list(deleteStateData),
  },
  response: {
    results: list(deleteStateResult),
  },
})

export interface DeleteShareGroupStateRequest extends Infer<typeof deleteShareGroupState.request.fields> {}
export interface DeleteShareGroupStateResponse extends Infer<typeof deleteShareGroupState.response.fields> {}
