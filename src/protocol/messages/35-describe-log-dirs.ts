/** DescribeLogDirs (API key 35). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, i64, list, orNull, string } from '../words.ts'

const describableLogDirTopic = {
  topic: string(),
  partitions: list(i32()),
}

const describeLogDirsPartition = {
  partitionIndex: i32(),
  partitionSize: i64(),
  offsetLag: i64(),
  isFutureKey: bool(),
}

const describeLogDirsTopic = {
  name: string(),
  partitions: list(describeLogDirsPartition),
}

const describeLogDirsResult = {
  errorCode: i16(),
  logDir: string(),
  topics: list(describeLogDirsTopic),
  totalBytes: i64({ since: 4, default: -1 }),
  usableBytes: i64({ since: 4, default: -1 }),
  isCordoned: bool({ since: 5 }),
}

export const describeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 5],
  flexible: 2,
  listeners: ['broker'],
  request: {
    topics: orNull(list(describableLogDirTopic)),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16({ since: 3 }),
    results: list(describeLogDirsResult),
  },
})

export interface DescribeLogDirsRequest extends Infer<typeof describeLogDirs.request.fields> {}
export interface DescribeLogDirsResponse extends Infer<typeof describeLogDirs.response.fields> {}
