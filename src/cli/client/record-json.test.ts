/** Records as JSON with values of schemas: what of a line is encoded, and what stays as it is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumedRecord } from '../../client/index.ts'
import { rawNumber, writeJson } from '../encoding/json.ts'
import { encodedRecordOfJson, type PartEncoders, recordAsJson } from './record-json.ts'

const encoder = (name: string) => ({
  header: `of ${name}`,
  ofJson: async (json: unknown) => Buffer.from(`${name} ${writeJson(json)}`),
  ofText: async (text: Uint8Array) => text,
})

async function read(line: string, encoders: Partial<PartEncoders>): Promise<readonly (string | null)[]> {
  const { key, value } = await encodedRecordOfJson(Buffer.from(line), { key: undefined, value: undefined, ...encoders })
  return [key, value].map((it) => (it === null || it === undefined ? null : Buffer.from(it).toString('latin1')))
}

test('what has an encoder is a value of JSON, with all digits; what has none is text or bytes', async () => {
  const value = encoder('V')
  assert.deepEqual(await read('{"key":"k","value":{"n":9007199254740993}}', { value }), [
    'k',
    'V {"n":9007199254740993}',
  ])
  assert.deepEqual(await read('{"key":5,"value":{"base64":"/w=="}}', { key: encoder('K') }), ['K 5', '\xff'])
  assert.deepEqual(await read('{"value":{"base64":"/w=="}}', { value }), [null, 'V {"base64":"/w=="}'])
  await assert.rejects(read('{"key":5,"value":"x"}', { value }), /key is text, null or/)
})

test('null is no value, unless a schema stands beside it', async () => {
  const value = encoder('V')
  assert.deepEqual(await read('{"key":"k","value":null}', { value }), ['k', null])
  assert.deepEqual(await read('{"key":"k"}', { value }), ['k', null])
  assert.deepEqual(await read('{"value":null,"valueSchema":{"id":1}}', { value }), [null, 'V null'])
})

test('where a line tells of an error, what has no schema beside it stays what it is', async () => {
  const [key, value] = [encoder('K'), encoder('V')]
  assert.deepEqual(await read('{"key":"k","value":"v","error":"e"}', { key, value }), ['k', 'v'])
  const decoded = '{"key":7,"keySchema":{"id":1},"value":{"base64":"/w=="},"error":"e"}'
  assert.deepEqual(await read(decoded, { key, value }), ['K 7', '\xff'])
})

test('headers that name the schema of what is encoded are left out', async () => {
  const line = '{"key":"k","value":"v","headers":[{"key":"of K","value":"a"},{"key":"of V","value":"b"},{"key":"h"}]}'
  const namesOf = async (encoders: PartEncoders): Promise<unknown> => {
    const { headers } = await encodedRecordOfJson(Buffer.from(line), encoders)
    return Array.isArray(headers) ? headers.map(([name]) => name) : headers
  }
  assert.deepEqual(await namesOf({ key: undefined, value: encoder('V') }), ['of K', 'h'])
  assert.deepEqual(await namesOf({ key: encoder('K'), value: undefined }), ['of V', 'h'])
})

test('what was decoded is written as JSON, with its schema; what was not as before', () => {
  const record: ConsumedRecord<Buffer | null, Buffer | null> = {
    ...{ topic: 't', partition: 1, offset: 2, timestampMs: 5, timestampType: 'CreateTime', leaderEpoch: 0 },
    ...{ key: Buffer.of(0xff), value: Buffer.from('v'), headers: [] },
  }
  const value = { json: { n: rawNumber('1.50') }, text: '', schema: { id: 7, type: 'AVRO' } }
  assert.equal(
    recordAsJson(record, { key: undefined, value, error: 'key: what is wrong' }),
    '{"topic":"t","partition":1,"offset":2,"timestamp":5,"key":{"base64":"/w=="},"value":{"n":1.50},"valueSchema":{"id":7,"type":"AVRO"},"headers":[],"error":"key: what is wrong"}',
  )
  assert.equal(
    recordAsJson(record),
    '{"topic":"t","partition":1,"offset":2,"timestamp":5,"key":{"base64":"/w=="},"value":"v","headers":[]}',
  )
})
