/** InitializeShareGroupState (API key 83). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, list, orNull, string, uuid } from '../words.ts'

const partitionData = {
  partition: i32(),
  stateEpoch: i32(),
  startOffset: i64(),
}

const initializeStateData = {
  topicId: uuid(),
  partitions: list(partitionData),
}

const partitionResult = {
  partition: i32(),
  errorCode: i16(),
  errorMessage: orNull(string(), { default: null }),
}

const initializeStateResult = {
  topicId: uuid(),
  partitions: list(partitionResult),
}

export const initializeShareGroupState = api({
  key: 83,
  name: 'InitializeShareGroupState',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker'],
  request: {
    groupId: string(),
    topics: list(initializeStateData),
  },
  response: {
    results: list(initializeStateResult),
  },
})

export interface InitializeShareGroupStateRequest extends Infer<typeof initializeShareGroupState.request.fields> {}
export interface InitializeShareGroupStateResponse extends Infer<typeof initializeShareGroupState.response.fields> {}
