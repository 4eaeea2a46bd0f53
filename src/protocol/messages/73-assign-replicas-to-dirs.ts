/** AssignReplicasToDirs (API key 73). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, list, uuid } from '../words.ts'

const partitionData = {
  partitionIndex: i32(),
}

const topicData = {
  topicId: uuid(),
  partitions: list(partitionData),
}

const directoryData = {
  id: uuid(),
  topics: list(topicData),
}

const assignReplicasToDirsResponsePartitionData = {
  partitionIndex: i32(),
  errorCode: i16(),
}

const assignReplicasToDirsResponseTopicData = {
  topicId: uuid(),
  partitions: list(assignReplicasToDirsResponsePartitionData),
}

const assignReplicasToDirsResponseDirectoryData = {
  id: uuid(),
  topics: list(assignReplicasToDirsResponseTopicData),
}

export const assignReplicasToDirs = api({
  key: 73,
  name: 'AssignReplicasToDirs',
  versions: [0, 0],
  flexible: 0,
  listeners: ['controller'],
  request: {
    brokerId: i32(),
    brokerEpoch: i64({ default: -1 }),
    directories: list(directoryData),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    directories: list(assignReplicasToDirsResponseDirectoryData),
  },
})

export interface AssignReplicasToDirsRequest extends Infer<typeof assignReplicasToDirs.request.fields> {}
export interface AssignReplicasToDirsResponse extends Infer<typeof assignReplicasToDirs.response.fields> {}
