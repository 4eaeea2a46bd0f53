/**
 * How keys and values become bytes, and how bytes become keys and values. A serializer, or a deserializer, may take its time (a
 * registry of schemas is asked over the network); the usual one answers at once.
 */

export interface SerdeHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

export interface SerializeContext {
  readonly topic: string
  /** It is the key, else the value. The key of a record comes first. */
  readonly isKey: boolean
  /** Of the record: what a serializer adds is sent with it. */
  readonly headers: SerdeHeader[]
}

export interface DeserializeContext {
  readonly topic: string
  readonly isKey: boolean
  readonly headers: readonly SerdeHeader[]
}

/** Null is no bytes: a record without a key, or one without a value, which deletes its key where the topic is compacted. */
export interface Serializer<T> {
  /** What it throws, or rejects with, becomes the cause of the KafkaError (SERIALIZATION) that the record is rejected with. */
  readonly serialize: (value: T, context: SerializeContext) => Uint8Array | null | Promise<Uint8Array | null>
}

export interface Deserializer<T> {
  /**
   * The bytes are a view of what was fetched; they stay as they are. Null comes in wherever a record may have none: who has no
   * value for it throws, or is wrapped in `orNull`. What it throws, or rejects with, becomes the cause of the KafkaError
   * (SERIALIZATION) that the application is told.
   */
  readonly deserialize: (bytes: Uint8Array | null, context: DeserializeContext) => T | Promise<T>
}

export interface Serde<T> extends Serializer<T>, Deserializer<T> {}

/**
 * Of a type that is not known here: that a value fits was checked where topic and record were given together. It has a method, whose
 * parameters the compiler relates both ways, so that every serializer is one.
 */
export interface UncheckedSerializer {
  serialize(value: unknown, context: SerializeContext): Uint8Array | null | Promise<Uint8Array | null>
}

/** For who has no value for null. Throws TypeError. */
export function present(bytes: Uint8Array | null, name: string): Buffer {
  if (bytes === null) throw new TypeError(`${name}: there are no bytes (null); where that may be so, say orNull(...)`)
  if (bytes instanceof Buffer) return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
