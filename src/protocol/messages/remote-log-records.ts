/** The records of `__remote_log_metadata` (tiered storage). */
import { message } from '../message.ts'
import { bool, bytes, type Infer, i8, i32, i64, list, orNull, string, struct, uuid } from '../words.ts'

const topicIdPartitionEntry = {
  name: string(),
  id: uuid(),
  partition: i32(),
}

const remoteLogSegmentIdEntry = {
  topicIdPartition: struct(topicIdPartitionEntry),
  id: uuid(),
}

const segmentLeaderEpochEntry = {
  leaderEpoch: i32(),
  offset: i64(),
}

export const remoteLogSegmentMetadataRecord = message({
  name: 'RemoteLogSegmentMetadataRecord',
  versions: [0, 0],
  flexible: 0,
  type: 0,
  fields: {
    remoteLogSegmentId: struct(remoteLogSegmentIdEntry),
    startOffset: i64(),
    endOffset: i64(),
    brokerId: i32(),
    maxTimestampMs: i64(),
    eventTimestampMs: i64(),
    segmentLeaderEpochs: list(segmentLeaderEpochEntry),
    segmentSizeInBytes: i32(),
    customMetadata: orNull(bytes(), { default: null }),
    remoteLogSegmentState: i8(),
    txnIndexEmpty: bool({ tag: 0 }),
  },
})
export interface RemoteLogSegmentMetadataRecord extends Infer<typeof remoteLogSegmentMetadataRecord.fields> {}

const remoteLogSegmentMetadataSnapshotRecordSegmentLeaderEpochEntry = {
  leaderEpoch: i32(),
  offset: i64(),
}

export const remoteLogSegmentMetadataSnapshotRecord = message({
  name: 'RemoteLogSegmentMetadataSnapshotRecord',
  versions: [0, 0],
  flexible: 0,
  type: 3,
  fields: {
    segmentId: uuid(),
    startOffset: i64(),
    endOffset: i64(),
    brokerId: i32(),
    maxTimestampMs: i64(),
    eventTimestampMs: i64(),
    segmentLeaderEpochs: list(remoteLogSegmentMetadataSnapshotRecordSegmentLeaderEpochEntry),
    segmentSizeInBytes: i32(),
    customMetadata: orNull(bytes(), { default: null }),
    remoteLogSegmentState: i8(),
    txnIndexEmpty: bool({ tag: 0 }),
  },
})
export interface RemoteLogSegmentMetadataSnapshotRecord
  extends Infer<typeof remoteLogSegmentMetadataSnapshotRecord.fields> {}

const remoteLogSegmentMetadataUpdateRecordTopicIdPartitionEntry = {
  name: string(),
  id: uuid(),
  partition: i32(),
}

const remoteLogSegmentMetadataUpdateRecordRemoteLogSegmentIdEntry = {
  topicIdPartition: struct(remoteLogSegmentMetadataUpdateRecordTopicIdPartitionEntry),
  id: uuid(),
}

export const remoteLogSegmentMetadataUpdateRecord = message({
  name: 'RemoteLogSegmentMetadataUpdateRecord',
  versions: [0, 0],
  flexible: 0,
  type: 1,
  fields: {
    remoteLogSegmentId: struct(remoteLogSegmentMetadataUpdateRecordRemoteLogSegmentIdEntry),
    brokerId: i32(),
    eventTimestampMs: i64(),
    customMetadata: orNull(bytes(), { default: null }),
    remoteLogSegmentState: i8(),
  },
})
export interface RemoteLogSegmentMetadataUpdateRecord
  extends Infer<typeof remoteLogSegmentMetadataUpdateRecord.fields> {}

const remotePartitionDeleteMetadataRecordTopicIdPartitionEntry = {
  name: string(),
  id: uuid(),
  partition: i32(),
}

export const remotePartitionDeleteMetadataRecord = message({
  name: 'RemotePartitionDeleteMetadataRecord',
  versions: [0, 0],
  flexible: 0,
  type: 2,
  fields: {
    topicIdPartition: struct(remotePartitionDeleteMetadataRecordTopicIdPartitionEntry),
    brokerId: i32(),
    eventTimestampMs: i64(),
    remotePartitionDeleteState: i8(),
  },
})
export interface RemotePartitionDeleteMetadataRecord extends Infer<typeof remotePartitionDeleteMetadataRecord.fields> {}
