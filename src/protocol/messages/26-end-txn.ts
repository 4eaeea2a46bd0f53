/** EndTxn (API key 26). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, i64, string } from '../words.ts'

export const endTxn = api({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexible: 3,
  listeners: ['broker'],
  request: {
    transactionalId: string(),
    producerId: i64(),
    producerEpoch: i16(),
    committed: bool(),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    producerId: i64({ since: 5, default: -1 }),
    producerEpoch: i16({ since: 5, default: -1 }),
  },
})

export interface EndTxnRequest extends Infer<typeof endTxn.request.fields> {}
export interface EndTxnResponse extends Infer<typeof endTxn.response.fields> {}
