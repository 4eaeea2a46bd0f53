/** AlterPartitionReassignments (API key 45). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, list, orNull, string } from '../words.ts'

const reassignablePartition = {
  partitionIndex: i32(),
  replicas: orNull(list(i32()), { default: null }),
}

const reassignableTopic = {
  name: string(),
  partitions: list(reassignablePartition),
}

const reassignablePartitionResponse = {
  partitionIndex: i32(),
  errorCode: i16(),
  errorMessage: orNull(string()),
}

const reassignableTopicResponse = {
  name: string(),
  partitions: list(reassignablePartitionResponse),
}

export const alterPartitionReassignments = api({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: [0, 1],
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    timeoutMs: i32({ default: 60000 }),
    allowReplicationFactorChange: bool({ since: 1, default: true }),
    topics: list(reassignableTopic),
  },
  response: {
    throttleTimeMs: i32(),
    allowReplicationFactorChange: bool({ since: 1, default: true }),
    errorCode: i16(),
    errorMessage: orNull(string()),
    responses: list(reassignableTopicResponse),
  },
})

export interface AlterPartitionReassignmentsRequest extends Infer<typeof alterPartitionReassignments.request.fields> {}
export interface AlterPartitionReassignmentsResponse
  extends Infer<typeof alterPartitionReassignments.response.fields> {}
