/** AddOffsetsToTxn (API key 25). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, string } from '../words.ts'

export const addOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexible: 3,
  listeners: ['broker'],
  request: {
    transactionalId: string(),
    producerId: i64(),
    producerEpoch: i16(),
    groupId: string(),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
  },
})

export interface AddOffsetsToTxnRequest extends Infer<typeof addOffsetsToTxn.request.fields> {}
export interface AddOffsetsToTxnResponse extends Infer<typeof addOffsetsToTxn.response.fields> {}
