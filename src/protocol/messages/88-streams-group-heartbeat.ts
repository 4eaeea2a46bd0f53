/** StreamsGroupHeartbeat (API key 88). */
import { api } from '../message.ts'
import { bool, type Infer, i8, i16, i32, i64Big, list, orNull, string, struct, u16 } from '../words.ts'

const keyValue = {
  key: string(),
  value: string(),
}

const topicInfo = {
  name: string(),
  partitions: i32(),
  replicationFactor: i16(),
  topicConfigs: list(keyValue),
}

const copartitionGroup = {
  sourceTopics: list(i16()),
  sourceTopicRegex: list(i16()),
  repartitionSourceTopics: list(i16()),
}

const subtopology = {
  subtopologyId: string(),
  sourceTopics: list(string()),
  sourceTopicRegex: list(string()),
  stateChangelogTopics: list(topicInfo),
  repartitionSinkTopics: list(string()),
  repartitionSourceTopics: list(topicInfo),
  copartitionGroups: list(copartitionGroup),
}

const topology = {
  epoch: i32(),
  subtopologies: list(subtopology),
}

const taskIds = {
  subtopologyId: string(),
  partitions: list(i32()),
}

const endpoint = {
  host: string(),
  port: u16(),
}

const taskOffset = {
  subtopologyId: string(),
  partition: i32(),
  offset: i64Big(),
}

const status = {
  statusCode: i8(),
  statusDetail: string(),
}

const streamsGroupHeartbeatResponseTaskIds = {
  subtopologyId: string(),
  partitions: list(i32()),
}

const streamsGroupHeartbeatResponseEndpoint = {
  host: string(),
  port: u16(),
}

const topicPartition = {
  topic: string(),
  partitions: list(i32()),
}

const endpointToPartitions = {
  userEndpoint: struct(streamsGroupHeartbeatResponseEndpoint),
  activePartitions: list(topicPartition),
  standbyPartitions: list(topicPartition),
}

export const streamsGroupHeartbeat = api({
  key: 88,
  name: 'StreamsGroupHeartbeat',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker'],
  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: i32(),
    endpointInformationEpoch: i32(),
    instanceId: orNull(string(), { default: null }),
    rackId: orNull(string(), { default: null }),
    rebalanceTimeoutMs: i32({ default: -1 }),
    topology: orNull(struct(topology), { default: null }),
    activeTasks: orNull(list(taskIds), { default: null }),
    standbyTasks: orNull(list(taskIds), { default: null }),
    warmupTasks: orNull(list(taskIds), { default: null }),
    processId: orNull(string(), { default: null }),
    userEndpoint: orNull(struct(endpoint), { default: null }),
    clientTags: orNull(list(keyValue), { default: null }),
    taskOffsets: orNull(list(taskOffset), { default: null }),
    taskEndOffsets: orNull(list(taskOffset), { default: null }),
    shutdownApplication: bool(),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string(), { default: null }),
    memberId: string(),
    memberEpoch: i32(),
    heartbeatIntervalMs: i32(),
    acceptableRecoveryLag: i32(),
    taskOffsetIntervalMs: i32(),
    status: orNull(list(status)),
    activeTasks: orNull(list(streamsGroupHeartbeatResponseTaskIds), { default: null }),
    standbyTasks: orNull(list(streamsGroupHeartbeatResponseTaskIds), { default: null }),
    warmupTasks: orNull(list(streamsGroupHeartbeatResponseTaskIds), { default: null }),
    endpointInformationEpoch: i32(),
    partitionsByUserEndpoint: orNull(list(endpointToPartitions), { default: null }),
  },
})

export interface StreamsGroupHeartbeatRequest extends Infer<typeof streamsGroupHeartbeat.request.fields> {}
export interface StreamsGroupHeartbeatResponse extends Infer<typeof streamsGroupHeartbeat.response.fields> {}
