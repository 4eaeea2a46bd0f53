/** AddPartitionsToTxn (API key 24). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, i64, list, string } from '../words.ts'

const addPartitionsToTxnTopic = {
  name: string(),
  partitions: list(i32()),
}

const addPartitionsToTxnTransaction = {
  transactionalId: string({ since: 4 }),
  producerId: i64({ since: 4 }),
  producerEpoch: i16({ since: 4 }),
  verifyOnly: bool({ since: 4 }),
  topics: list(addPartitionsToTxnTopic, { since: 4 }),
}

const addPartitionsToTxnPartitionResult = {
  partitionIndex: i32(),
  partitionErrorCode: i16(),
}

const addPartitionsToTxnTopicResult = {
  name: string(),
  resultsByPartition: list(addPartitionsToTxnPartitionResult),
}

const addPartitionsToTxnResult = {
  transactionalId: string({ since: 4 }),
  topicResults: list(addPartitionsToTxnTopicResult, { since: 4 }),
}

export const addPartitionsToTxn = api({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  flexible: 3,
  listeners: ['broker'],
  request: {
    transactions: list(addPartitionsToTxnTransaction, { since: 4 }),
    v3AndBelowTransactionalId: string({ until: 3 }),
    v3AndBelowProducerId: i64({ until: 3 }),
    v3AndBelowProducerEpoch: i16({ until: 3 }),
    v3AndBelowTopics: list(addPartitionsToTxnTopic, { until: 3 }),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16({ since: 4 }),
    resultsByTransaction: list(addPartitionsToTxnResult, { since: 4 }),
    resultsByTopicV3AndBelow: list(addPartitionsToTxnTopicResult, { until: 3 }),
  },
})

export interface AddPartitionsToTxnRequest extends Infer<typeof addPartitionsToTxn.request.fields> {}
export interface AddPartitionsToTxnResponse extends Infer<typeof addPartitionsToTxn.response.fields> {}
