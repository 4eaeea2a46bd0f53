/** The file `quorum-state`. */
import { message } from '../message.ts'
import { type Infer, i32, i64, list, orNull, string, uuid } from '../words.ts'

const voter = {
  voterId: i32({ until: 0 }),
}

export const quorumStateData = message({
  name: 'QuorumStateData',
  versions: [0, 1],
  flexible: 0,
  fields: {
    clusterId: string({ until: 0 }),
    leaderId: i32({ default: -1 }),
    leaderEpoch: i32({ default: -1 }),
    votedId: i32({ default: -1 }),
    votedDirectoryId: uuid({ since: 1 }),
    appliedOffset: i64({ until: 0 }),
    currentVoters: orNull(list(voter, { until: 0 })),
  },
})
export interface QuorumStateData extends Infer<typeof quorumStateData.fields> {}
