/** How a record is written: its value alone, or as a format with kcat's tokens says. Bytes stay what they are. */
import type { ConsumedRecord } from '../../client/index.ts'
import { UsageError } from '../usage-error.ts'
import { unescaped } from './escapes.ts'
import type { DecodedRecord } from './record-decoded.ts'

type Bytes = Uint8Array | null
type Given = ConsumedRecord<Bytes, Bytes>
type Piece = (record: Given) => Uint8Array

const text = (piece: (record: Given) => string): Piece => {
  return (record) => Buffer.from(piece(record))
}

const lengthOf = (bytes: Bytes): number => bytes?.length ?? -1

function lengthBytes(bytes: Bytes): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(lengthOf(bytes))
  return length
}

function headersText({ headers }: Given, nullBytes: Uint8Array): Uint8Array {
  const parts = headers.flatMap(({ key, value }, i) => [
    Buffer.from(`${i === 0 ? '' : ','}${key}=`),
    value ?? nullBytes,
  ])
  return Buffer.concat(parts)
}

/** As Kafka's own formatter has them. */
function kafkaHeaders({ headers }: Given, separator: string, nullBytes: Uint8Array): Uint8Array {
  if (headers.length === 0) return Buffer.from('NO_HEADERS')
  const parts = headers.flatMap(({ key, value }, i) => [
    Buffer.from(`${i === 0 ? '' : separator}${key}:`),
    value ?? nullBytes,
  ])
  return Buffer.concat(parts)
}

/** As Kafka's own formatter has it; records from before Kafka 0.10 have none. */
const kafkaTime = ({ timestampType, timestampMs }: Given): string =>
  timestampType === 'NoTimestampType' ? 'NO_TIMESTAMP' : `${timestampType}:${timestampMs}`

const tokens = (nullBytes: Uint8Array): Readonly<Record<string, Piece>> => ({
  t: text(({ topic }) => topic),
  p: text(({ partition }) => String(partition)),
  o: text(({ offset }) => String(offset)),
  T: text(({ timestampMs }) => String(timestampMs)),
  Y: text(({ timestampType }) => timestampType),
  C: text(kafkaTime),
  k: ({ key }) => key ?? nullBytes,
  K: text(({ key }) => String(lengthOf(key))),
  s: ({ value }) => value ?? nullBytes,
  S: text(({ value }) => String(lengthOf(value))),
  R: ({ value }) => lengthBytes(value),
  h: (record) => headersText(record, nullBytes),
  H: (record) => kafkaHeaders(record, ',', nullBytes),
})

/** Appends the pieces of one record to `into`. */
export type RecordWriter = (record: Given, into: Uint8Array[]) => void

/** With what was made of its key and value, where that was asked for. */
export type DecodedWriter = (record: Given, into: Uint8Array[], decoded?: DecodedRecord) => void

/** Writes what was decoded in place of its bytes, and nothing of a record that could not be. */
export function textWriter(writer: RecordWriter): DecodedWriter {
  return (record, into, decoded) => {
    if (decoded === undefined) return writer(record, into)
    const { key, value, error } = decoded
    if (error !== undefined) return
    writer(
      {
        ...record,
        key: key === undefined ? record.key : Buffer.from(key.text),
        value: value === undefined ? record.value : Buffer.from(value.text),
      },
      into,
    )
  }
}

/** Of `--format`; `nullBytes` stand for what is null. Throws UsageError. */
export function formatWriter(format: string, nullBytes: Uint8Array): RecordWriter {
  const known = tokens(nullBytes)
  const pieces: Piece[] = []
  for (const [piece] of format.matchAll(/%H\{[^}]*\}|%.?|[^%]+/gsu)) {
    if (!piece.startsWith('%') || piece === '%%') {
      const bytes = unescaped('format', piece === '%%' ? '%' : piece)
      pieces.push(() => bytes)
      continue
    }
    const separator = /^%H\{(.*)\}$/s.exec(piece)?.[1]
    if (separator !== undefined) {
      pieces.push((record) => kafkaHeaders(record, separator, nullBytes))
      continue
    }
    const token = known[piece.slice(1)]
    if (token === undefined) {
      throw new UsageError(`--format: '${piece}' is no token; there are %${Object.keys(known).join(' %')} %%`)
    }
    pieces.push(token)
  }
  return (record, into) => {
    for (const piece of pieces) into.push(piece(record))
  }
}

export interface PlainWriterOptions {
  readonly delimiter: Uint8Array
  /** Undefined: without keys. */
  readonly keySeparator: Uint8Array | undefined
  readonly nullBytes: Uint8Array
}

/** The value and the delimiter, with the key before it if it is wanted. */
export function plainWriter({ delimiter, keySeparator, nullBytes }: PlainWriterOptions): RecordWriter {
  return ({ key, value }, into) => {
    if (keySeparator !== undefined) into.push(key ?? nullBytes, keySeparator)
    into.push(value ?? nullBytes, delimiter)
  }
}
