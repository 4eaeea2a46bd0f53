/** SyncGroup (API key 14). */
import { api } from '../message.ts'
import { bytes, type Infer, i16, i32, list, orNull, string } from '../words.ts'

const syncGroupRequestAssignment = {
  memberId: string(),
  assignment: bytes(),
}

export const syncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexible: 4,
  listeners: ['broker'],
  request: {
    groupId: string(),
    generationId: i32(),
    memberId: string(),
    groupInstanceId: orNull(string({ since: 3 }), { default: null }),
    protocolType: orNull(string({ since: 5 }), { default: null }),
    protocolName: orNull(string({ since: 5 }), { default: null }),
    assignments: list(syncGroupRequestAssignment),
  },
  response: {
    throttleTimeMs: i32({ since: 1 }),
    errorCode: i16(),
    protocolType: orNull(string({ since: 5 }), { default: null }),
    protocolName: orNull(string({ since: 5 }), { default: null }),
    assignment: bytes(),
  },
})

export interface SyncGroupRequest extends Infer<typeof syncGroup.request.fields> {}
export interface SyncGroupResponse extends Infer<typeof syncGroup.response.fields> {}
