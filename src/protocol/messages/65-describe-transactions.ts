/** DescribeTransactions (API key 65). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, list, string } from '../words.ts'

const topicData = {
  topic: string(),
  partitions: list(i32()),
}

const transactionState = {
  errorCode: i16(),
  transactionalId: string(),
  transactionState: string(),
  transactionTimeoutMs: i32(),
  transactionStartTimeMs: i64(),
  producerId: i64(),
  producerEpoch: i16(),
  topics: list(topicData),
}

export const describeTransactions = api({
  key: 65,
  name: 'DescribeTransactions',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker'],
  request: {
    transactionalIds: list(string()),
  },
  response: {
    throttleTimeMs: i32(),
    transactionStates: list(transactionState),
  },
})

export interface DescribeTransactionsRequest extends Infer<typeof describeTransactions.request.fields> {}
export interface DescribeTransactionsResponse extends Infer<typeof describeTransactions.response.fields> {}
