/** Records of `__consumer_offsets`: share groups (KIP-932). */
import { message } from '../message.ts'
import { type Infer, i8, i32, i64, i64Big, list, orNull, string, uuid } from '../words.ts'

export const shareGroupCurrentMemberAssignmentKey = message({
  name: 'ShareGroupCurrentMemberAssignmentKey',
  versions: [0, 0],
  type: 14,
  fields: {
    groupId: string(),
    memberId: string(),
  },
})
export interface ShareGroupCurrentMemberAssignmentKey
  extends Infer<typeof shareGroupCurrentMemberAssignmentKey.fields> {}

const topicPartitions = {
  topicId: uuid(),
  partitions: list(i32()),
}

export const shareGroupCurrentMemberAssignmentValue = message({
  name: 'ShareGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexible: 0,
  type: 14,
  fields: {
    memberEpoch: i32(),
    previousMemberEpoch: i32(),
    state: i8(),
    assignedPartitions: list(topicPartitions),
  },
})
export interface ShareGroupCurrentMemberAssignmentValue
  extends Infer<typeof shareGroupCurrentMemberAssignmentValue.fields> {}

export const shareGroupMemberMetadataKey = message({
  name: 'ShareGroupMemberMetadataKey',
  versions: [0, 0],
  type: 10,
  fields: {
    groupId: string(),
    memberId: string(),
  },
})
export interface ShareGroupMemberMetadataKey extends Infer<typeof shareGroupMemberMetadataKey.fields> {}

export const shareGroupMemberMetadataValue = message({
  name: 'ShareGroupMemberMetadataValue',
  versions: [0, 0],
  flexible: 0,
  type: 10,
  fields: {
    rackId: orNull(string()),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: list(string()),
  },
})
export interface ShareGroupMemberMetadataValue extends Infer<typeof shareGroupMemberMetadataValue.fields> {}

export const shareGroupMetadataKey = message({
  name: 'ShareGroupMetadataKey',
  versions: [0, 0],
  type: 11,
  fields: {
    groupId: string(),
  },
})
export interface ShareGroupMetadataKey extends Infer<typeof shareGroupMetadataKey.fields> {}

export const shareGroupMetadataValue = message({
  name: 'ShareGroupMetadataValue',
  versions: [0, 0],
  flexible: 0,
  type: 11,
  fields: {
    epoch: i32(),
    metadataHash: i64Big(),
  },
})
export interface ShareGroupMetadataValue extends Infer<typeof shareGroupMetadataValue.fields> {}

export const shareGroupStatePartitionMetadataKey = message({
  name: 'ShareGroupStatePartitionMetadataKey',
  versions: [0, 0],
  type: 15,
  fields: {
    groupId: string(),
  },
})
export interface ShareGroupStatePartitionMetadataKey extends Infer<typeof shareGroupStatePartitionMetadataKey.fields> {}

const topicPartitionsInfo = {
  topicId: uuid(),
  topicName: string(),
  partitions: list(i32()),
}

const topicInfo = {
  topicId: uuid(),
  topicName: string(),
}

export const shareGroupStatePartitionMetadataValue = message({
  name: 'ShareGroupStatePartitionMetadataValue',
  versions: [0, 0],
  flexible: 0,
  type: 15,
  fields: {
    initializingTopics: list(topicPartitionsInfo),
    initializedTopics: list(topicPartitionsInfo),
    deletingTopics: list(topicInfo),
  },
})
export interface ShareGroupStatePartitionMetadataValue
  extends Infer<typeof shareGroupStatePartitionMetadataValue.fields> {}

export const shareGroupTargetAssignmentMemberKey = message({
  name: 'ShareGroupTargetAssignmentMemberKey',
  versions: [0, 0],
  type: 13,
  fields: {
    groupId: string(),
    memberId: string(),
  },
})
export interface ShareGroupTargetAssignmentMemberKey extends Infer<typeof shareGroupTargetAssignmentMemberKey.fields> {}

const topicPartition = {
  topicId: uuid(),
  partitions: list(i32()),
}

export const shareGroupTargetAssignmentMemberValue = message({
  name: 'ShareGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexible: 0,
  type: 13,
  fields: {
    topicPartitions: list(topicPartition),
  },
})
export interface ShareGroupTargetAssignmentMemberValue
  extends Infer<typeof shareGroupTargetAssignmentMemberValue.fields> {}

export const shareGroupTargetAssignmentMetadataKey = message({
  name: 'ShareGroupTargetAssignmentMetadataKey',
  versions: [0, 0],
  type: 12,
  fields: {
    groupId: string(),
  },
})
export interface ShareGroupTargetAssignmentMetadataKey
  extends Infer<typeof shareGroupTargetAssignmentMetadataKey.fields> {}

export const shareGroupTargetAssignmentMetadataValue = message({
  name: 'ShareGroupTargetAssignmentMetadataValue',
  versions: [0, 0],
  flexible: 0,
  type: 12,
  fields: {
    assignmentEpoch: i32(),
    assignmentTimestamp: i64({ tag: 0 }),
  },
})
export interface ShareGroupTargetAssignmentMetadataValue
  extends Infer<typeof shareGroupTargetAssignmentMetadataValue.fields> {}
