/**
 * Records as JSON, an object a line: what `consume --json` writes and `produce --json` reads. Keys and values are text where they are
 * valid UTF-8, else `{"base64": "..."}`, so that nothing is lost. What is of a schema is a value of JSON.
 */
import type { ConsumedRecord, HeaderValue, Plain, ProducerRecord } from '../../client/index.ts'
import type { PartEncoder } from '../encoding/encoding.ts'
import { readJson } from '../encoding/json.ts'
import type { DecodedRecord } from './record-decoded.ts'

type Bytes = Uint8Array | null

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

type JsonBytes = string | null | { readonly base64: string }

function asJson(bytes: Bytes): JsonBytes {
  if (bytes === null) return null
  try {
    return strict.decode(bytes)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') }
  }
}

/** Without the end of the line. */
export function recordAsJson(record: ConsumedRecord<Bytes, Bytes>, decoded?: DecodedRecord): string {
  const { topic, partition, offset, timestampMs, headers } = record
  const { key, value, error } = decoded ?? {}
  return JSON.stringify({
    ...{ topic, partition, offset, timestamp: timestampMs },
    key: key === undefined ? asJson(record.key) : key.json,
    ...(key !== undefined && { keySchema: key.schema }),
    value: value === undefined ? asJson(record.value) : value.json,
    ...(value !== undefined && { valueSchema: value.schema }),
    headers: headers.map((it) => ({ key: it.key, value: asJson(it.value) })),
    ...(error !== undefined && { error }),
  })
}

class RecordJsonError extends Error {
  override readonly name = 'RecordJsonError'
}

/** Key, value, headers and timestamp count; where it was read from is not where it goes. Throws RecordJsonError. */
export function recordOfJson(line: Uint8Array): ProducerRecord<Plain, Plain> {
  const { key = null, value = null, ...rest } = parsed(line, JSON.parse)
  return { key: bytesOf('key', key), value: bytesOf('value', value), ...restOf(rest) }
}

export interface PartEncoders {
  readonly key: PartEncoder | undefined
  readonly value: PartEncoder | undefined
}

/**
 * As `recordOfJson`; what has an encoder is a value of JSON, and encoded. Where the line tells of an error, what has no schema beside it is
 * bytes that could not be decoded, and stays what it is. Rejects with RecordJsonError, or with what is wrong with a part.
 */
export async function encodedRecordOfJson(
  line: Uint8Array,
  encoders: PartEncoders,
): Promise<ProducerRecord<Plain, Plain>> {
  const given = parsed(line, readJson)
  const { key = null, value = null, ...rest } = given
  const made = restOf(rest)
  const encoderOf = (part: 'key' | 'value'): PartEncoder | undefined =>
    given['error'] !== undefined && given[`${part}Schema`] === undefined ? undefined : encoders[part]
  const [ofKey, ofValue] = [encoderOf('key'), encoderOf('value')]
  // A null with a schema beside it was a value, and not the want of one.
  const isNothing = (part: 'key' | 'value'): boolean =>
    (given[part] ?? null) === null && given[`${part}Schema`] === undefined
  const encoded = async (part: 'key' | 'value', json: unknown, encoder: PartEncoder | undefined): Promise<Plain> =>
    encoder === undefined || isNothing(part) ? bytesOf(part, json) : await encoder.ofJson(json)
  return {
    ...made,
    key: await encoded('key', key, ofKey),
    value: await encoded('value', value, ofValue),
    headers: made.headers.filter(([name]) => name !== ofKey?.header && name !== ofValue?.header),
  }
}

interface Rest {
  readonly headers: readonly (readonly [string, HeaderValue])[]
  readonly timestampMs?: number
}

function restOf({ headers = [], timestamp = -1 }: Readonly<Record<string, unknown>>): Rest {
  if (!Array.isArray(headers)) throw new RecordJsonError('headers are a list of objects with key and value')
  if (typeof timestamp !== 'number') throw new RecordJsonError('a timestamp is a number of milliseconds')
  return { headers: headers.map(headerOf), ...(timestamp >= 0 && { timestampMs: timestamp }) }
}

function parsed(line: Uint8Array, read: (text: string) => unknown): Readonly<Record<string, unknown>> {
  try {
    const given = read(strict.decode(line))
    if (isObject(given)) return given
  } catch (error) {
    if (!(error instanceof Error)) throw error
    throw new RecordJsonError(error.message, { cause: error })
  }
  throw new RecordJsonError('a record is an object')
}

const isObject = (it: unknown): it is Readonly<Record<string, unknown>> =>
  typeof it === 'object' && it !== null && !Array.isArray(it)

function headerOf(header: unknown): readonly [string, HeaderValue] {
  if (!isObject(header)) throw new RecordJsonError('a header is an object with key and value')
  const { key, value = null } = header
  if (typeof key !== 'string') throw new RecordJsonError('a header has a key, which is text')
  return [key, bytesOf(`header '${key}'`, value)]
}

function bytesOf(what: string, given: unknown): Plain {
  if (given === null || typeof given === 'string') return given
  if (isObject(given)) {
    const { base64 } = given
    if (typeof base64 === 'string') return Buffer.from(base64, 'base64')
  }
  throw new RecordJsonError(`${what} is text, null or {"base64": "..."}`)
}
