/** The records of control batches: keys, transaction markers, and what the quorum writes into its own log. */
import { message } from '../message.ts'
import { type Infer, i16, i32, i64, list, string, struct, u16, uuid } from '../words.ts'

export const controlRecordTypeSchema = message({
  name: 'ControlRecordTypeSchema',
  versions: [0, 0],
  fields: {
    type: i16(),
  },
})
export interface ControlRecordTypeSchema extends Infer<typeof controlRecordTypeSchema.fields> {}

export const endTxnMarker = message({
  name: 'EndTxnMarker',
  versions: [0, 0],
  fields: {
    coordinatorEpoch: i32(),
  },
})
export interface EndTxnMarker extends Infer<typeof endTxnMarker.fields> {}

const voter = {
  voterId: i32(),
  voterDirectoryId: uuid({ since: 1 }),
}

export const leaderChangeMessage = message({
  name: 'LeaderChangeMessage',
  versions: [0, 1],
  flexible: 0,
  fields: {
    version: i16(),
    leaderId: i32(),
    voters: list(voter),
    grantingVoters: list(voter),
  },
})
export interface LeaderChangeMessage extends Infer<typeof leaderChangeMessage.fields> {}

export const snapshotHeaderRecord = message({
  name: 'SnapshotHeaderRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: i16(),
    lastContainedLogTimestamp: i64(),
  },
})
export interface SnapshotHeaderRecord extends Infer<typeof snapshotHeaderRecord.fields> {}

export const snapshotFooterRecord = message({
  name: 'SnapshotFooterRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: i16(),
  },
})
export interface SnapshotFooterRecord extends Infer<typeof snapshotFooterRecord.fields> {}

export const kRaftVersionRecord = message({
  name: 'KRaftVersionRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: i16(),
    kRaftVersion: i16(),
  },
})
export interface KRaftVersionRecord extends Infer<typeof kRaftVersionRecord.fields> {}

const endpoint = {
  name: string(),
  host: string(),
  port: u16(),
}

const kRaftVersionFeature = {
  minSupportedVersion: i16(),
  maxSupportedVersion: i16(),
}

const votersRecordVoter = {
  voterId: i32(),
  voterDirectoryId: uuid(),
  endpoints: list(endpoint),
  kRaftVersionFeature: struct(kRaftVersionFeature),
}

export const votersRecord = message({
  name: 'VotersRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: i16(),
    voters: list(votersRecordVoter),
  },
})
export interface VotersRecord extends Infer<typeof votersRecord.fields> {}
