/** Records as a consumer hands them out. */
import type { TimestampTypeName } from '../../records/index.ts'
import type { ReadableTopic } from '../typed-topic.ts'

export interface ConsumedHeader {
  readonly key: string
  readonly value: Buffer | null
}

export interface ConsumedRecord<K, V, Topic extends string = string> {
  readonly topic: Topic
  readonly partition: number
  readonly offset: number
  /** Milliseconds since 1970; -1 for none. */
  readonly timestampMs: number
  /** Who has set it: the producer, or the broker (`message.timestamp.type`); in logs from before Kafka 0.10 nobody. */
  readonly timestampType: TimestampTypeName
  /** In which it was written; -1: not known. `commit` and `seek` take it, so that a log that was cut is seen (KIP-320). */
  readonly leaderEpoch: number
  /** Bytes are a view of all that was fetched together: who keeps them for long copies them. */
  readonly key: K
  readonly value: V
  readonly headers: readonly ConsumedHeader[]
}

/** Records of one partition, in order, that are handed out together. */
export interface ConsumedBatch<K, V, Topic extends string = string> {
  readonly topic: Topic
  readonly partition: number
  /** Never empty. */
  readonly records: readonly ConsumedRecord<K, V, Topic>[]
  /** Behind all that was committed there when this was fetched. */
  readonly highWatermark: number
}

type Bytes = Buffer | null

/** Of a topic that is given by its name, or as `defineTopic` has made it; of several, a union that is told apart by `topic`. */
export type ConsumedRecordOf<Topic> = Topic extends string
  ? ConsumedRecord<Bytes, Bytes, Topic>
  : Topic extends ReadableTopic<infer Name, infer Key, infer Value>
    ? ConsumedRecord<Key, Value, Name>
    : never

export type ConsumedBatchOf<Topic> = Topic extends string
  ? ConsumedBatch<Bytes, Bytes, Topic>
  : Topic extends ReadableTopic<infer Name, infer Key, infer Value>
    ? ConsumedBatch<Key, Value, Name>
    : never
