/** The door of `records`: record batches, their records, and the codecs. */
export * from './batch-builder.ts'
export * as batchHeader from './batch-header.ts'
export {
  batchHeaderSize,
  logOverhead,
  noProducerEpoch,
  noProducerId,
  noSequence,
  noTimestamp,
  TimestampType,
} from './batch-header.ts'
export * from './batches.ts'
export * from './codecs/index.ts'
export * from './compression-type.ts'
export * from './control-records.ts'
export {
  isMessageCrcValid,
  type Message,
  messageCodecId,
  messageCrc,
  messageTimestamp,
  readMessages,
} from './message-set.ts'
export * from './murmur2.ts'
export * from './record.ts'
export type { RecordError, TopicRules } from './record-rules.ts'
export * from './validate.ts'
