/** DeleteRecords (API key 21). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, list, string } from '../words.ts'

const deleteRecordsPartition = {
  partitionIndex: i32(),
  offset: i64(),
}

const deleteRecordsTopic = {
  name: string(),
  partitions: list(deleteRecordsPartition),
}

const deleteRecordsPartitionResult = {
  partitionIndex: i32(),
  lowWatermark: i64(),
  errorCode: i16(),
}

const deleteRecordsTopicResult = {
  name: string(),
  partitions: list(deleteRecordsPartitionResult),
}

export const deleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexible: 2,
  listeners: ['broker'],
  request: {
    topics: list(deleteRecordsTopic),
    timeoutMs: i32(),
  },
  response: {
    throttleTimeMs: i32(),
    topics: list(deleteRecordsTopicResult),
  },
})

export interface DeleteRecordsRequest extends Infer<typeof deleteRecords.request.fields> {}
export interface DeleteRecordsResponse extends Infer<typeof deleteRecords.response.fields> {}
