import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchCursor, batchHeader, CompressionType, readRecords } from '../../records/index.ts'
import { BatchMemory } from './batch-memory.ts'
import { CompressionRatio } from './compression-ratio.ts'
import { PendingBatch, sequenceAfter } from './pending-batch.ts'
import type { Completion, RecordMetadata } from './record.ts'

class Told implements Completion {
  readonly offsets = new Map<number, RecordMetadata>()
  readonly errors = new Map<number, unknown>()

  done(index: number, metadata: RecordMetadata): void {
    this.offsets.set(index, metadata)
  }

  failed(index: number, error: unknown): void {
    this.errors.set(index, error)
  }
}

const place = { topic: 't', partition: 3, compression: new CompressionRatio() }
const settings = {
  batchSize: 1000,
  codec: CompressionType.none,
  level: undefined,
  memory: new BatchMemory({ sizeInBytes: 1000, bytesMax: 0 }),
}
const record = (value: string, timestampMs = 5) => ({ value: Buffer.from(value), timestampMs })

function batchOf(count: number, { valueSize = 10, codec = CompressionType.none as CompressionType } = {}) {
  const told = new Told()
  const batch = new PendingBatch(place, 0, { ...settings, codec })
  let taken = 0
  while (taken < count && batch.tryAdd(record('x'.repeat(valueSize), taken), told, taken)) taken++
  return { batch, told, taken }
}

