import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { crc32c } from '../../src/base/index.ts'
import { murmur2, partitionForKey } from '../../src/records/index.ts'
import { asArray, asRecord, goldenLines, goldenText } from './golden.ts'

test('200 keys: murmur2, the partition, and the checksum are those of Kafka', () => {
  const lines = goldenLines('hashes.ndjson').map(asRecord)
  assert.equal(lines.length, 200)
  for (const line of lines) {
    const key = Buffer.from(String(line['key']), 'hex')
    assert.equal(murmur2(key), line['murmur2'])
    assert.equal(crc32c(key, 0, key.length), line['crc32c'])
    for (const pair of asArray(line['partitions'])) {
      const [count, partition] = asArray(pair).map(Number)
      assert.equal(partitionForKey(key, count ?? 0), partition)
    }
  }
})

const reference = new URL('../../../shared/reference/hashes.ndjson', import.meta.url)
test('the copy of hashes.ndjson is current', { skip: !existsSync(reference) }, () => {
  assert.equal(goldenText('hashes.ndjson').trimEnd(), readFileSync(reference, 'utf8').trimEnd())
})
