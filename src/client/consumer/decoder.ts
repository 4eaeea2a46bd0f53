/**
 * Makes of bytes what the topics say that they are. Where that fails the record is not handed out, nor what lies behind it; what lies
 * before it is.
 */
import { KafkaError } from '../kafka-error.ts'
import type { Deserializer } from '../serdes/serde.ts'
import type { ReadableTopic } from '../typed-topic.ts'
import type { Bytes } from './assigned-partition.ts'
import type { ConsumedBatch, ConsumedRecord } from './consumed-record.ts'

/** What is read: a topic of `defineTopic`, or the name of one, whose records stay bytes. */
export type ReadTopic = string | TypedTopic

type TypedTopic = ReadableTopic<string, unknown, unknown>
/** Throws KafkaError for what callers without types may give. */
export function topicName(topic: ReadTopic): string {
  const name: unknown = typeof topic === 'string' ? topic : topic?.name
  return typeof name === 'string' ? name : refuse('a topic is its name, or what defineTopic gives')
}

/** A partition to read. */
export interface ReadPartition {
  readonly topic: ReadTopic
  readonly partition: number
}

/** Throws KafkaError for what callers without types may give. */
export function checkPartitions(given: readonly ReadPartition[]): void {
  const isPartition = (it: unknown): boolean =>
    typeof it === 'object' && it !== null && 'partition' in it && Number.isInteger(it.partition)
  if (Array.isArray(given) && given.every(isPartition)) return
  refuse("assign takes a list of partitions, as in [{ topic: 'orders', partition: 0 }]")
}

/** Throws KafkaError for what callers without types may give. */
export function checkTopics(topics: readonly ReadTopic[]): void {
  if (!Array.isArray(topics)) refuse("subscribe takes a list of topics, as in ['orders']")
}

function refuse(message: string): never {
  throw new KafkaError('INVALID_ARGUMENT', message)
}

type Raw = ConsumedRecord<Bytes, Bytes>
type Decoded = ConsumedRecord<unknown, unknown>

export class Decoder {
  readonly #topics = new Map<string, ReadTopic>()
  readonly #readsAny: boolean

  /** Of whatever topics: their records stay bytes. */
  static readonly ofBytes = new Decoder([], true)

  /** Throws KafkaError where a topic has no name, or two ways to be read. */
  constructor(topics: Iterable<ReadTopic>, readsAny = false) {
    this.#readsAny = readsAny
    for (const topic of topics) {
      const name = topicName(topic)
      const known = this.#topics.get(name)
      if (known !== undefined && known !== topic) refuse(`topic '${name}' is given twice, and not alike`)
      this.#topics.set(name, topic)
    }
  }

  get topics(): readonly string[] {
    return [...this.#topics.keys()]
  }

  /** Of no other topic is anything decoded. */
  reads(topic: string): boolean {
    return this.#readsAny || this.#topics.has(topic)
  }

  /** Each of its topics is one of ours, and the same. */
  readsAllOf(other: Decoder): boolean {
    if (this.#readsAny) return [...other.#topics.values()].every((topic) => typeof topic === 'string')
    if (other.#readsAny) return false
    return [...other.#topics].every(([name, topic]) => this.#topics.get(name) === topic)
  }

  /** Throws, or rejects with, KafkaError. */
  record(record: Raw): Decoded | Promise<Decoded> {
    const topic = this.#topics.get(record.topic)
    return topic === undefined || typeof topic === 'string' ? record : decoded(topic, record)
  }

  /** As many of its records as can be decoded; `putBack` is told of the first of the others. Throws, or rejects, where that is the first. */
  batch(
    { records, ...batch }: ConsumedBatch<Bytes, Bytes>,
    putBack: (from: Raw) => void,
  ): ConsumedBatch<unknown, unknown> | Promise<ConsumedBatch<unknown, unknown>> {
    const all: Decoded[] = []
    const failed = (error: unknown): void => {
      const from = records[all.length]
      if (all.length === 0 || from === undefined) throw error
      putBack(from)
    }
    /** Until the end, or until one takes its time. */
    const goOn = (): Promise<Decoded> | undefined => {
      for (let record = records[all.length]; record !== undefined; record = records[all.length]) {
        const next = this.record(record)
        if (next instanceof Promise) return next
        all.push(next)
      }
      return undefined
    }
    const rest = async (first: Promise<Decoded>): Promise<ConsumedBatch<unknown, unknown>> => {
      try {
        for (let later: Promise<Decoded> | undefined = first; later !== undefined; later = goOn()) all.push(await later)
      } catch (error) {
        failed(error)
      }
      return { ...batch, records: all }
    }
    try {
      const later = goOn()
      if (later !== undefined) return rest(later)
    } catch (error) {
      failed(error)
    }
    return { ...batch, records: all }
  }
}

/** First the key, then the value. */
function decoded({ key, value }: TypedTopic, record: Raw): Decoded | Promise<Decoded> {
  const withKey = (readKey: unknown): Decoded | Promise<Decoded> => {
    const readValue = read(value, record, false)
    if (readValue instanceof Promise) return readValue.then((later: unknown) => withBoth(record, readKey, later))
    return withBoth(record, readKey, readValue)
  }
  const readKey = read(key, record, true)
  return readKey instanceof Promise ? readKey.then(withKey) : withKey(readKey)
}

function withBoth(record: Raw, key: unknown, value: unknown): Decoded {
  const { topic, partition, offset, timestampMs, timestampType, leaderEpoch, headers } = record
  return { topic, partition, offset, timestampMs, timestampType, leaderEpoch, key, value, headers }
}

/** A promise is what takes its time, whatever it is a promise of. */
function read(serde: Deserializer<unknown>, record: Raw, isKey: boolean): unknown {
  const { topic, headers } = record
  try {
    const given = serde.deserialize(isKey ? record.key : record.value, { topic, isKey, headers })
    return isLater(given) ? Promise.resolve(given).catch((error: unknown) => fail(record, isKey, error)) : given
  } catch (error) {
    return fail(record, isKey, error)
  }
}

function fail(record: Raw, isKey: boolean, cause: unknown): never {
  const { topic, partition, offset } = record
  const reason = cause instanceof Error ? cause.message : String(cause)
  const what = `the ${isKey ? 'key' : 'value'} of the record at offset ${offset}`
  const text = `${topic}-${partition}: ${what} could not be deserialized: ${reason}`
  throw new KafkaError('SERIALIZATION', text, { cause, record })
}

/** What takes its time; a promise of another kind than ours is one too. */
const isLater = (given: unknown): given is PromiseLike<unknown> =>
  given instanceof Promise ||
  (typeof given === 'object' && given !== null && 'then' in given && typeof given.then === 'function')
