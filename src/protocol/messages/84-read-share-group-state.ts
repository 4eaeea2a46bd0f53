/** ReadShareGroupState (API key 84). */
import { api } from '../message.ts'
import { type Infer, i8, i16, i32, i64, list, orNull, string, uuid } from '../words.ts'

const partitionData = {
  partition: i32(),
  leaderEpoch: i32(),
}

const readStateData = {
  topicId: uuid(),
  partitions: list(partitionData),
}

const stateBatch = {
  firstOffset: i64(),
  lastOffset: i64(),
  deliveryState: i8(),
  deliveryCount: i16(),
}

const partitionResult = {
  partition: i32(),
  errorCode: i16(),
  errorMessage: orNull(string(), { default: null }),
  stateEpoch: i32(),
  startOffset: i64(),
  stateBatches: list(stateBatch),
}

const readStateResult = {
  topicId: uuid(),
  partitions: list(partitionResult),
}

export const readShareGroupState = api({
  key: 84,
  name: 'ReadShareGroupState',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker'],
  request: {
    groupId: string(),
    topics: list(readStateData),
  },
  response: {
    results: list(readStateResult),
  },
})

export interface ReadShareGroupStateRequest extends Infer<typeof readShareGroupState.request.fields> {}
export interface ReadShareGroupStateResponse extends Infer<typeof readShareGroupState.response.fields> {}