function view(bytes: Buffer) {
  const cursor = new BatchCursor(bytes)
  assert.ok(cursor.next() && cursor.isCrcValid(), 'it is one whole batch')
  assert.equal(cursor.nextPosition, bytes.length)
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

test('a batch takes records up to its size, and one however large', () => {
  const { batch, taken } = batchOf(100)
  assert.ok(taken > 10 && taken < 100, `${taken}`)
  assert.ok(batch.seal().length <= settings.batchSize)
  const { taken: large } = batchOf(2, { valueSize: 5000 })
  assert.equal(large, 1)
})

test('each record is told its offset and time, or what is wrong with it', () => {
  const { batch, told } = batchOf(3)
  batch.complete({ baseOffset: 100, logAppendTimeMs: -1 })
  assert.deepEqual(told.offsets.get(2), { topic: 't', partition: 3, offset: 102, timestampMs: 2 })
  batch.complete({ baseOffset: -1, logAppendTimeMs: 77 })
  assert.deepEqual(told.offsets.get(1), { topic: 't', partition: 3, offset: -1, timestampMs: 77 })
  batch.fail((i) => `wrong ${i}`)
  assert.deepEqual([...told.errors.values()], ['wrong 0', 'wrong 1', 'wrong 2'])
})

test('its place in a sequence can change, and its checksum with it', () => {
  const { batch } = batchOf(3, { codec: CompressionType.lz4 })
  const first = { producerId: 2 ** 40, producerEpoch: 1, baseSequence: 7 }
  for (const sequence of [first, { producerId: 5, producerEpoch: 2, baseSequence: 0 }]) {
    const bytes = batch.seal(sequence)
    const header = view(bytes)
    assert.equal(batchHeader.producerId(header, 0), sequence.producerId)
    assert.equal(header.getInt16(batchHeader.producerEpochAt), sequence.producerEpoch)
    assert.equal(header.getInt32(batchHeader.baseSequenceAt), sequence.baseSequence)
    assert.equal([...readRecords(bytes, 0, 10_000)].length, 3)
  }
  assert.equal(batch.tryAdd(record('late'), new Told(), 9), false)
})

test('the next batch is written into the memory of one that was answered, and of no other; what was told stays as it is', () => {
  const memory = new BatchMemory({ sizeInBytes: 10_000, bytesMax: 20_000 })
  // It will be about as large as the last: all the memory there may be.
  const next = (value: string): PendingBatch => {
    const batch = new PendingBatch({ ...place, lastBytes: 10_000 }, 0, { ...settings, batchSize: 10_000, memory })
    assert.ok(batch.tryAdd(record(value), new Told(), 0))
    return batch
  }
  const [first, second, large] = [next('a'), next('b'), next('c'.repeat(50_000))]
  const [bytes, others] = [first.seal(), second.seal()]
  assert.ok(bytes.buffer !== others.buffer)
  first.release()
  large.release()
  const after = [next('d'), next('e'), next('f')].map((batch) => batch.seal())
  assert.deepEqual(after.map(({ buffer }) => buffer === bytes.buffer).sort(), [false, false, true])
  for (const [i, value] of ['d', 'e', 'f'].entries()) {
    assert.equal([...readRecords(after[i] ?? Buffer.alloc(0), 0, 10_000)][0]?.value?.toString(), value)
  }
  assert.equal([...readRecords(others, 0, 10_000)][0]?.value?.toString(), 'b')
})

test('no more memory is kept than is said', () => {
  const memory = new BatchMemory({ sizeInBytes: 10, bytesMax: 25 })
  const given = [0, 1, 2].map(() => Buffer.alloc(10))
  for (const each of given) memory.give(each)
  const taken = [0, 1, 2].map(() => memory.take(10))
  assert.equal(taken.filter((each) => given.some((one) => one === each)).length, 2)
  assert.equal(memory.take(11).length, 20)
})

test('memory is lent for batches of about its size, and for no smaller ones', () => {
  const memory = new BatchMemory({ sizeInBytes: 10, bytesMax: 1000 })
  const [small, large] = [memory.take(9), memory.take(100)]
  assert.deepEqual([small.length, large.length], [10, 160])
  memory.give(small)
  memory.give(large)
  const taken = [memory.take(10), memory.take(10), memory.take(81)]
  assert.deepEqual(
    taken.map((each) => [each.length, each === small || each === large]),
    [
      [10, true],
      [10, false],
      [160, true],
    ],
  )
})

test('a batch takes no more than 1 MB, however well it is compressed', () => {
  const compression = new CompressionRatio()
  for (let i = 0; i < 200; i++) compression.observed(100_000, 100)
  const codec = CompressionType.gzip
  const batch = new PendingBatch({ ...place, compression }, 0, { ...settings, batchSize: 100_000, codec })
  let taken = 0
  while (batch.tryAdd(record('x'.repeat(10_000), taken), new Told(), taken)) taken++
  assert.ok(batch.plainSizeInBytes > 1_000_000 && batch.plainSizeInBytes <= 1024 * 1024, `${batch.plainSizeInBytes}`)
})

test('a batch is full by what it will have when it is compressed, as far as those before it tell', () => {
  const compression = new CompressionRatio()
  const count = (codec: CompressionType): number => {
    const batch = new PendingBatch({ ...place, compression }, 0, { ...settings, batchSize: 4000, codec })
    let taken = 0
    while (batch.tryAdd(record('x'.repeat(100), taken), new Told(), taken)) taken++
    assert.ok(batch.seal().length <= 4000)
    return taken
  }
  const plain = count(CompressionType.none)
  const unknown = count(CompressionType.gzip)
  assert.ok(unknown <= plain && unknown > 0.9 * plain, `${unknown} of them, ${plain} without a codec`)
  // Kafka's producer believes half a percent more of each batch.
  for (let i = 0; i < 60; i++) count(CompressionType.gzip)
  const compressed = count(CompressionType.gzip)
  assert.ok(compressed > plain, `${compressed} of them, ${plain} before`)
  compression.forget()
  assert.equal(count(CompressionType.gzip), unknown)
})

for (const [what, sizes] of [
  ['alike', [100, 100, 100, 100, 100]],
  ['of which one is large', [10, 900, 10, 10]],
  ['two', [10, 10]],
] as const) {
  test(`a batch that is too large is split into smaller ones, in order: ${what}`, () => {
    const told = new Told()
    const batch = new PendingBatch(place, 9, { ...settings, batchSize: 2000, codec: CompressionType.gzip })
    for (const [i, size] of sizes.entries()) assert.ok(batch.tryAdd(record('x'.repeat(size), i), told, i))
    batch.seal()
    const parts = batch.split()
    assert.ok(parts.length > 1)
    let offset = 50
    for (const part of parts) {
      assert.equal(part.createdMs, 9)
      part.complete({ baseOffset: offset, logAppendTimeMs: -1 })
      offset += part.recordCount
    }
    const offsets = sizes.map((_, i) => told.offsets.get(i)?.offset)
    assert.deepEqual(
      offsets,
      sizes.map((_, i) => 50 + i),
    )
    const values = parts.flatMap((part) => [...readRecords(part.seal(), 0, 10_000)].map(({ value }) => value?.length))
    assert.deepEqual(values, [...sizes])
  })
}

test('sequences go round behind the last one', () => {
  assert.equal(sequenceAfter(2 ** 31 - 1, 1), 0)
  assert.equal(sequenceAfter(2 ** 31 - 2, 5), 3)
  assert.equal(sequenceAfter(3, 4), 7)
})
