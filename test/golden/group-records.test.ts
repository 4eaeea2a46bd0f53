import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeGroupRecord, encodeGroupRecord } from '../../src/coordinator/index.ts'
import { asRecord, goldenLines } from './golden.ts'

test('records of __consumer_offsets that Kafka wrote come back byte for byte; kinds that are not ours are left alone', () => {
  const counts = new Map<string, number>()
  for (const line of goldenLines('group-records.ndjson')) {
    const { key, value } = asRecord(line)
    const keyBytes = Buffer.from(String(key), 'base64')
    const valueBytes = typeof value === 'string' ? Buffer.from(value, 'base64') : null
    const record = decodeGroupRecord(keyBytes, valueBytes)
    const kind = record?.kind ?? 'other'
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    if (record === undefined) continue
    // Kafka 4.3 does not write it any more, and neither do we.
    if (kind === 'consumer-metadata' && record.value !== null) continue
    const again = encodeGroupRecord(record)
    assert.equal(again.key.toString('hex'), keyBytes.toString('hex'))
    assert.equal(again.value?.toString('hex'), valueBytes?.toString('hex'))
  }
  const other = counts.get('other') ?? 0
  assert.ok(other > 10, 'share and streams groups')
  counts.delete('other')
  assert.deepEqual(Object.fromEntries(counts), {
    offset: 6,
    'classic-group': 3,
    'consumer-epoch': 2,
    'consumer-member': 2,
    'consumer-target-epoch': 1,
    'consumer-target': 2,
    'consumer-current': 2,
  })
})
