/** A topic whose records have types: what a producer takes, and what a consumer hands out, follows from it. */
import { checkNames } from './connection-options.ts'
import { KafkaError } from './kafka-error.ts'
import { bytes } from './serdes/bytes.ts'
import { orNull } from './serdes/null-serdes.ts'
import type { Deserializer, Serde, Serializer, UncheckedSerializer } from './serdes/serde.ts'

/** What is needed of a topic by who reads it. */
export interface ReadableTopic<Name extends string, Key, Value> {
  readonly name: Name
  readonly key: Deserializer<Key>
  readonly value: Deserializer<Value>
}

/** What is needed of a topic by who writes to it. */
export interface WritableTopic<Key, Value> {
  readonly name: string
  readonly key: Serializer<Key>
  readonly value: Serializer<Value>
}

export interface TypedTopic<Name extends string, Key, Value> {
  readonly name: Name
  readonly key: Serde<Key>
  readonly value: Serde<Value>
}

interface UncheckedSerde extends UncheckedSerializer, Deserializer<unknown> {}

interface UncheckedSerdes {
  readonly key?: UncheckedSerde
  readonly value: UncheckedSerde
}

export interface TopicSerdes<Key, Value> {
  /** Default: bytes, or null. */
  readonly key?: Serde<Key>
  readonly value: Serde<Value>
}

/**
 * `defineTopic('orders', { key: string, value: json<Order>() })`. It creates nothing, and asks nobody.
 *
 * Whether a key, or a value, may be missing is said by its serde: `key: orNull(string)`. A record that has none where the topic does not
 * say so is an error for who reads it (SERIALIZATION), and a type error for who writes it. So no type is ever wrong about null, and
 * those whose topics have no such records are not made to look for them. Throws KafkaError for what makes no sense.
 */
export function defineTopic<const Name extends string, Value, Key = Uint8Array | null>(
  name: Name,
  serdes: TopicSerdes<Key, Value>,
): TypedTopic<Name, Key, Value>
export function defineTopic(name: string, serdes: UncheckedSerdes): UncheckedSerdes & { readonly name: string } {
  if (typeof name !== 'string' || name === '') throw new KafkaError('INVALID_ARGUMENT', 'a topic has a name')
  checkNames(serdes, { key: undefined, value: undefined })
  const { key = orNull(bytes), value } = serdes
  for (const serde of [key, value]) {
    if (typeof serde?.serialize === 'function' && typeof serde.deserialize === 'function') continue
    throw new KafkaError('INVALID_ARGUMENT', `topic '${name}': a serde has serialize and deserialize`)
  }
  return { name, key, value }
}
