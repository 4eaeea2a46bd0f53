/** Records of `__consumer_offsets`: classic groups and offsets. */
import { message } from '../message.ts'
import { bytes, type Infer, i32, i64, i64Big, list, orNull, string, uuid } from '../words.ts'

export const groupMetadataKey = message({
  name: 'GroupMetadataKey',
  versions: [0, 0],
  type: 2,
  fields: {
    group: string(),
  },
})
export interface GroupMetadataKey extends Infer<typeof groupMetadataKey.fields> {}

const memberMetadata = {
  memberId: string(),
  groupInstanceId: orNull(string({ since: 3 }), { default: null }),
  clientId: string(),
  clientHost: string(),
  rebalanceTimeout: i32({ since: 1, default: -1 }),
  sessionTimeout: i32(),
  subscription: bytes(),
  assignment: bytes(),
}

export const groupMetadataValue = message({
  name: 'GroupMetadataValue',
  versions: [0, 4],
  flexible: 4,
  type: 2,
  fields: {
    protocolType: string(),
    generation: i32(),
    protocol: orNull(string()),
    leader: orNull(string()),
    currentStateTimestamp: i64({ since: 2, default: -1 }),
    members: list(memberMetadata),
  },
})
export interface GroupMetadataValue extends Infer<typeof groupMetadataValue.fields> {}

export const legacyOffsetCommitKey = message({
  name: 'LegacyOffsetCommitKey',
  versions: [0, 0],
  type: 0,
  fields: {
    group: string(),
    topic: string(),
    partition: i32(),
  },
})
export interface LegacyOffsetCommitKey extends Infer<typeof legacyOffsetCommitKey.fields> {}

export const legacyOffsetCommitValue = message({
  name: 'LegacyOffsetCommitValue',
  versions: [0, 0],
  type: 0,
  fields: {
    offset: i64Big(),
    metadata: string(),
    commitTimestamp: i64Big(),
  },
})
export interface LegacyOffsetCommitValue extends Infer<typeof legacyOffsetCommitValue.fields> {}

export const offsetCommitKey = message({
  name: 'OffsetCommitKey',
  versions: [0, 0],
  type: 1,
  fields: {
    group: string(),
    topic: string(),
    partition: i32(),
  },
})
export interface OffsetCommitKey extends Infer<typeof offsetCommitKey.fields> {}

export const offsetCommitValue = message({
  name: 'OffsetCommitValue',
  versions: [0, 4],
  flexible: 4,
  type: 1,
  fields: {
    offset: i64Big(),
    leaderEpoch: i32({ since: 3, default: -1 }),
    metadata: string(),
    commitTimestamp: i64Big(),
    expireTimestamp: i64Big({ since: 1, until: 1, default: -1n }),
    topicId: uuid({ since: 4, tag: 0 }),
  },
})
export interface OffsetCommitValue extends Infer<typeof offsetCommitValue.fields> {}
