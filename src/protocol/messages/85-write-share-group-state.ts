/** WriteShareGroupState (API key 85). */
import { api } from '../message.ts'
import { type Infer, i8, i16, i32, i64, list, orNull, string, uuid } from '../words.ts'

const stateBatch = {
  firstOffset: i64(),
  lastOffset: i64(),
  deliveryState: i8(),
  deliveryCount: i16(),
}

const partitionData = {
  partition: i32(),
  stateEpoch: i32(),
  leaderEpoch: i32(),
  startOffset: i64(),
  deliveryCompleteCount: i32({ since: 1, default: -1 }),
  stateBatches: list(stateBatch),
}

const writeStateData = {
  topicId: uuid(),
  partitions: list(partitionData),
}

const partitionResult = {
  partition: i32(),
  errorCode: i16(),
  errorMessage: orNull(string(), { default: null }),
}

const writeStateResult = {
  topicId: uuid(),
  partitions: list(partitionResult),
}

export const writeShareGroupState = api({
  key: 85,
  name: 'WriteShareGroupState',
  versions: [0, 1],
  flexible: 0,
  listeners: ['broker'],
  request: {
    groupId: string(),
    topics: list(writeStateData),
  },
  response: {
    results: list(writeStateResult),
  },
})

export interface WriteShareGroupStateRequest extends Infer<typeof writeShareGroupState.request.fields> {}
export interface WriteShareGroupStateResponse extends Infer<typeof writeShareGroupState.response.fields> {}
