/** ElectLeaders (API key 43). */
import { api } from '../message.ts'
import { type Infer, i8, i16, i32, list, orNull, string } from '../words.ts'

const topicPartitions = {
  topic: string(),
  partitions: list(i32()),
}

const partitionResult = {
  partitionId: i32(),
  errorCode: i16(),
  errorMessage: orNull(string()),
}

const replicaElectionResult = {
  topic: string(),
  partitionResult: list(partitionResult),
}

export const electLeaders = api({
  key: 43,
  name: 'ElectLeaders',
  versions: [0, 2],
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    electionType: i8({ since: 1 }),
    topicPartitions: orNull(list(topicPartitions)),
    timeoutMs: i32({ default: 60000 }),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16({ since: 1 }),
    replicaElectionResults: list(replicaElectionResult),
  },
})

export interface ElectLeadersRequest extends Infer<typeof electLeaders.request.fields> {}
export interface ElectLeadersResponse extends Infer<typeof electLeaders.response.fields> {}
