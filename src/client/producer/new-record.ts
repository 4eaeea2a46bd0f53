/** From what an application gives to the bytes of a record: at once, or when the serializers of its topic have had their time. */
import type { NewRecord, NewRecordHeader } from '../../records/index.ts'
import { KafkaError } from '../kafka-error.ts'
import type { UncheckedSerializer } from '../serdes/serde.ts'
import type { GivenHeaders, HeaderValue, ProducerRecord } from './record.ts'

/** One whose records were checked, by the compiler, where they were given. */
export interface UncheckedTopic {
  readonly name: string
  readonly key: UncheckedSerializer
  readonly value: UncheckedSerializer
}

export type GivenRecord = ProducerRecord<unknown, unknown>

type Bytes = Uint8Array | null

/** Of what has no value: whether it is a record all the same, as one that deletes a key is. */
export const isRecord = (given: unknown): boolean =>
  typeof given === 'object' && given !== null && ('value' in given || 'key' in given)

/** What callers without types are told who give no record, or no list of records. */
export function refusedRecord(topic: unknown, given: unknown, call: 'send' | 'sendAll' = 'send'): KafkaError {
  const isOfKafkaJs = [topic, given].some((it) => typeof it === 'object' && it !== null && 'messages' in it)
  const form = call === 'send' ? `send('orders', { key, value })` : `sendAll('orders', [{ key, value }])`
  const hint = isOfKafkaJs ? `; for { topic, messages } there is sendAll(topic, messages)` : ''
  const what = Array.isArray(given) ? 'a list' : given === null ? 'null' : `this ${typeof given}`
  return new KafkaError(
    'INVALID_ARGUMENT',
    `${call} takes a topic and ${call === 'send' ? 'a record' : 'a list of records'}, as in ${form}, not ${what}${hint}`,
  )
}

/** Throws KafkaError for what is neither the name of a topic nor one of `defineTopic`. */
export function checkTopic(topic: UncheckedTopic): void {
  const isTyped =
    typeof topic?.name === 'string' &&
    typeof topic.key?.serialize === 'function' &&
    typeof topic.value?.serialize === 'function'
  if (!isTyped) throw new KafkaError('INVALID_ARGUMENT', 'a topic is its name, or what defineTopic gives')
}

/** Of a topic that is given by its name. Throws KafkaError for what callers without types may give. */
export function plainRecord({ key, value, headers, timestampMs }: GivenRecord, nowMs: number): NewRecord {
  const record = { key: plain(key), value: plain(value), timestampMs: checkedTime(timestampMs ?? nowMs) }
  return headers === undefined ? record : { ...record, headers: encodedHeaders(headers) }
}

/** First the key, then the value. Throws, or rejects with, KafkaError. */
export function serializedRecord(
  topic: UncheckedTopic,
  given: GivenRecord,
  nowMs: number,
): NewRecord | Promise<NewRecord> {
  const timestampMs = checkedTime(given.timestampMs ?? nowMs)
  const headers = given.headers === undefined ? [] : encodedHeaders(given.headers)
  const key = serialized(topic, true, given.key ?? null, headers)
  const laterValue = (): Bytes | Promise<Bytes> => serialized(topic, false, given.value, headers)
  if (isBytes(key)) {
    const value = laterValue()
    if (isBytes(value)) return { key, value, timestampMs, headers }
    return value.then((later) => ({ key, value: later, timestampMs, headers }))
  }
  return key.then(async (later) => ({ key: later, value: await laterValue(), timestampMs, headers }))
}

function serialized(
  topic: UncheckedTopic,
  isKey: boolean,
  value: unknown,
  headers: NewRecordHeader[],
): Bytes | Promise<Bytes> {
  const { name } = topic
  try {
    const bytes = (isKey ? topic.key : topic.value).serialize(value, { topic: name, isKey, headers })
    if (isBytes(bytes)) return bytes
    return Promise.resolve(bytes).then(
      (later) => (isBytes(later) ? later : fail(name, isKey, noBytes(later))),
      (error: unknown) => fail(name, isKey, error),
    )
  } catch (error) {
    return fail(name, isKey, error)
  }
}

const isBytes = (it: unknown): it is Bytes => it === null || it instanceof Uint8Array

const noBytes = (it: unknown): TypeError =>
  new TypeError(`the serializer gives ${typeof it}, and neither bytes nor null`)

function fail(topic: string, isKey: boolean, cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const text = `the ${isKey ? 'key' : 'value'} of a record for '${topic}' could not be serialized: ${reason}`
  throw new KafkaError('SERIALIZATION', text, { cause })
}

/** The same with bytes of its own, for one that has to wait: those that were given are the caller's, or a serializer's, again. */
export function ownRecord(record: NewRecord): NewRecord {
  const { key, value, headers = [] } = record
  const ownHeaders = headers.map((header) => ({ key: header.key, value: own(header.value) }))
  return { ...record, key: own(key), value: own(value), headers: ownHeaders }
}

const own = (bytes: Bytes | undefined): Bytes => (bytes === null || bytes === undefined ? null : Buffer.from(bytes))

function checkedTime(timestampMs: number): number {
  if (Number.isSafeInteger(timestampMs)) return timestampMs
  throw new KafkaError('INVALID_ARGUMENT', `timestampMs ${timestampMs}`)
}

function plain(value: unknown): Bytes {
  if (typeof value === 'string') return Buffer.from(value)
  if (value === undefined || value === null || value instanceof Uint8Array) return value ?? null
  throw new KafkaError('INVALID_ARGUMENT', 'a key, a value or a header is text, bytes or null')
}

function encodedHeaders(headers: GivenHeaders): NewRecordHeader[] {
  const entries: readonly (readonly [string, HeaderValue])[] = isList(headers) ? headers : Object.entries(headers)
  return entries.map(([key, value]) => ({ key, value: plain(value) }))
}

const isList = (headers: GivenHeaders): headers is readonly (readonly [string, HeaderValue])[] => Array.isArray(headers)
