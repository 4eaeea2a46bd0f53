/** ShareGroupDescribe (API key 77). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, list, orNull, string, struct, uuid } from '../words.ts'

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
  rackId: orNull(string(), { default: null }),
  memberEpoch: i32(),
  clientId: string(),
  clientHost: string(),
  subscribedTopicNames: list(string()),
  assignment: struct(assignment),
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

export const shareGroupDescribe = api({
  key: 77,
  name: 'ShareGroupDescribe',
  versions: [1, 1],
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

export interface ShareGroupDescribeRequest extends Infer<typeof shareGroupDescribe.request.fields> {}
export interface ShareGroupDescribeResponse extends Infer<typeof shareGroupDescribe.response.fields> {}
