/** WriteTxnMarkers (API key 27). */
import { api } from '../message.ts'
import { bool, type Infer, i8, i16, i32, i64, list, string } from '../words.ts'

const writableTxnMarkerTopic = {
  name: string(),
  partitionIndexes: list(i32()),
}

const writableTxnMarker = {
  producerId: i64(),
  producerEpoch: i16(),
  transactionResult: bool(),
  topics: list(writableTxnMarkerTopic),
  coordinatorEpoch: i32(),
  transactionVersion: i8({ since: 2 }),
}

const writableTxnMarkerPartitionResult = {
  partitionIndex: i32(),
  errorCode: i16(),
}

const writableTxnMarkerTopicResult = {
  name: string(),
  partitions: list(writableTxnMarkerPartitionResult),
}

const writableTxnMarkerResult = {
  producerId: i64(),
  topics: list(writableTxnMarkerTopicResult),
}

export const writeTxnMarkers = api({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: [1, 2],
  flexible: 1,
  listeners: ['broker'],
  request: {
    markers: list(writableTxnMarker),
  },
  response: {
    markers: list(writableTxnMarkerResult),
  },
})

export interface WriteTxnMarkersRequest extends Infer<typeof writeTxnMarkers.request.fields> {}
export interface WriteTxnMarkersResponse extends Infer<typeof writeTxnMarkers.response.fields> {}
