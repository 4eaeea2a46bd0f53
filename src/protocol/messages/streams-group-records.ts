/** Records of `__consumer_offsets`: streams groups (KIP-1071). */
import { message } from '../message.ts'
import { type Infer, i8, i16, i32, i64, i64Big, list, orNull, string, struct, u16 } from '../words.ts'

export const streamsGroupCurrentMemberAssignmentKey = message({
  name: 'StreamsGroupCurrentMemberAssignmentKey',
  versions: [0, 0],
  type: 22,
  fields: {
    groupId: string(),
    memberId: string(),
  },
})
export interface StreamsGroupCurrentMemberAssignmentKey
  extends Infer<typeof streamsGroupCurrentMemberAssignmentKey.fields> {}

const taskIds = {
  subtopologyId: string(),
  partitions: list(i32()),
  assignmentEpochs: orNull(list(i32(), { tag: 0 })),
}

export const streamsGroupCurrentMemberAssignmentValue = message({
  name: 'StreamsGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexible: 0,
  type: 22,
  fields: {
    memberEpoch: i32(),
    previousMemberEpoch: i32(),
    state: i8(),
    activeTasks: list(taskIds),
    standbyTasks: list(taskIds),
    warmupTasks: list(taskIds),
    activeTasksPendingRevocation: list(taskIds),
    standbyTasksPendingRevocation: list(taskIds),
    warmupTasksPendingRevocation: list(taskIds),
  },
})
export interface StreamsGroupCurrentMemberAssignmentValue
  extends Infer<typeof streamsGroupCurrentMemberAssignmentValue.fields> {}

export const streamsGroupMemberMetadataKey = message({
  name: 'StreamsGroupMemberMetadataKey',
  versions: [0, 0],
  type: 19,
  fields: {
    groupId: string(),
    memberId: string(),
  },
})
export interface StreamsGroupMemberMetadataKey extends Infer<typeof streamsGroupMemberMetadataKey.fields> {}

const endpoint = {
  host: string(),
  port: u16(),
}

const keyValue = {
  key: string(),
  value: string(),
}

export const streamsGroupMemberMetadataValue = message({
  name: 'StreamsGroupMemberMetadataValue',
  versions: [0, 0],
  flexible: 0,
  type: 19,
  fields: {
    instanceId: orNull(string()),
    rackId: orNull(string()),
    clientId: string(),
    clientHost: string(),
    rebalanceTimeoutMs: i32({ default: -1 }),
    topologyEpoch: i32(),
    processId: string(),
    userEndpoint: orNull(struct(endpoint), { default: null }),
    clientTags: list(keyValue),
  },
})
export interface StreamsGroupMemberMetadataValue extends Infer<typeof streamsGroupMemberMetadataValue.fields> {}

export const streamsGroupMetadataKey = message({
  name: 'StreamsGroupMetadataKey',
  versions: [0, 0],
  type: 17,
  fields: {
    groupId: string(),
  },
})
export interface StreamsGroupMetadataKey extends Infer<typeof streamsGroupMetadataKey.fields> {}

const lastAssignmentConfig = {
  key: string(),
  value: string(),
}

export const streamsGroupMetadataValue = message({
  name: 'StreamsGroupMetadataValue',
  versions: [0, 0],
  flexible: 0,
  type: 17,
  fields: {
    epoch: i32(),
    metadataHash: i64Big(),
    validatedTopologyEpoch: i32({ tag: 0, default: -1 }),
    lastAssignmentConfigs: orNull(list(lastAssignmentConfig, { tag: 1 })),
  },
})
export interface StreamsGroupMetadataValue extends Infer<typeof streamsGroupMetadataValue.fields> {}

export const streamsGroupTargetAssignmentMemberKey = message({
  name: 'StreamsGroupTargetAssignmentMemberKey',
  versions: [0, 0],
  type: 21,
  fields: {
    groupId: string(),
    memberId: string(),
  },
})
export interface StreamsGroupTargetAssignmentMemberKey
  extends Infer<typeof streamsGroupTargetAssignmentMemberKey.fields> {}

const streamsGroupTargetAssignmentMemberValueTaskIds = {
  subtopologyId: string(),
  partitions: list(i32()),
}

export const streamsGroupTargetAssignmentMemberValue = message({
  name: 'StreamsGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexible: 0,
  type: 21,
  fields: {
    activeTasks: list(streamsGroupTargetAssignmentMemberValueTaskIds),
    standbyTasks: list(streamsGroupTargetAssignmentMemberValueTaskIds),
    warmupTasks: list(streamsGroupTargetAssignmentMemberValueTaskIds),
  },
})
export interface StreamsGroupTargetAssignmentMemberValue
  extends Infer<typeof streamsGroupTargetAssignmentMemberValue.fields> {}

export const streamsGroupTargetAssignmentMetadataKey = message({
  name: 'StreamsGroupTargetAssignmentMetadataKey',
  versions: [0, 0],
  type: 20,
  fields: {
    groupId: string(),
  },
})
export interface StreamsGroupTargetAssignmentMetadataKey
  extends Infer<typeof streamsGroupTargetAssignmentMetadataKey.fields> {}

export const streamsGroupTargetAssignmentMetadataValue = message({
  name: 'StreamsGroupTargetAssignmentMetadataValue',
  versions: [0, 0],
  flexible: 0,
  type: 20,
  fields: {
    assignmentEpoch: i32(),
    assignmentTimestamp: i64({ tag: 0 }),
  },
})
export interface StreamsGroupTargetAssignmentMetadataValue
  extends Infer<typeof streamsGroupTargetAssignmentMetadataValue.fields> {}

export const streamsGroupTopologyKey = message({
  name: 'StreamsGroupTopologyKey',
  versions: [0, 0],
  type: 23,
  fields: {
    groupId: string(),
  },
})
export interface StreamsGroupTopologyKey extends Infer<typeof streamsGroupTopologyKey.fields> {}

const topicConfig = {
  key: string(),
  value: string(),
}

const topicInfo = {
  name: string(),
  partitions: i32(),
  replicationFactor: i16(),
  topicConfigs: list(topicConfig),
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

export const streamsGroupTopologyValue = message({
  name: 'StreamsGroupTopologyValue',
  versions: [0, 0],
  flexible: 0,
  type: 23,
  fields: {
    epoch: i32(),
    subtopologies: list(subtopology),
  },
})
export interface StreamsGroupTopologyValue extends Infer<typeof streamsGroupTopologyValue.fields> {}
