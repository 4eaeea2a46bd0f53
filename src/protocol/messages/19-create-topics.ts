/** CreateTopics (API key 19). */
import { api } from '../message.ts'
import { bool, type Infer, i8, i16, i32, list, orNull, string, uuid } from '../words.ts'

const creatableReplicaAssignment = {
  partitionIndex: i32(),
  brokerIds: list(i32()),
}

const creatableTopicConfig = {
  name: string(),
  value: orNull(string()),
}

const creatableTopic = {
  name: string(),
  numPartitions: i32(),
  replicationFactor: i16(),
  assignments: list(creatableReplicaAssignment),
  configs: list(creatableTopicConfig),
}

const creatableTopicConfigs = {
  name: string({ since: 5 }),
  value: orNull(string({ since: 5 })),
  readOnly: bool({ since: 5 }),
  configSource: i8({ since: 5, default: -1 }),
  isSensitive: bool({ since: 5 }),
}

const creatableTopicResult = {
  name: string(),
  topicId: uuid({ since: 7 }),
  errorCode: i16(),
  errorMessage: orNull(string()),
  topicConfigErrorCode: i16({ since: 5, tag: 0 }),
  numPartitions: i32({ since: 5, default: -1 }),
  replicationFactor: i16({ since: 5, default: -1 }),
  configs: orNull(list(creatableTopicConfigs, { since: 5 })),
}

export const createTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexible: 5,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    topics: list(creatableTopic),
    timeoutMs: i32({ default: 60000 }),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: i32(),
    topics: list(creatableTopicResult),
  },
})

export interface CreateTopicsRequest extends Infer<typeof createTopics.request.fields> {}
export interface CreateTopicsResponse extends Infer<typeof createTopics.response.fields> {}
