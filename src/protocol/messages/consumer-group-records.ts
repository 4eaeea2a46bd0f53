/** Records of `__consumer_offsets`: groups of the consumer protocol (KIP-848). */
import { message } from '../message.ts'
import { bytes, type Infer, i8, i32, i64, i64Big, list, orNull, string, struct, uuid } from '../words.ts'

export const consumerGroupCurrentMemberAssignmentKey = message({
  name: 'ConsumerGroupCurrentMemberAssignmentKey',
  versions: [0, 0],
  type: 8,
  fields: {
    groupId: string(),
    memberId: string(),
  },
})
export interface ConsumerGroupCurrentMemberAssignmentKey
  extends Infer<typeof consumerGroupCurrentMemberAssignmentKey.fields> {}

const topicPartitions = {
  topicId: uuid(),
  partitions: list(i32()),
  assignmentEpochs: orNull(list(i32(), { tag: 0 })),
}

export const consumerGroupCurrentMemberAssignmentValue = message({
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexible: 0,
  type: 8,
  fields: {
    memberEpoch: i32(),
    previousMemberEpoch: i32(),
    state: i8(),
    assignedPartitions: list(topicPartitions),
    partitionsPendingRevocation: list(topicPartitions),
  },
})
export interface ConsumerGroupCurrentMemberAssignmentValue
  extends Infer<typeof consumerGroupCurrentMemberAssignmentValue.fields> {}

export const consumerGroupMemberMetadataKey = message({
  name: 'ConsumerGroupMemberMetadataKey',
  versions: [0, 0],
  type: 5,
  fields: {
    groupId: string(),
    memberId: string(),
  },
})
export interface ConsumerGroupMemberMetadataKey extends Infer<typeof consumerGroupMemberMetadataKey.fields> {}

const classicProtocol = {
  name: string(),
  metadata: bytes(),
}

const classicMemberMetadata = {
  sessionTimeoutMs: i32(),
  supportedProtocols: list(classicProtocol),
}

export const consumerGroupMemberMetadataValue = message({
  name: 'ConsumerGroupMemberMetadataValue',
  versions: [0, 0],
  flexible: 0,
  type: 5,
  fields: {
    instanceId: orNull(string()),
    rackId: orNull(string()),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: list(string()),
    subscribedTopicRegex: orNull(string()),
    rebalanceTimeoutMs: i32({ default: -1 }),
    serverAssignor: orNull(string()),
    classicMemberMetadata: orNull(struct(classicMemberMetadata, { tag: 0 })),
  },
})
export interface ConsumerGroupMemberMetadataValue extends Infer<typeof consumerGroupMemberMetadataValue.fields> {}

export const consumerGroupMetadataKey = message({
  name: 'ConsumerGroupMetadataKey',
  versions: [0, 0],
  type: 3,
  fields: {
    groupId: string(),
  },
})
export interface ConsumerGroupMetadataKey extends Infer<typeof consumerGroupMetadataKey.fields> {}

export const consumerGroupMetadataValue = message({
  name: 'ConsumerGroupMetadataValue',
  versions: [0, 0],
  flexible: 0,
  type: 3,
  fields: {
    epoch: i32(),
    metadataHash: i64Big({ tag: 0 }),
  },
})
export interface ConsumerGroupMetadataValue extends Infer<typeof consumerGroupMetadataValue.fields> {}

export const consumerGroupPartitionMetadataKey = message({
  name: 'ConsumerGroupPartitionMetadataKey',
  versions: [0, 0],
  type: 4,
  fields: {
    groupId: string(),
  },
})
export interface ConsumerGroupPartitionMetadataKey extends Infer<typeof consumerGroupPartitionMetadataKey.fields> {}

const partitionMetadata = {
  partition: i32(),
  racks: list(string()),
}

const topicMetadata = {
  topicId: uuid(),
  topicName: string(),
  numPartitions: i32(),
  partitionMetadata: list(partitionMetadata),
}

export const consumerGroupPartitionMetadataValue = message({
  name: 'ConsumerGroupPartitionMetadataValue',
  versions: [0, 0],
  flexible: 0,
  type: 4,
  fields: {
    topics: list(topicMetadata),
  },
})
export interface ConsumerGroupPartitionMetadataValue extends Infer<typeof consumerGroupPartitionMetadataValue.fields> {}

export const consumerGroupRegularExpressionKey = message({
  name: 'ConsumerGroupRegularExpressionKey',
  versions: [0, 0],
  type: 16,
  fields: {
    groupId: string(),
    regularExpression: string(),
  },
})
export interface ConsumerGroupRegularExpressionKey extends Infer<typeof consumerGroupRegularExpressionKey.fields> {}

export const consumerGroupRegularExpressionValue = message({
  name: 'ConsumerGroupRegularExpressionValue',
  versions: [0, 0],
  flexible: 0,
  type: 16,
  fields: {
    topics: list(string()),
    version: i64(),
    timestamp: i64(),
  },
})
export interface ConsumerGroupRegularExpressionValue extends Infer<typeof consumerGroupRegularExpressionValue.fields> {}

export const consumerGroupTargetAssignmentMemberKey = message({
  name: 'ConsumerGroupTargetAssignmentMemberKey',
  versions: [0, 0],
  type: 7,
  fields: {
    groupId: string(),
    memberId: string(),
  },
})
export interface ConsumerGroupTargetAssignmentMemberKey
  extends Infer<typeof consumerGroupTargetAssignmentMemberKey.fields> {}

const topicPartition = {
  topicId: uuid(),
  partitions: list(i32()),
}

export const consumerGroupTargetAssignmentMemberValue = message({
  name: 'ConsumerGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexible: 0,
  type: 7,
  fields: {
    topicPartitions: list(topicPartition),
  },
})
export interface ConsumerGroupTargetAssignmentMemberValue
  extends Infer<typeof consumerGroupTargetAssignmentMemberValue.fields> {}

export const consumerGroupTargetAssignmentMetadataKey = message({
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  versions: [0, 0],
  type: 6,
  fields: {
    groupId: string(),
  },
})
export interface ConsumerGroupTargetAssignmentMetadataKey
  extends Infer<typeof consumerGroupTargetAssignmentMetadataKey.fields> {}

export const consumerGroupTargetAssignmentMetadataValue = message({
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
  versions: [0, 0],
  flexible: 0,
  type: 6,
  fields: {
    assignmentEpoch: i32(),
    assignmentTimestamp: i64({ tag: 0 }),
  },
})
export interface ConsumerGroupTargetAssignmentMetadataValue
  extends Infer<typeof consumerGroupTargetAssignmentMetadataValue.fields> {}
