/**
 * Records as JSON, an object a line: what `consume --json` writes and `produce --json` reads. Keys and values are text where they are
 * valid UTF-8, else `{"base64": "..."}`, so that nothing is lost.
 */
import type { ConsumedRecord, HeaderValue, Plain, ProducerRecord } from '../../client/index.ts'

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
export function recordAsJson({
  topic,
  partition,
  offset,
  timestampMs,
  key,
  value,
  headers,
}: ConsumedRecord<Bytes, Bytes>): string {
  const named = headers.map((it) => ({ key: it.key, value: asJson(it.value) }))
  return JSON.stringify({
    ...{ topic, partition, offset, timestamp: timestampMs },
    ...{ key: asJson(key), value: asJson(value), headers: named },
  })
}

class RecordJsonError extends Error {
  override readonly name = 'RecordJsonError'
}

/** Key, value, headers and timestamp count; where it was read from is not where it goes. Throws RecordJsonError. */
export function recordOfJson(line: Uint8Array): ProducerRecord<Plain, Plain> {
  const given = parsed(line)
  const { key = null, value = null, headers = [], timestamp = -1 } = given
  if (!Array.isArray(headers)) throw new RecordJsonError('headers are a list of objects with key and value')
  if (typeof timestamp !== 'number') throw new RecordJsonError('a timestamp is a number of milliseconds')
  return {
    key: bytesOf('key', key),
    value: bytesOf('value', value),
    headers: headers.map(headerOf),
    ...(timestamp >= 0 && { timestampMs: timestamp }),
  }
}

function parsed(line: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const given: unknown = JSON.parse(strict.decode(line))
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
