/** CreatePartitions (API key 37). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, list, orNull, string } from '../words.ts'

const createPartitionsAssignment = {
  brokerIds: list(i32()),
}

const createPartitionsTopic = {
  name: string(),
  count: i32(),
  assignments: orNull(list(createPartitionsAssignment)),
}

const createPartitionsTopicResult = {
  name: string(),
  errorCode: i16(),
  errorMessage: orNull(string(), { default: null }),
}

export const createPartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    topics: list(createPartitionsTopic),
    timeoutMs: i32(),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: i32(),
    results: list(createPartitionsTopicResult),
  },
})

export interface CreatePartitionsRequest extends Infer<typeof createPartitions.request.fields> {}
export interface CreatePartitionsResponse extends Infer<typeof createPartitions.response.fields> {}
