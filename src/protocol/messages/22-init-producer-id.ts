/** InitProducerId (API key 22). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, i64, orNull, string } from '../words.ts'

export const initProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 5],
  unstable: 6,
  flexible: 2,
  listeners: ['broker'],
  request: {
    transactionalId: orNull(string()),
    transactionTimeoutMs: i32(),
    producerId: i64({ since: 3, default: -1 }),
    producerEpoch: i16({ since: 3, default: -1 }),
    enable2Pc: bool({ since: 6 }),
    keepPreparedTxn: bool({ since: 6 }),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    producerId: i64({ default: -1 }),
    producerEpoch: i16(),
    ongoingTxnProducerId: i64({ since: 6, default: -1 }),
    ongoingTxnProducerEpoch: i16({ since: 6, default: -1 }),
  },
})

export interface InitProducerIdRequest extends Infer<typeof initProducerId.request.fields> {}
export interface InitProducerIdResponse extends Infer<typeof initProducerId.response.fields> {}
