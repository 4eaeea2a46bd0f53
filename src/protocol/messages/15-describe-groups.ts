/** DescribeGroups (API key 15). */
import { api } from '../message.ts'
import { bool, bytes, type Infer, i16, i32, list, orNull, string } from '../words.ts'

const describedGroupMember = {
  memberId: string(),
  groupInstanceId: orNull(string({ since: 4 }), { default: null }),
  clientId: string(),
  clientHost: string(),
  memberMetadata: bytes(),
  memberAssignment: bytes(),
}

const describedGroup = {
  errorCode: i16(),
  errorMessage: orNull(string({ since: 6 }), { default: null }),
  groupId: string(),
  groupState: string(),
  protocolType: string(),
  protocolData: string(),
  members: list(describedGroupMember),
  authorizedOperations: i32({ since: 3, default: -2147483648 }),
}

export const describeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexible: 5,
  listeners: ['broker'],
  request: {
    groups: list(string()),
    includeAuthorizedOperations: bool({ since: 3 }),
  },
  response: {
    throttleTimeMs: i32({ since: 1 }),
    groups: list(describedGroup),
  },
})

export interface DescribeGroupsRequest extends Infer<typeof describeGroups.request.fields> {}
export interface DescribeGroupsResponse extends Infer<typeof describeGroups.response.fields> {}
