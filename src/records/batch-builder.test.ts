import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Writer } from '../base/index.ts'
import { BatchBuilder, buildBatch, type NewRecord } from './batch-builder.ts'
import { readRecords } from './record.ts'

interface Plain {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
  readonly timestampMs: number
}

const plain: fc.Arbitrary<Plain> = fc.record({
  key: fc.uint8Array({ maxLength: 200 }),
  value: fc.option(fc.uint8Array({ maxLength: 200 })),
  timestampMs: fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.maxSafeNat()),
})

/** Some are written by whoever knows them, some are copied out of a writer. */
function add(builder: BatchBuilder, { key, value, timestampMs }: Plain, isWritten: boolean): void {
  if (!isWritten) {
    builder.add({ key, value, timestampMs })
    return
  }
  const writer = new Writer(8)
  writer.bytes(key)
  if (value !== null) writer.bytes(value)
  builder.addWritten({ writer, keySize: key.length, valueSize: value?.length ?? null, timestampMs })
  writer.rewind()
  writer.bytes(new Uint8Array(400).fill(0xff))
}

test('a batch that grows record by record is the one that is built of all of them', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(plain, fc.boolean()), { minLength: 1 }), (records) => {
      const builder = new BatchBuilder({ capacity: 100 })
      for (const [record, isWritten] of records) add(builder, record, isWritten)
      const { sizeInBytes } = builder
      const batch = builder.finish({ leaderEpoch: 3 })
      const all: readonly NewRecord[] = records.map(([record]) => record)
      assert.deepEqual(batch, buildBatch(all, { leaderEpoch: 3 }))
      assert.equal(batch.length, sizeInBytes)
    }),
  )
})

test('what is taken back leaves nothing behind', () => {
  fc.assert(
    fc.property(fc.array(plain), fc.array(plain), fc.array(plain, { minLength: 1 }), (before, back, after) => {
      const builder = new BatchBuilder({ capacity: 100 })
      for (const record of before) add(builder, record, true)
      const { mark } = builder
      for (const record of back) add(builder, record, true)
      builder.backTo(mark)
      assert.equal(builder.recordCount, before.length)
      for (const record of after) add(builder, record, true)
      assert.deepEqual(builder.finish(), buildBatch([...before, ...after]))
    }),
  )
})

test('offsets grow, and with them the batch', () => {
  const builder = new BatchBuilder({ capacity: 100, baseOffset: 5 })
  builder.add({ offset: 7 })
  assert.throws(() => builder.add({ offset: 7 }), /offsets grow/)
  assert.deepEqual(
    [...readRecords(builder.finish(), 0, 1000)].map(({ offset }) => offset),
    [7],
  )
})
