/** UpdateRaftVoter (API key 82). */
import { api } from '../message.ts'
import { type Infer, i16, i32, list, orNull, string, struct, u16, uuid } from '../words.ts'

const listener = {
  name: string(),
  host: string(),
  port: u16(),
}

const kRaftVersionFeature = {
  minSupportedVersion: i16(),
  maxSupportedVersion: i16(),
}

const currentLeader = {
  leaderId: i32({ default: -1 }),
  leaderEpoch: i32({ default: -1 }),
  host: string(),
  port: i32(),
}

export const updateRaftVoter = api({
  key: 82,
  name: 'UpdateRaftVoter',
  versions: [0, 0],
  flexible: 0,
  listeners: ['controller'],
  request: {
    clusterId: orNull(string()),
    currentLeaderEpoch: i32(),
    voterId: i32(),
    voterDirectoryId: uuid(),
    listeners: list(listener),
    kRaftVersionFeature: struct(kRaftVersionFeature),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    currentLeader: struct(currentLeader, { tag: 0 }),
  },
})

export interface UpdateRaftVoterRequest extends Infer<typeof updateRaftVoter.request.fields> {}
export interface UpdateRaftVoterResponse extends Infer<typeof updateRaftVoter.response.fields> {}
