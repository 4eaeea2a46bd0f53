/** OffsetFetch (API key 9). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, i64Big, list, orNull, string, uuid } from '../words.ts'

const offsetFetchRequestTopic = {
  name: string({ until: 7 }),
  partitionIndexes: list(i32(), { until: 7 }),
}

const offsetFetchRequestTopics = {
  name: string({ since: 8, until: 9 }),
  topicId: uuid({ since: 10 }),
  partitionIndexes: list(i32(), { since: 8 }),
}

const offsetFetchRequestGroup = {
  groupId: string({ since: 8 }),
  memberId: orNull(string({ since: 9 }), { default: null }),
  memberEpoch: i32({ since: 9, default: -1 }),
  topics: orNull(list(offsetFetchRequestTopics, { since: 8 })),
}

const offsetFetchResponsePartition = {
  partitionIndex: i32({ until: 7 }),
  committedOffset: i64Big({ until: 7 }),
  committedLeaderEpoch: i32({ since: 5, until: 7, default: -1 }),
  metadata: orNull(string({ until: 7 })),
  errorCode: i16({ until: 7 }),
}

const offsetFetchResponseTopic = {
  name: string({ until: 7 }),
  partitions: list(offsetFetchResponsePartition, { until: 7 }),
}

const offsetFetchResponsePartitions = {
  partitionIndex: i32({ since: 8 }),
  committedOffset: i64Big({ since: 8 }),
  committedLeaderEpoch: i32({ since: 8, default: -1 }),
  metadata: orNull(string({ since: 8 })),
  errorCode: i16({ since: 8 }),
}

const offsetFetchResponseTopics = {
  name: string({ since: 8, until: 9 }),
  topicId: uuid({ since: 10 }),
  partitions: list(offsetFetchResponsePartitions, { since: 8 }),
}

const offsetFetchResponseGroup = {
  groupId: string({ since: 8 }),
  topics: list(offsetFetchResponseTopics, { since: 8 }),
  errorCode: i16({ since: 8 }),
}

export const offsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 10],
  flexible: 6,
  listeners: ['broker'],
  request: {
    groupId: string({ until: 7 }),
    topics: orNull(list(offsetFetchRequestTopic, { until: 7 }), { since: 2 }),
    groups: list(offsetFetchRequestGroup, { since: 8 }),
    requireStable: bool({ since: 7 }),
  },
  response: {
    throttleTimeMs: i32({ since: 3 }),
    topics: list(offsetFetchResponseTopic, { until: 7 }),
    errorCode: i16({ since: 2, until: 7 }),
    groups: list(offsetFetchResponseGroup, { since: 8 }),
  },
})

export interface OffsetFetchRequest extends Infer<typeof offsetFetch.request.fields> {}
export interface OffsetFetchResponse extends Infer<typeof offsetFetch.response.fields> {}
