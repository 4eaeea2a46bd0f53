/** Produce (API key 0). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, list, orNull, records, string, struct, uuid } from '../words.ts'

const partitionProduceData = {
  index: i32(),
  records: orNull(records()),
}

const topicProduceData = {
  name: string({ until: 12 }),
  topicId: uuid({ since: 13 }),
  partitionData: list(partitionProduceData),
}

const batchIndexAndErrorMessage = {
  batchIndex: i32({ since: 8 }),
  batchIndexErrorMessage: orNull(string({ since: 8 }), { default: null }),
}

const leaderIdAndEpoch = {
  leaderId: i32({ since: 10, default: -1 }),
  leaderEpoch: i32({ since: 10, default: -1 }),
}

const partitionProduceResponse = {
  index: i32(),
  errorCode: i16(),
  baseOffset: i64(),
  logAppendTimeMs: i64({ default: -1 }),
  logStartOffset: i64({ since: 5, default: -1 }),
  recordErrors: list(batchIndexAndErrorMessage, { since: 8 }),
  errorMessage: orNull(string({ since: 8 }), { default: null }),
  currentLeader: struct(leaderIdAndEpoch, { since: 10, tag: 0 }),
}

const topicProduceResponse = {
  name: string({ until: 12 }),
  topicId: uuid({ since: 13 }),
  partitionResponses: list(partitionProduceResponse),
}

const nodeEndpoint = {
  nodeId: i32({ since: 10 }),
  host: string({ since: 10 }),
  port: i32({ since: 10 }),
  rack: orNull(string({ since: 10 }), { default: null }),
}

export const produce = api({
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  flexible: 9,
  listeners: ['broker'],
  request: {
    transactionalId: orNull(string(), { default: null }),
    acks: i16(),
    timeoutMs: i32(),
    topicData: list(topicProduceData),
  },
  response: {
    responses: list(topicProduceResponse),
    throttleTimeMs: i32(),
    nodeEndpoints: list(nodeEndpoint, { since: 10, tag: 0 }),
  },
})

export interface ProduceRequest extends Infer<typeof produce.request.fields> {}
export interface ProduceResponse extends Infer<typeof produce.response.fields> {}
