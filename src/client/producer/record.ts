/** Records on their way to a partition, and what is told of them in the end. */

export type HeaderValue = Uint8Array | string | null

export interface ProducerRecord<K, V> {
  readonly key?: K
  readonly value: V
  /** In order; a name may come more than once. */
  readonly headers?: Readonly<Record<string, HeaderValue>> | readonly (readonly [name: string, value: HeaderValue])[]
  /** Where it goes, whatever the partitioner says. */
  readonly partition?: number
  /** Milliseconds since 1970; now, unless told. */
  readonly timestampMs?: number
}

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
