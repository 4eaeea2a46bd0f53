/** What producers sent to Apache Kafka 4.3.1, as it stored it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesOf } from '../../test/golden/data-dirs.ts'
import * as header from './batch-header.ts'
import { BatchCursor } from './batches.ts'
import { compressionName, compressionType } from './compression-type.ts'
import { validateProduced } from './validate.ts'

test('what producers sent passes validation as if it came again', () => {
  const topic = {
    topicPartition: 'codecs-0',
    maxMessageBytes: 1_048_588,
    isCompacted: false,
    timestampType: 0,
    targetCompression: undefined,
  } as const
  let count = 0
  const codecs = new Set<string>()
  for (const [path, bytes] of filesOf('clean')) {
    if (!/^(codecs|plain)-0\/.*\.log$/.test(path)) continue
    const cursor = new BatchCursor(bytes)
    while (cursor.next()) {
      const { view, position } = cursor
      const batch = Uint8Array.from(cursor.bytes.subarray(position, cursor.nextPosition))
      header.patchBaseOffset(new DataView(batch.buffer), 0, 0)
      const rules = { ...topic, timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER, timestampAfterMaxMs: 3_600_000 }
      const result = validateProduced(batch, { topic: rules, nowMs: 1_800_000_000_000 })
      assert.equal(result.kind, 'valid', JSON.stringify(result))
      assert.equal(result.maxTimestampMs, header.maxTimestamp(view, position))
      const codec = compressionType(header.codecId(view, position))
      if (codec !== undefined) codecs.add(compressionName(codec))
      count++
    }
  }
  assert.ok(count >= 6)
  assert.deepEqual([...codecs].sort(), ['gzip', 'lz4', 'none', 'snappy', 'zstd'])
})
