/** AlterReplicaLogDirs (API key 34). */
import { api } from '../message.ts'
import { type Infer, i16, i32, list, string } from '../words.ts'

const alterReplicaLogDirTopic = {
  name: string(),
  partitions: list(i32()),
}

const alterReplicaLogDir = {
  path: string(),
  topics: list(alterReplicaLogDirTopic),
}

const alterReplicaLogDirPartitionResult = {
  partitionIndex: i32(),
  errorCode: i16(),
}

const alterReplicaLogDirTopicResult = {
  topicName: string(),
  partitions: list(alterReplicaLogDirPartitionResult),
}

export const alterReplicaLogDirs = api({
  key: 34,
  name: 'AlterReplicaLogDirs',
  versions: [1, 2],
  flexible: 2,
  listeners: ['broker'],
  request: {
    dirs: list(alterReplicaLogDir),
  },
  response: {
    throttleTimeMs: i32(),
    results: list(alterReplicaLogDirTopicResult),
  },
})

export interface AlterReplicaLogDirsRequest extends Infer<typeof alterReplicaLogDirs.request.fields> {}
export interface AlterReplicaLogDirsResponse extends Infer<typeof alterReplicaLogDirs.response.fields> {}
