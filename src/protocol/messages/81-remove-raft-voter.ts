/** RemoveRaftVoter (API key 81). */
import { api } from '../message.ts'
import { type Infer, i16, i32, orNull, string, uuid } from '../words.ts'

export const removeRaftVoter = api({
  key: 81,
  name: 'RemoveRaftVoter',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    clusterId: orNull(string()),
    voterId: i32(),
    voterDirectoryId: uuid(),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string()),
  },
})

export interface RemoveRaftVoterRequest extends Infer<typeof removeRaftVoter.request.fields> {}
export interface RemoveRaftVoterResponse extends Infer<typeof removeRaftVoter.response.fields> {}
