/** StreamsGroupDescribe (API key 89). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, i64Big, list, orNull, string, struct, u16 } from '../words.ts'

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

const subtopology = {
  subtopologyId: string(),
  sourceTopics: list(string()),
  repartitionSinkTopics: list(string()),
  stateChangelogTopics: list(topicInfo),
  repartitionSourceTopics: list(topicInfo),
}

const topology = {
  epoch: i32(),
  subtopologies: orNull(list(subtopology), { default: null }),
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

const taskIds = {
  subtopologyId: string(),
  partitions: list(i32()),
}

const assignment = {
  activeTasks: list(taskIds),
  standbyTasks: list(taskIds),
  warmupTasks: list(taskIds),
}

const member = {
  memberId: string(),
  memberEpoch: i32(),
  instanceId: orNull(string(), { default: null }),
  rackId: orNull(string(), { default: null }),
  clientId: string(),
  clientHost: string(),
  topologyEpoch: i32(),
  processId: string(),
  userEndpoint: orNull(struct(endpoint), { default: null }),
  clientTags: list(keyValue),
  taskOffsets: list(taskOffset),
  taskEndOffsets: list(taskOffset),
  assignment: struct(assignment),
  targetAssignment: struct(assignment),
  isClassic: bool(),
}

const describedGroup = {
  errorCode: i16(),
  errorMessage: orNull(string(), { default: null }),
  groupId: string(),
  groupState: string(),
  groupEpoch: i32(),
  assignmentEpoch: i32(),
  topology: orNull(struct(topology), { default: null }),
  members: list(member),
  authorizedOperations: i32({ default: -2147483648 }),
}

export const streamsGroupDescribe = api({
  key: 89,
  name: 'StreamsGroupDescribe',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker'],
  request: {
    groupIds: list(string()),
    includeAuthorizedOperations: bool(),
  },
  response: {
    throttleTimeMs: i32(),
    groups: list(describedGroup),
  },
})

export interface StreamsGroupDescribeRequest extends Infer<typeof streamsGroupDescribe.request.fields> {}
export interface StreamsGroupDescribeResponse extends Infer<typeof streamsGroupDescribe.response.fields> {}
