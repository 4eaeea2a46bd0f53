/** FetchSnapshot (API key 59). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, list, orNull, records, string, struct, u16, uuid } from '../words.ts'

const snapshotId = {
  endOffset: i64(),
  epoch: i32(),
}

const partitionSnapshot = {
  partition: i32(),
  currentLeaderEpoch: i32(),
  snapshotId: struct(snapshotId),
  position: i64(),
  replicaDirectoryId: uuid({ since: 1, tag: 0 }),
}

const topicSnapshot = {
  name: string(),
  partitions: list(partitionSnapshot),
}

const fetchSnapshotResponseSnapshotId = {
  endOffset: i64(),
  epoch: i32(),
}

const leaderIdAndEpoch = {
  leaderId: i32(),
  leaderEpoch: i32(),
}

const fetchSnapshotResponsePartitionSnapshot = {
  index: i32(),
  errorCode: i16(),
  snapshotId: struct(fetchSnapshotResponseSnapshotId),
  currentLeader: struct(leaderIdAndEpoch, { tag: 0 }),
  size: i64(),
  position: i64(),
  unalignedRecords: records(),
}

const fetchSnapshotResponseTopicSnapshot = {
  name: string(),
  partitions: list(fetchSnapshotResponsePartitionSnapshot),
}

const nodeEndpoint = {
  nodeId: i32({ since: 1 }),
  host: string({ since: 1 }),
  port: u16({ since: 1 }),
}

export const fetchSnapshot = api({
  key: 59,
  name: 'FetchSnapshot',
  versions: [0, 1],
  flexible: 0,
  listeners: ['controller'],
  request: {
    clusterId: orNull(string({ tag: 0 }), { default: null }),
    replicaId: i32({ default: -1 }),
    maxBytes: i32({ default: 2147483647 }),
    topics: list(topicSnapshot),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    topics: list(fetchSnapshotResponseTopicSnapshot),
    nodeEndpoints: list(nodeEndpoint, { since: 1, tag: 0 }),
  },
})

export interface FetchSnapshotRequest extends Infer<typeof fetchSnapshot.request.fields> {}
export interface FetchSnapshotResponse extends Infer<typeof fetchSnapshot.response.fields> {}
