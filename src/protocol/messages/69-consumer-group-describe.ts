/** ConsumerGroupDescribe (API key 69). */
import { api } from '../message.ts'
import { bool, type Infer, i8, i16, i32, list, orNull, string, struct, uuid } from '../words.ts'

const topicPartitions = {
  topicId: uuid(),
  topicName: string(),
  partitions: list(i32()),
}

const assignment = {
  topicPartitions: list(topicPartitions),
}

const member = {
  memberId: string(),
  instanceId: orNull(string(), { default: null }),
  rackId: orNull(string(), { default: null }),
  memberEpoch: i32(),
  clientId: string(),
  clientHost: string(),
  subscribedTopicNames: list(string()),
  subscribedTopicRegex: orNull(string(), { default: null }),
  assignment: struct(assignment),
  targetAssignment: struct(assignment),
  memberType: i8({ since: 1, default: -1 }),
}

const describedGroup = {
  errorCode: i16(),
  errorMessage: orNull(string(), { default: null }),
  groupId: string(),
  groupState: string(),
  groupEpoch: i32(),
  assignmentEpoch: i32(),
  assignorName: string(),
  members: list(member),
  authorizedOperations: i32({ default: -2147483648 }),
}

export const consumerGroupDescribe = api({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
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

export interface ConsumerGroupDescribeRequest extends Infer<typeof consumerGroupDescribe.request.fields> {}
export interface ConsumerGroupDescribeResponse extends Infer<typeof consumerGroupDescribe.response.fields> {}
