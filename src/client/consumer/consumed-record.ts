/** Records as a consumer hands them out. */

export interface ConsumedHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

export interface ConsumedRecord<K, V> {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Milliseconds since 1970; -1 for none. */
  readonly timestampMs: number
  /** Bytes are a view of all that was fetched together: who keeps them for long copies them. */
  readonly key: K
  readonly value: V
  readonly headers: readonly ConsumedHeader[]
}

/** Records of one partition, in order, that are handed out together. */
export interface ConsumedBatch<K, V> {
  readonly topic: string
  readonly partition: number
  /** Never empty. */
  readonly records: readonly ConsumedRecord<K, V>[]
  /** Behind all that was committed there when this was fetched. */
  readonly highWatermark: number
}
