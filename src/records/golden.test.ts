/**
 * Segments and snapshots written by Apache Kafka 4.3.1, with each batch as Kafka itself reads it.
 * `testdata/segments.ndjson.gz`: a file a line, `{file, bytes (base64), batches}`; values over 900 bytes by size only.
 * `GOLDEN_SEGMENTS` names another file of that form.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import * as header from './batch-header.ts'
import { BatchCursor } from './batches.ts'
import { compressionName, compressionType } from './compression-type.ts'
import { type Record, readRecords } from './record.ts'
import { validateProduced } from './validate.ts'

interface GoldenRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value?: string | null
  readonly valueSize?: number
  readonly headers?: readonly { readonly key: string; readonly value: string | null }[]
}

interface GoldenBatch {
  readonly position: number
  readonly records: readonly GoldenRecord[]
}

interface GoldenFile {
  readonly file: string
  readonly bytes: string
  readonly batches: readonly GoldenBatch[]
}

const limitBytes = 10_000_000
const source = process.env['GOLDEN_SEGMENTS'] ?? new URL('testdata/segments.ndjson.gz', import.meta.url)
const files: readonly GoldenFile[] = gunzipSync(readFileSync(source))
  .toString()
  .trimEnd()
  .split('\n')
  .map((line): GoldenFile => JSON.parse(line))

function base64(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('base64')
}

function describeRecord(record: Record, golden: GoldenRecord | undefined): GoldenRecord {
  const value =
    golden?.valueSize === undefined ? { value: base64(record.value) } : { valueSize: record.value?.length ?? -1 }
  const headers = record.headers.map(({ key, value }) => ({ key, value: base64(value) }))
  return {
    offset: record.offset,
    timestamp: record.timestampMs,
    key: base64(record.key),
    ...value,
    ...(headers.length === 0 ? {} : { headers }),
  }
}

function describeBatch(cursor: BatchCursor, golden: GoldenBatch): object {
  const { view, position } = cursor
  const codec = compressionType(header.codecId(view, position))
  const horizon = header.hasDeleteHorizon(view, position)
  const records = [...readRecords(cursor.bytes, position, limitBytes)]
  return {
    position,
    size: cursor.sizeInBytes,
    magic: cursor.magic,
    baseOffset: header.baseOffset(view, position),
    lastOffset: header.lastOffset(view, position),
    partitionLeaderEpoch: header.partitionLeaderEpoch(view, position),
    crc: header.storedCrc(view, position),
    valid: cursor.isCrcValid(),
    compression: codec === undefined ? '?' : compressionName(codec),
    timestampType: header.timestampType(view, position) === 0 ? 'CreateTime' : 'LogAppendTime',
    transactional: header.isTransactional(view, position),
    control: header.isControl(view, position),
    maxTimestamp: header.maxTimestamp(view, position),
    ...(horizon ? { deleteHorizonMs: header.baseTimestamp(view, position) } : {}),
    producerId: header.producerId(view, position),
    producerEpoch: header.producerEpoch(view, position),
    baseSequence: header.baseSequence(view, position),
    lastSequence: header.lastSequence(view, position),
    records: records.map((record, i) => describeRecord(record, golden.records[i])),
  }
}

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
