import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { BatchBuilder, buildBatch, type NewRecord, type RecordCodec } from './batch-builder.ts'
import { readRecords } from './record.ts'

interface Plain {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
  readonly timestampMs: number
}

const plain: fc.Arbitrary<Plain> = fc.record({
  key: fc.uint8Array({ maxLength: 200 }),
  value: fc.option(
    fc.oneof({ weight: 9, arbitrary: fc.uint8Array({ maxLength: 200 }) }, fc.constant(new Uint8Array(20_000))),
  ),
  timestampMs: fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.maxSafeNat()),
})

const codec: RecordCodec<Plain> = {
  writeKey: (writer, { key }) => writer.bytes(key),
  writeValue(writer, { value }) {
    if (value !== null) writer.bytes(value)
    return value !== null
  },
  // The last four bytes of the key and the first eight of the value may differ.
  isAlike({ key, value }, before) {
    if (value === null || before.value === null) return false
    const sameKey = key.length >= 4 && isSame(key.subarray(0, -4), before.key.subarray(0, -4))
    return sameKey && key.length === before.key.length && isSame(value.subarray(8), before.value.subarray(8))
  },
  writeOver(writer, { key, value }, { keyEnd, valueStart }) {
    assert.ok(value !== null)
    writer.overI32(keyEnd - 4, viewOf(key).getInt32(key.length - 4))
    writer.overI64Big(valueStart, viewOf(value).getBigInt64(0))
  },
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length >= 1 && Buffer.compare(a, b) === 0
const viewOf = ({ buffer, byteOffset, length }: Uint8Array): DataView => new DataView(buffer, byteOffset, length)

const addCoded = (builder: BatchBuilder, record: Plain): void =>
  builder.addCoded([record], { codec, timestampMs: record.timestampMs })

test('a batch that grows record by record is the one that is built of all of them', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(plain, fc.boolean()), { minLength: 1 }), (records) => {
      const builder = new BatchBuilder({ capacity: 100 })
      for (const [record, isCoded] of records) {
        if (isCoded) addCoded(builder, record)
        else builder.add(record)
      }
      const { sizeInBytes } = builder
      const batch = builder.finish({ leaderEpoch: 3 })
      const all: readonly NewRecord[] = records.map(([record]) => record)
      assert.deepEqual(batch, buildBatch(all, { leaderEpoch: 3 }))
      assert.equal(batch.length, sizeInBytes)
    }),
  )
})

test('records that are like the one before them are written as if they were not', () => {
  const differing = fc.array(fc.uint8Array({ minLength: 12, maxLength: 12 }), { maxLength: 70 })
  const run = fc.tuple(plain, differing).map(([first, all]) => {
    const { key, value, timestampMs } = first
    const like = (bytes: Uint8Array): Plain => ({
      key: Uint8Array.from([...key, ...bytes.subarray(0, 4)]),
      value: value === null ? null : Uint8Array.from([...bytes.subarray(4), ...value]),
      timestampMs,
    })
    return [first, ...all.map(like)]
  })
  fc.assert(
    fc.property(fc.array(run, { minLength: 1, maxLength: 4 }), fc.maxSafeNat(), (runs, timestampMs) => {
      const builder = new BatchBuilder({ capacity: 100 })
      for (const records of runs) builder.addCoded(records, { codec, timestampMs })
      const all = runs.flat().map((record) => ({ ...record, timestampMs }))
      assert.deepEqual(builder.finish(), buildBatch(all))
    }),
  )
})

test('what is taken back leaves nothing behind', () => {
  fc.assert(
    fc.property(fc.array(plain), fc.array(plain), fc.array(plain, { minLength: 1 }), (before, back, after) => {
      const builder = new BatchBuilder({ capacity: 100 })
      for (const record of before) addCoded(builder, record)
      const { mark } = builder
      for (const record of back) addCoded(builder, record)
      builder.backTo(mark)
      assert.equal(builder.recordCount, before.length)
      for (const record of after) addCoded(builder, record)
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
