/** ListTransactions (API key 66). */
import { api } from '../message.ts'
import { type Infer, i16, i32, i64, list, orNull, string } from '../words.ts'

const transactionState = {
  transactionalId: string(),
  producerId: i64(),
  transactionState: string(),
}

export const listTransactions = api({
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexible: 0,
  listeners: ['broker'],
  request: {
    stateFilters: list(string()),
    producerIdFilters: list(i64()),
    durationFilter: i64({ since: 1, default: -1 }),
    transactionalIdPattern: orNull(string({ since: 2 }), { default: null }),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    unknownStateFilters: list(string()),
    transactionStates: list(transactionState),
  },
})

export interface ListTransactionsRequest extends Infer<typeof listTransactions.request.fields> {}
export interface ListTransactionsResponse extends Infer<typeof listTransactions.response.fields> {}
