import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildBatch } from './batch-builder.ts'
import * as header from './batch-header.ts'
import { BatchCursor } from './batches.ts'
import {
  buildControlBatch,
  buildEndTransactionBatch,
  ControlRecordType,
  controlRecordType,
  endTransactionCoordinatorEpoch,
} from './control-records.ts'
import { readRecords } from './record.ts'

const first = buildBatch([{ value: Buffer.from('a') }, { value: Buffer.from('b') }], { baseOffset: 5, leaderEpoch: 2 })
const second = buildBatch([{ value: Buffer.from('c') }], { baseOffset: 7, baseSequence: 2 ** 31 - 1, producerId: 1 })
const both = Buffer.concat([first, second])

function scan(bytes: Uint8Array): { offsets: number[]; ended: string; whole: number } {
  const cursor = new BatchCursor(bytes)
  const offsets: number[] = []
  while (cursor.next()) offsets.push(header.nextOffset(cursor.view, cursor.position))
  return { offsets, ended: cursor.ended, whole: cursor.nextPosition }
}

test('a scan stops behind the last whole batch, wherever the bytes are cut', () => {
  for (let size = 0; size <= both.length; size++) {
    const offsets = [...(size >= first.length ? [7] : []), ...(size === both.length ? [8] : [])]
    const whole = size === both.length ? size : size >= first.length ? first.length : 0
    assert.deepEqual(scan(both.subarray(0, size)), { offsets, ended: size === whole ? 'end' : 'torn', whole })
  }
})

test('bytes that are no batch are told from a torn one', () => {
  const junk = Buffer.alloc(100, 0xff)
  assert.deepEqual(scan(Buffer.concat([first, junk])), { offsets: [7], ended: 'corrupt', whole: first.length })
  assert.deepEqual(scan(Buffer.concat([first, Buffer.alloc(100)])), {
    offsets: [7],
    ended: 'corrupt',
    whole: first.length,
  })
})

test('old formats are seen as such', () => {
  const old = Buffer.alloc(40)
  old.writeInt32BE(28, header.batchLengthAt)
  old[header.magicAt] = 1
  const cursor = new BatchCursor(old)
  assert.ok(cursor.next())
  assert.equal(cursor.magic, 1)
  assert.equal(cursor.sizeInBytes, 40)
})

test('a cursor is used again, over a part of a buffer', () => {
  const cursor = new BatchCursor(both)
  cursor.reset(both, first.length)
  assert.ok(cursor.next())
  assert.equal(cursor.position, first.length)
  assert.ok(cursor.isCrcValid())
  assert.equal(header.lastSequence(cursor.view, cursor.position), 2 ** 31 - 1)
})

test('offsets and epochs are patched outside the checksum; sequences wrap', () => {
  const bytes = buildBatch([{}, {}, {}], { baseSequence: 2 ** 31 - 2, producerId: 2 ** 50, producerEpoch: 9 })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  header.patchLastOffset(view, 0, 2 ** 45)
  header.patchLeaderEpoch(view, 0, 77)
  assert.ok(header.isCrcValid(bytes, view, 0))
  assert.equal(header.baseOffset(view, 0), 2 ** 45 - 2)
  assert.equal(header.lastOffset(view, 0), 2 ** 45)
  assert.equal(header.partitionLeaderEpoch(view, 0), 77)
  assert.equal(header.lastSequence(view, 0), 0)
  assert.equal(header.producerId(view, 0), 2 ** 50)
})

test('timestamps of every size are read as they are, or saturate', () => {
  const bytes = buildBatch([{ timestampMs: 0 }, { timestampMs: 2 ** 52 }])
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (const base of [0n, -5n, 2n ** 62n, -(2n ** 63n)]) {
    view.setBigInt64(header.baseTimestampAt, base)
    const records = [...readRecords(bytes, 0, 1000)]
    assert.deepEqual(
      records.map((record) => record.timestamp),
      [base, base + 2n ** 52n],
    )
    const max = Number.MAX_SAFE_INTEGER
    assert.equal(records[0]?.timestampMs, Math.max(-max, Math.min(max, Number(base))))
  }
})

test('nobody can write into the headers of records that have none, which are the same for all', () => {
  const [record] = readRecords(first, 0, 1000)
  assert.deepEqual(record?.headers, [])
  assert.ok(Object.isFrozen(record.headers))
})

test('a batch keeps the offsets that were taken out of it', () => {
  const bytes = buildBatch([{ offset: 12 }, { offset: 15 }], { baseOffset: 10, nextOffset: 21, deleteHorizonMs: 99 })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  assert.deepEqual([header.baseOffset(view, 0), header.lastOffset(view, 0)], [10, 20])
  assert.ok(header.hasDeleteHorizon(view, 0))
  assert.deepEqual(
    [...readRecords(bytes, 0, 1000)].map((r) => [r.offset, r.timestampMs]),
    [
      [12, -1],
      [15, -1],
    ],
  )
  const empty = buildBatch([], { baseOffset: 3, nextOffset: 5, codec: 4 })
  assert.deepEqual([...readRecords(empty, 0, 1000)], [])
  assert.throws(() => buildBatch([]), /covers an offset/)
})

test('the batch that ends a transaction', () => {
  const marker = { producerId: 4, producerEpoch: 1, coordinatorEpoch: 6, timestampMs: 123, baseOffset: 50 }
  for (const isCommit of [true, false]) {
    const bytes = buildEndTransactionBatch({ ...marker, isCommit })
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    assert.ok(header.isControl(view, 0) && header.isTransactional(view, 0) && header.isCrcValid(bytes, view, 0))
    const [record] = readRecords(bytes, 0, 1000)
    assert.equal(controlRecordType(record?.key ?? null), isCommit ? ControlRecordType.commit : ControlRecordType.abort)
    assert.equal(endTransactionCoordinatorEpoch(record?.value ?? null), 6)
    assert.equal(record?.timestampMs, 123)
  }
})

test('other control records keep their value', () => {
  const value = Buffer.from([0, 1, 2])
  const bytes = buildControlBatch([{ type: ControlRecordType.snapshotHeader, value }], {
    timestampMs: 1,
    leaderEpoch: 3,
  })
  const [record] = readRecords(bytes, 0, 1000)
  assert.equal(controlRecordType(record?.key ?? null), 3)
  assert.deepEqual(record?.value, value)
  assert.equal(controlRecordType(Buffer.from([0, 0, 0])), undefined)
})
