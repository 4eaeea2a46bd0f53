/**
 * Segments and snapshots written by Apache Kafka 4.3.1, with each batch as Kafka itself reads it.
 * `testdata/segments.ndjson.gz`: a file a line, `{file, bytes (base64), batches}`; values over 900 bytes by size only.
 * `GOLDEN_SEGMENTS` names another file of that form.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { describeBatch, type GoldenBatch } from '../../test/golden/batches.ts'
import * as header from './batch-header.ts'
import { BatchCursor } from './batches.ts'
import { validateProduced } from './validate.ts'

interface GoldenFile {
  readonly file: string
  readonly bytes: string
  readonly batches: readonly GoldenBatch[]
}

const source = process.env['GOLDEN_SEGMENTS'] ?? new URL('testdata/segments.ndjson.gz', import.meta.url)
const files: readonly GoldenFile[] = gunzipSync(readFileSync(source))
  .toString()
  .trimEnd()
  .split('\n')
  .map((line): GoldenFile => JSON.parse(line))

for (const { file, bytes, batches } of files) {
  test(`every batch of ${file} is what Kafka reads`, () => {
    const content = Buffer.from(bytes, 'base64')
    const cursor = new BatchCursor(content)
    for (const golden of batches) {
      assert.ok(cursor.next())
      assert.deepEqual(describeBatch(cursor, golden), golden)
    }
    assert.equal(cursor.next(), false)
    assert.equal(cursor.ended, 'end')
    assert.equal(cursor.nextPosition, content.length)
  })
}

test('the golden segments hold all five codecs', () => {
  const seen = new Set(
    files.flatMap(({ batches }) => batches.map((batch) => JSON.stringify(batch).match(/"compression":"(\w+)"/)?.[1])),
  )
  assert.deepEqual([...seen].sort(), ['gzip', 'lz4', 'none', 'snappy', 'zstd'])
})

test('what producers sent passes validation as if it came again', () => {
  const topic = {
    topicPartition: 'codecs-0',
    maxMessageBytes: 1_048_588,
    isCompacted: false,
    timestampType: 0,
    targetCompression: undefined,
  } as const
  let count = 0
  for (const { bytes } of files.filter(({ file }) => /codecs-0|plain-0/.test(file))) {
    const cursor = new BatchCursor(Buffer.from(bytes, 'base64'))
    while (cursor.next()) {
      const { view, position } = cursor
      const batch = Uint8Array.from(cursor.bytes.subarray(position, cursor.nextPosition))
      header.patchBaseOffset(new DataView(batch.buffer), 0, 0)
      const rules = { ...topic, timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER, timestampAfterMaxMs: 3_600_000 }
      const result = validateProduced(batch, { topic: rules, nowMs: 1_800_000_000_000 })
      assert.equal(result.kind, 'valid', JSON.stringify(result))
      assert.equal(result.maxTimestampMs, header.maxTimestamp(view, position))
      count++
    }
  }
  assert.ok(count >= 6)
})
