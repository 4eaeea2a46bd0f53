/** The records of `__transaction_state`. */
import { message } from '../message.ts'
import { type Infer, i8, i16, i32, i64, list, orNull, string } from '../words.ts'

export const transactionLogKey = message({
  name: 'TransactionLogKey',
  versions: [0, 0],
  type: 0,
  fields: {
    transactionalId: string(),
  },
})
export interface TransactionLogKey extends Infer<typeof transactionLogKey.fields> {}

const partitionsSchema = {
  topic: string(),
  partitionIds: list(i32()),
}

export const transactionLogValue = message({
  name: 'TransactionLogValue',
  versions: [0, 1],
  flexible: 1,
  type: 0,
  fields: {
    producerId: i64(),
    previousProducerId: i64({ since: 1, tag: 0, default: -1 }),
    nextProducerId: i64({ since: 1, tag: 1, default: -1 }),
    producerEpoch: i16(),
    nextProducerEpoch: i16({ since: 1, tag: 3, default: -1 }),
    transactionTimeoutMs: i32(),
    transactionStatus: i8(),
    transactionPartitions: orNull(list(partitionsSchema)),
    transactionLastUpdateTimestampMs: i64(),
    transactionStartTimestampMs: i64(),
    clientTransactionVersion: i16({ since: 1, tag: 2 }),
  },
})
export interface TransactionLogValue extends Infer<typeof transactionLogValue.fields> {}
