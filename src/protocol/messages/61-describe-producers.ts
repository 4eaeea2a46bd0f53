/** DescribeProducers (API key 61). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, i64Big, list, orNull, string } from '../words.ts'

const topicRequest = {
  name: string(),
  partitionIndexes: list(i32()),
}

const producerState = {
  producerId: i64(),
  producerEpoch: i32(),
  lastSequence: i32({ default: -1 }),
  lastTimestamp: i64Big({ default: -1n }),
  coordinatorEpoch: i32(),
  currentTxnStartOffset: i64({ default: -1 }),
}

const partitionResponse = {
  partitionIndex: i32(),
  errorCode: i16(),
  errorMessage: orNull(string(), { default: null }),
  activeProducers: list(producerState),
}

const topicResponse = {
  name: string(),
  partitions: list(partitionResponse),
}

export const describeProducers = api({
  key: 61,
  name: 'DescribeProducers',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker'],
  request: {
    topics: list(topicRequest),
  },
  response: {
    throttleTimeMs: i32(),
    topics: list(topicResponse),
  },
})

export interface DescribeProducersRequest extends Infer<typeof describeProducers.request.fields> {}
export interface DescribeProducersResponse extends Infer<typeof describeProducers.response.fields> {}
