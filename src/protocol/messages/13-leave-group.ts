/** LeaveGroup (API key 13). */
import { api } from '../message.ts'
import { type Infer, i16, i32, list, orNull, string } from '../words.ts'

const memberIdentity = {
  memberId: string({ since: 3 }),
  groupInstanceId: orNull(string({ since: 3 }), { default: null }),
  reason: orNull(string({ since: 5 }), { default: null }),
}

const memberResponse = {
  memberId: string({ since: 3 }),
  groupInstanceId: orNull(string({ since: 3 })),
  errorCode: i16({ since: 3 }),
}

export const leaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexible: 4,
  listeners: ['broker'],
  request: {
    groupId: string(),
    memberId: string({ until: 2 }),
    members: list(memberIdentity, { since: 3 }),
  },
  response: {
    throttleTimeMs: i32({ since: 1 }),
    errorCode: i16(),
    members: list(memberResponse, { since: 3 }),
  },
})

export interface LeaveGroupRequest extends Infer<typeof leaveGroup.request.fields> {}
export interface LeaveGroupResponse extends Infer<typeof leaveGroup.response.fields> {}
