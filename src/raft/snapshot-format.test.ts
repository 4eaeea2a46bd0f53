import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchCursor, batchHeader } from '../records/index.ts'
import {
  type DecodedSnapshot,
  isSnapshotLeftover,
  parseSnapshotName,
  SnapshotDecoder,
  SnapshotEncoder,
  SnapshotFormatError,
  snapshotName,
} from './snapshot-format.ts'
import { kafkaFiles } from './testdata/kafka-files.ts'

/** The batches of a file, as views. */
function batchesOf(file: Uint8Array): { readonly bytes: Uint8Array; readonly timestampMs: number }[] {
  const batches: { bytes: Uint8Array; timestampMs: number }[] = []
  const cursor = new BatchCursor(file, 0, file.length)
  while (cursor.next()) {
    const timestampMs = batchHeader.maxTimestamp(cursor.view, cursor.position)
    batches.push({ bytes: file.subarray(cursor.position, cursor.nextPosition), timestampMs })
  }
  return batches
}

function decode(file: Uint8Array): DecodedSnapshot {
  const decoder = new SnapshotDecoder()
  for (const { bytes } of batchesOf(file)) decoder.add(bytes)
  return decoder.end()
}

const checkpoints = [...kafkaFiles].filter(([name]) => name.endsWith('.checkpoint'))

test('there are snapshots of Kafka to compare with', () => assert.equal(checkpoints.length, 8))

for (const [path, file] of checkpoints) {
  test(`a snapshot of Kafka is read, and written again with the same bytes: ${path}`, () => {
    const { timestampMs, records, control } = decode(file)
    assert.deepEqual(
      control.map(({ type }) => type),
      path.includes('dynamic-quorum/__cluster') ? [5, 6] : [],
    )
    const id = parseSnapshotName(path.slice(path.lastIndexOf('/') + 1))
    assert.equal(id === undefined, path.endsWith('bootstrap.checkpoint'))
    const encoder = new SnapshotEncoder(id?.epoch ?? 0)
    // The time at which Kafka wrote each batch is the one thing that a reader does not need.
    const times = batchesOf(file).map((batch) => batch.timestampMs)
    const [headerMs = 0, ...others] = times
    const [dataMs = 0, footerMs = dataMs] = others
    const written = [encoder.header({ lastContainedLogTimestampMs: timestampMs, control, nowMs: headerMs })]
    for (const record of records) assert.equal(encoder.add(record, dataMs), undefined)
    written.push(...encoder.end(footerMs))
    assert.equal(Buffer.concat(written).toString('hex'), file.toString('hex'))
  })
}

test('names are those of Kafka, leftovers are known by theirs', () => {
  assert.equal(snapshotName({ offset: 190, epoch: 2 }), '00000000000000000190-0000000002.checkpoint')
  assert.deepEqual(parseSnapshotName('00000000000000000190-0000000002.checkpoint'), { offset: 190, epoch: 2 })
  for (const name of [
    'bootstrap.checkpoint',
    '190-2.checkpoint',
    '99999999999999999999-0000000002.checkpoint',
    '00000000000000000190-9999999999.checkpoint',
    '00000000000000000190-0000000002.checkpoint.part',
    'x00000000000000000190-0000000002.checkpoint',
  ]) {
    assert.equal(parseSnapshotName(name), undefined, name)
  }
  assert.ok(isSnapshotLeftover('00000000000000000190-0000000002.checkpoint.part'))
  assert.ok(isSnapshotLeftover('00000000000000000190-0000000002-5723411.checkpoint.part'))
  assert.ok(isSnapshotLeftover('00000000000000000190-0000000002.checkpoint.deleted'))
  assert.ok(!isSnapshotLeftover('00000000000000000190-0000000002.checkpoint'))
  assert.ok(!isSnapshotLeftover('bootstrap.checkpoint.part'))
})

/** A snapshot of `records` as a list of batches. */
function encode(records: readonly Uint8Array[]): Uint8Array[] {
  const encoder = new SnapshotEncoder(7)
  const batches: Uint8Array[] = [encoder.header({ lastContainedLogTimestampMs: 5, control: [], nowMs: 10 })]
  for (const [i, record] of records.entries())
    batches.push(...[encoder.add(record, 20 + i)].filter((b) => b !== undefined))
  return [...batches, ...encoder.end(30)]
}

test('batches are bounded by records and bytes, each at the time of its first record', () => {
  const small = Array.from({ length: 2500 }, (_, i) => Buffer.from(`record ${i}`))
  const large = Array.from({ length: 5 }, () => new Uint8Array(600_000))
  for (const [records, counts] of [
    [[], [1, 1]],
    [small, [1, 1024, 1024, 452, 1]],
    [large, [1, 1, 1, 1, 1, 1, 1]],
  ] as const) {
    const file = Buffer.concat(encode(records))
    const batches = batchesOf(file)
    let offset = 0
    for (const [i, { bytes }] of batches.entries()) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      assert.equal(batchHeader.recordCount(view, 0), counts[i])
      assert.equal(batchHeader.baseOffset(view, 0), offset)
      assert.equal(batchHeader.partitionLeaderEpoch(view, 0), 7)
      assert.equal(batchHeader.baseTimestamp(view, 0), batchHeader.maxTimestamp(view, 0))
      offset = batchHeader.nextOffset(view, 0)
    }
    assert.equal(batches.length, counts.length)
    const decoded = decode(file)
    assert.equal(decoded.timestampMs, 5)
    assert.deepEqual(
      decoded.records.map((record) => Buffer.from(record)),
      records.map((record) => Buffer.from(record)),
    )
  }
  assert.throws(() => encode([new Uint8Array(8 * 1024 * 1024)]), RangeError)
})

test('what is no whole snapshot is refused', () => {
  const [header, first, second, footer] = encode(Array.from({ length: 2000 }, (_, i) => Buffer.from(`record ${i}`)))
  assert.ok(header && first && second && footer)
  const whole = [header, first, second, footer]
  decode(Buffer.concat(whole))
  const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
  for (const [wrong, reason] of [
    [[], /header is missing/],
    [whole.slice(0, 3), /footer is missing/],
    [[header, first, footer], /has offset 2001, not 1025/],
    [[header, second, first, footer], /has offset/],
    [[first, second, footer], /has offset/],
    [[...whole, footer], /follows the footer/],
    [[flipped(header, 70), first, second, footer], /checksum/],
    [[header, first, flipped(second, second.length - 1), footer], /checksum/],
  ] as const) {
    assert.throws(
      () => decode(Buffer.concat(wrong)),
      (error) => error instanceof SnapshotFormatError && reason.test(error.message),
    )
  }
})

test('what its records come to is bounded, whatever the file has', () => {
  const batches = encode(Array.from({ length: 3 }, () => new Uint8Array(400)))
  const decodeWithin = (bytesMax: number): DecodedSnapshot => {
    const decoder = new SnapshotDecoder(bytesMax)
    for (const batch of batches) decoder.add(batch)
    return decoder.end()
  }
  assert.equal(decodeWithin(1300).records.length, 3)
  const isTooMuch = (error: unknown): boolean => error instanceof SnapshotFormatError && /more than/.test(error.message)
  assert.throws(() => decodeWithin(1200), isTooMuch)
})
