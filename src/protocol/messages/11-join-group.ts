/** JoinGroup (API key 11). */
import { api } from '../message.ts'
import { bool, bytes, type Infer, i16, i32, list, orNull, string } from '../words.ts'

const joinGroupRequestProtocol = {
  name: string(),
  metadata: bytes(),
}

const joinGroupResponseMember = {
  memberId: string(),
  groupInstanceId: orNull(string({ since: 5 }), { default: null }),
  metadata: bytes(),
}

export const joinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexible: 6,
  listeners: ['broker'],
  request: {
    groupId: string(),
    sessionTimeoutMs: i32(),
    rebalanceTimeoutMs: i32({ since: 1, default: -1 }),
    memberId: string(),
    groupInstanceId: orNull(string({ since: 5 }), { default: null }),
    protocolType: string(),
    protocols: list(joinGroupRequestProtocol),
    reason: orNull(string({ since: 8 }), { default: null }),
  },
  response: {
    throttleTimeMs: i32({ since: 2 }),
    errorCode: i16(),
    generationId: i32({ default: -1 }),
    protocolType: orNull(string({ since: 7 }), { default: null }),
    protocolName: orNull(string(), { since: 7 }),
    leader: string(),
    skipAssignment: bool({ since: 9 }),
    memberId: string(),
    members: list(joinGroupResponseMember),
  },
})

export interface JoinGroupRequest extends Infer<typeof joinGroup.request.fields> {}
export interface JoinGroupResponse extends Infer<typeof joinGroup.response.fields> {}
