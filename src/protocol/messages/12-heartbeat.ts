/** Heartbeat (API key 12). */
import { api } from '../message.ts'
import { type Infer, i16, i32, orNull, string } from '../words.ts'

export const heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexible: 4,
  listeners: ['broker'],
  request: {
    groupId: string(),
    generationId: i32(),
    memberId: string(),
    groupInstanceId: orNull(string({ since: 3 }), { default: null }),
  },
  response: {
    throttleTimeMs: i32({ since: 1 }),
    errorCode: i16(),
  },
})

export interface HeartbeatRequest extends Infer<typeof heartbeat.request.fields> {}
export interface HeartbeatResponse extends Infer<typeof heartbeat.response.fields> {}
