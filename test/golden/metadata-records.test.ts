import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError, Reader, Writer } from '../../src/base/index.ts'
import { readMetadataRecord, writeMetadataRecord } from '../../src/protocol/index.ts'
import { asRecord, goldenLines } from './golden.ts'
import { messages } from './messages.ts'
import { sameFields } from './same.ts'

/** `TOPIC_RECORD` as `TopicRecord`. */
const nameOf = (type: unknown): string =>
  String(type)
    .split('_')
    .map((part) => `${part.charAt(0)}${part.slice(1).toLowerCase()}`)
    .join('')

test('records of __cluster_metadata that Kafka wrote are read as it reads them, and come back byte for byte', () => {
  const kinds = new Set<string>()
  for (const line of goldenLines('metadata-records.ndjson')) {
    const { type, version, data, value } = asRecord(line)
    const bytes = Buffer.from(String(value), 'base64')
    const record = readMetadataRecord(new Reader(bytes))
    kinds.add(record.kind)
    assert.deepEqual([record.kind, record.version], [nameOf(type), version])
    sameFields(messages.get(record.kind)?.fields ?? {}, record.value, data, record.kind)
    const writer = new Writer()
    writeMetadataRecord(writer, record)
    assert.equal(writer.finishAsOne().toString('hex'), bytes.toString('hex'))
  }
  assert.equal(kinds.size, 17)
})

test('a frame, type, version or size that 4.3.1 does not write is refused', () => {
  // TopicRecord would be 01 02 00: frame 1, type 2, version 0.
  for (const hex of ['', '00', '02020000', '017f00', '010201', '010200', '01140000ff']) {
    assert.throws(() => readMetadataRecord(new Reader(Buffer.from(hex, 'hex'))), MalformedError, hex)
  }
  const writer = new Writer()
  const value = { unknownTags: undefined }
  assert.throws(() => writeMetadataRecord(writer, { kind: 'NoOpRecord', version: 1, value }), RangeError)
  writeMetadataRecord(writer, { kind: 'NoOpRecord', version: 0, value })
  assert.equal(writer.finishAsOne().toString('hex'), '01140000')
})
