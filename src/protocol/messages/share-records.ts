/** The records of `__share_group_state`. */
import { message } from '../message.ts'
import { type Infer, i8, i16, i32, i64, list, string, uuid } from '../words.ts'

export const shareSnapshotKey = message({
  name: 'ShareSnapshotKey',
  versions: [0, 0],
  type: 0,
  fields: {
    groupId: string(),
    topicId: uuid(),
    partition: i32(),
  },
})
export interface ShareSnapshotKey extends Infer<typeof shareSnapshotKey.fields> {}

const stateBatch = {
  firstOffset: i64(),
  lastOffset: i64(),
  deliveryState: i8(),
  deliveryCount: i16(),
}

export const shareSnapshotValue = message({
  name: 'ShareSnapshotValue',
  versions: [0, 0],
  flexible: 0,
  type: 0,
  fields: {
    snapshotEpoch: i32(),
    stateEpoch: i32(),
    leaderEpoch: i32(),
    startOffset: i64(),
    deliveryCompleteCount: i32({ tag: 0, default: -1 }),
    createTimestamp: i64(),
    writeTimestamp: i64(),
    stateBatches: list(stateBatch),
  },
})
export interface ShareSnapshotValue extends Infer<typeof shareSnapshotValue.fields> {}

export const shareUpdateKey = message({
  name: 'ShareUpdateKey',
  versions: [0, 0],
  type: 1,
  fields: {
    groupId: string(),
    topicId: uuid(),
    partition: i32(),
  },
})
export interface ShareUpdateKey extends Infer<typeof shareUpdateKey.fields> {}

const shareUpdateValueStateBatch = {
  firstOffset: i64(),
  lastOffset: i64(),
  deliveryState: i8(),
  deliveryCount: i16(),
}

export const shareUpdateValue = message({
  name: 'ShareUpdateValue',
  versions: [0, 0],
  flexible: 0,
  type: 1,
  fields: {
    snapshotEpoch: i32(),
    leaderEpoch: i32(),
    startOffset: i64(),
    deliveryCompleteCount: i32({ tag: 0, default: -1 }),
    stateBatches: list(shareUpdateValueStateBatch),
  },
})
export interface ShareUpdateValue extends Infer<typeof shareUpdateValue.fields> {}
