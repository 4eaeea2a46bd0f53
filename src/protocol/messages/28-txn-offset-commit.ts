/** TxnOffsetCommit (API key 28). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, i64Big, list, orNull, string } from '../words.ts'

const txnOffsetCommitRequestPartition = {
  partitionIndex: i32(),
  committedOffset: i64Big(),
  committedLeaderEpoch: i32({ since: 2, default: -1 }),
  committedMetadata: orNull(string()),
}

const txnOffsetCommitRequestTopic = {
  name: string(),
  partitions: list(txnOffsetCommitRequestPartition),
}

const txnOffsetCommitResponsePartition = {
  partitionIndex: i32(),
  errorCode: i16(),
}

const txnOffsetCommitResponseTopic = {
  name: string(),
  partitions: list(txnOffsetCommitResponsePartition),
}

export const txnOffsetCommit = api({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 5],
  flexible: 3,
  listeners: ['broker'],
  request: {
    transactionalId: string(),
    groupId: string(),
    producerId: i64(),
    producerEpoch: i16(),
    generationId: i32({ since: 3, default: -1 }),
    memberId: string({ since: 3 }),
    groupInstanceId: orNull(string({ since: 3 }), { default: null }),
    topics: list(txnOffsetCommitRequestTopic),
  },
  response: {
    throttleTimeMs: i32(),
    topics: list(txnOffsetCommitResponseTopic),
  },
})

export interface TxnOffsetCommitRequest extends Infer<typeof txnOffsetCommit.request.fields> {}
export interface TxnOffsetCommitResponse extends Infer<typeof txnOffsetCommit.response.fields> {}
