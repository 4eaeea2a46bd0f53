/** Metadata (API key 3). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, list, orNull, string, uuid } from '../words.ts'

const metadataRequestTopic = {
  topicId: uuid({ since: 10 }),
  name: orNull(string(), { since: 10 }),
}

const metadataResponseBroker = {
  nodeId: i32(),
  host: string(),
  port: i32(),
  rack: orNull(string({ since: 1 }), { default: null }),
}

const metadataResponsePartition = {
  errorCode: i16(),
  partitionIndex: i32(),
  leaderId: i32(),
  leaderEpoch: i32({ since: 7, default: -1 }),
  replicaNodes: list(i32()),
  isrNodes: list(i32()),
  offlineReplicas: list(i32(), { since: 5 }),
}

const metadataResponseTopic = {
  errorCode: i16(),
  name: orNull(string(), { since: 12 }),
  topicId: uuid({ since: 10 }),
  isInternal: bool({ since: 1 }),
  partitions: list(metadataResponsePartition),
  topicAuthorizedOperations: i32({ since: 8, default: -2147483648 }),
}

export const metadata = api({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexible: 9,
  listeners: ['broker'],
  request: {
    topics: orNull(list(metadataRequestTopic), { since: 1 }),
    allowAutoTopicCreation: bool({ since: 4, default: true }),
    includeClusterAuthorizedOperations: bool({ since: 8, until: 10 }),
    includeTopicAuthorizedOperations: bool({ since: 8 }),
  },
  response: {
    throttleTimeMs: i32({ since: 3 }),
    brokers: list(metadataResponseBroker),
    clusterId: orNull(string({ since: 2 }), { default: null }),
    controllerId: i32({ since: 1, default: -1 }),
    topics: list(metadataResponseTopic),
    clusterAuthorizedOperations: i32({ since: 8, until: 10, default: -2147483648 }),
    errorCode: i16({ since: 13 }),
  },
})

export interface MetadataRequest extends Infer<typeof metadata.request.fields> {}
export interface MetadataResponse extends Infer<typeof metadata.response.fields> {}
