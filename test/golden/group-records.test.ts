import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeGroupRecord, encodeGroupRecord } from '../../src/coordinator/index.ts'
import { asRecord, goldenLines } from './golden.ts'

test('records of __consumer_offsets that Kafka wrote come back byte for byte; kinds that are not ours are left alone', () => {
  const counts = { offset: 0, 'classic-group': 0, other: 0 }
  for (const line of goldenLines('group-records.ndjson')) {
    const { key, value } = asRecord(line)
    const keyBytes = Buffer.from(String(key), 'base64')
    const valueBytes = typeof value === 'string' ? Buffer.from(value, 'base64') : null
    const record = decodeGroupRecord(keyBytes, valueBytes)
    counts[record?.kind ?? 'other']++
    if (record === undefined) continue
    const again = encodeGroupRecord(record)
    assert.equal(again.key.toString('hex'), keyBytes.toString('hex'))
    assert.equal(again.value?.toString('hex'), valueBytes?.toString('hex'))
  }
  assert.deepEqual(counts, { offset: 6, 'classic-group': 3, other: counts.other })
  assert.ok(counts.other > 10)
})
