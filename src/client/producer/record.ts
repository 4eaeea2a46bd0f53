/** Records on their way to a partition, and what is told of them in the end. */
import type { WritableTopic } from '../typed-topic.ts'

/** Bytes as they go into a record: text as UTF-8. */
export type Plain = Uint8Array | string | null

export type HeaderValue = Uint8Array | string | null

/** In order; a name may come more than once. */
export type GivenHeaders =
  | Readonly<Record<string, HeaderValue>>
  | readonly (readonly [name: string, value: HeaderValue])[]

/** Only who may leave out the key may also have none. */
export type ProducerRecord<K, V> = RecordFields<V> & (null extends K ? { readonly key?: K } : { readonly key: K })

interface RecordFields<V> {
  readonly value: V
  readonly headers?: GivenHeaders
  /** Where it goes, whatever the partitioner says. */
  readonly partition?: number
  /** Milliseconds since 1970; now, unless told. */
  readonly timestampMs?: number
}

/** Of a topic that is given by its name, or as `defineTopic` has made it: then serdes say what its records are. */
export type ProducerRecordOf<Topic> = [Topic] extends [string]
  ? ProducerRecord<Plain, Plain>
  : [Topic] extends [WritableTopic<infer Key, infer Value>]
    ? ProducerRecord<Key, Value>
    : never

export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  /** -1 where it is not known: with acks 0, or when an answer was lost and the broker knew the record already. */
  readonly offset: number
  /** As it was sent, or as the broker has set it where the topic says LogAppendTime. */
  readonly timestampMs: number
}

/** Who hears what became of records, each by a number of its own. */
export interface Completion {
  done(index: number, metadata: RecordMetadata): void
  failed(index: number, error: unknown): void
}
