import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader, Writer } from '../../src/base/index.ts'
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
  const names = new Set<string>()
  for (const line of goldenLines('metadata-records.ndjson')) {
    const { type, version, data, value } = asRecord(line)
    const message = messages.get(nameOf(type))
    assert.ok(message, `${type} is declared`)
    names.add(message.name)
    const bytes = Buffer.from(String(value), 'base64')
    const reader = new Reader(bytes)
    // The frame: its own version, the type of the record, the version of the message.
    const frame = [reader.uvarint(), reader.uvarint(), reader.uvarint()]
    assert.deepEqual(frame, [1, message.type, version])
    const start = reader.position
    const record = message.decode(reader, Number(version))
    assert.equal(reader.remaining, 0)
    sameFields(message.fields, record, data, message.name)
    const writer = new Writer()
    message.encode(writer, Number(version), record)
    assert.equal(writer.finishAsOne().toString('hex'), bytes.subarray(start).toString('hex'))
  }
  assert.equal(names.size, 17)
})
