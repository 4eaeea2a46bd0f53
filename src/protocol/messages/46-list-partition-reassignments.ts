/** ListPartitionReassignments (API key 46). */
import { api } from '../message.ts'
import { type Infer, i16, i32, list, orNull, string } from '../words.ts'

const listPartitionReassignmentsTopics = {
  name: string(),
  partitionIndexes: list(i32()),
}

const ongoingPartitionReassignment = {
  partitionIndex: i32(),
  replicas: list(i32()),
  addingReplicas: list(i32()),
  removingReplicas: list(i32()),
}

const ongoingTopicReassignment = {
  name: string(),
  partitions: list(ongoingPartitionReassignment),
}

export const listPartitionReassignments = api({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    timeoutMs: i32({ default: 60000 }),
    topics: orNull(list(listPartitionReassignmentsTopics), { default: null }),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string()),
    topics: list(ongoingTopicReassignment),
  },
})

export interface ListPartitionReassignmentsRequest extends Infer<typeof listPartitionReassignments.request.fields> {}
export interface ListPartitionReassignmentsResponse extends Infer<typeof listPartitionReassignments.response.fields> {}
