/** OffsetCommit (API key 8). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, i64Big, list, orNull, string, uuid } from '../words.ts'

const offsetCommitRequestPartition = {
  partitionIndex: i32(),
  committedOffset: i64Big(),
  committedLeaderEpoch: i32({ since: 6, default: -1 }),
  committedMetadata: orNull(string()),
}

const offsetCommitRequestTopic = {
  name: string({ until: 9 }),
  topicId: uuid({ since: 10 }),
  partitions: list(offsetCommitRequestPartition),
}

const offsetCommitResponsePartition = {
  partitionIndex: i32(),
  errorCode: i16(),
}

const offsetCommitResponseTopic = {
  name: string({ until: 9 }),
  topicId: uuid({ since: 10 }),
  partitions: list(offsetCommitResponsePartition),
}

export const offsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 10],
  flexible: 8,
  listeners: ['broker'],
  request: {
    groupId: string(),
    generationIdOrMemberEpoch: i32({ default: -1 }),
    memberId: string(),
    groupInstanceId: orNull(string({ since: 7 }), { default: null }),
    retentionTimeMs: i64({ until: 4, default: -1 }),
    topics: list(offsetCommitRequestTopic),
  },
  response: {
    throttleTimeMs: i32({ since: 3 }),
    topics: list(offsetCommitResponseTopic),
  },
})

export interface OffsetCommitRequest extends Infer<typeof offsetCommit.request.fields> {}
export interface OffsetCommitResponse extends Infer<typeof offsetCommit.response.fields> {}
