/** ReadShareGroupStateSummary (API key 87). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, list, orNull, string, uuid } from '../words.ts'

const partitionData = {
  partition: i32(),
  leaderEpoch: i32(),
}

const readStateSummaryData = {
  topicId: uuid(),
  partitions: list(partitionData),
}

const partitionResult = {
  partition: i32(),
  errorCode: i16(),
  errorMessage: orNull(string(), { default: null }),
  stateEpoch: i32(),
  leaderEpoch: i32(),
  startOffset: i64(),
  deliveryCompleteCount: i32({ since: 1, default: -1 }),
}

const readStateSummaryResult = {
  topicId: uuid(),
  partitions: list(partitionResult),
}

export const readShareGroupStateSummary = api({
  key: 87,
  name: 'ReadShareGroupStateSummary',
  versions: [0, 1],
  flexible: 0,
  listeners: ['broker'],
  request: {
    groupId: string(),
    topics: list(readStateSummaryData),
  },
  response: {
    results: list(readStateSummaryResult),
  },
})

export interface ReadShareGroupStateSummaryRequest extends Infer<typeof readShareGroupStateSummary.request.fields> {}
export interface ReadShareGroupStateSummaryResponse extends Infer<typeof readShareGroupStateSummary.response.fields> {}
