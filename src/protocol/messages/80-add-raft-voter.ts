/** AddRaftVoter (API key 80). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, list, orNull, string, u16, uuid } from '../words.ts'

const listener = {
  name: string(),
  host: string(),
  port: u16(),
}

export const addRaftVoter = api({
  key: 80,
  name: 'AddRaftVoter',
  versions: [0, 1],
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    clusterId: orNull(string()),
    timeoutMs: i32(),
    voterId: i32(),
    voterDirectoryId: uuid(),
    listeners: list(listener),
    ackWhenCommitted: bool({ since: 1, default: true }),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string()),
  },
})

export interface AddRaftVoterRequest extends Infer<typeof addRaftVoter.request.fields> {}
export interface AddRaftVoterResponse extends Infer<typeof addRaftVoter.response.fields> {}
