import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oldMessage, wrappedMessages } from '../../../test/message-sets.ts'
import { buildBatch, buildEndTransactionBatch, CompressionType, type NewRecord } from '../../records/index.ts'
import { type AcquiredOptions, acquiredRecords } from './acquired-records.ts'

const record = (value: string): NewRecord => ({ value: Buffer.from(value), timestampMs: 7 })
const range = (firstOffset: number, lastOffset: number, deliveryCount = 1) => ({
  firstOffset,
  lastOffset,
  deliveryCount,
})

const acquired = (bytes: Buffer, ranges: AcquiredOptions['acquired'], checkCrcs = true) => {
  const found = acquiredRecords({ topic: 't', partition: 0, bytes, acquired: ranges, checkCrcs, bytesMax: 1_000_000 })
  return {
    ...found,
    records: found.records.map(({ offset, value, deliveryCount }) => `${offset}:${String(value)}*${deliveryCount}`),
    unusable: found.unusable.map(({ firstOffset, lastOffset, type }) => `${firstOffset}-${lastOffset}:${type}`),
  }
}

const batch = (baseOffset: number, values: string, codec: CompressionType = CompressionType.none): Buffer =>
  buildBatch([...values].map(record), { baseOffset, codec })

test('of the batches only what was acquired is told, with the number of its deliveries', () => {
  const bytes = Buffer.concat([batch(10, 'abcd', CompressionType.lz4), batch(14, 'e'), batch(15, 'f').subarray(0, 30)])
  assert.deepEqual(acquired(bytes, [range(11, 12, 3), range(14, 14)]), {
    records: ['11:b*3', '12:c*3', '14:e*1'],
    unusable: [],
    error: undefined,
  })
})

test('acquired offsets without a record are gaps: control records, and what was compacted', () => {
  const marker = buildEndTransactionBatch({
    ...{ producerId: 9, producerEpoch: 0, isCommit: true, coordinatorEpoch: 0, timestampMs: 7 },
  })
  marker.writeBigInt64BE(3n, 0)
  const bytes = Buffer.concat([batch(1, 'ab'), marker, batch(6, 'c')])
  const { records, unusable } = acquired(bytes, [range(0, 4), range(6, 8, 2)])
  assert.deepEqual(records, ['1:a*1', '2:b*1', '6:c*2'])
  assert.deepEqual(unusable, ['0-0:0', '3-4:0', '7-8:0'])
})

test('a range as wide as a broker can tell takes no memory, and an offset that is told twice is one', () => {
  const { records, unusable } = acquired(batch(5, 'ab'), [range(0, 2 ** 50), range(5, 6, 4)])
  assert.deepEqual(
    [records, unusable],
    [
      ['5:a*1', '6:b*1'],
      ['0-4:0', `7-${2 ** 50}:0`],
    ],
  )
})

test('a batch that cannot be read is rejected, as far as it was acquired, and the others are told', () => {
  const broken = batch(3, 'xyz')
  broken.writeUInt32BE(1, 17)
  const bytes = Buffer.concat([batch(1, 'ab'), broken, batch(6, 'c')])
  const { records, unusable, error } = acquired(bytes, [range(1, 4), range(6, 6)])
  assert.deepEqual([records, unusable], [['1:a*1', '2:b*1', '6:c*1'], ['3-4:3']])
  assert.equal(error?.code, 'CORRUPT_MESSAGE')
  assert.match(error?.message ?? '', /t-0: the batch at offset 3 was rejected: its checksum is wrong/)
  assert.deepEqual(acquired(bytes, [range(3, 5)], false).records, ['3:x*1', '4:y*1', '5:z*1'])
})

test('what was acquired of a batch that is cut short, or behind what is none, is released, and no gap', () => {
  const spoilt = batch(3, 'y')
  spoilt[16] = 9
  for (const end of [batch(3, 'y').subarray(0, 30), spoilt]) {
    const { records, unusable } = acquired(Buffer.concat([batch(1, 'a'), end]), [range(0, 5)])
    assert.deepEqual([records, unusable.toSorted()], [['1:a*1'], ['0-0:0', '2-5:2']])
  }
})

test('messages of older formats are told; of a set that cannot be read all that was acquired behind the batch before is rejected', () => {
  const inner = [0, 1, 3].map((offset) =>
    oldMessage({ magic: 1, offset, timestampMs: 5, value: Buffer.from(`v${offset}`) }),
  )
  const set = (offset: number, messages: readonly Buffer[]): Buffer =>
    wrappedMessages({ magic: 1, offset, codec: CompressionType.gzip, timestampMs: 5 }, Buffer.concat(messages))
  const alone = oldMessage({ magic: 0, offset: 1, value: Buffer.from('old') })
  const bytes = Buffer.concat([alone, set(5, inner), batch(6, 'n')])
  assert.deepEqual(acquired(bytes, [range(1, 6)]), {
    records: ['1:old*1', '2:v0*1', '3:v1*1', '5:v3*1', '6:n*1'],
    unusable: ['4-4:0'],
    error: undefined,
  })
  const broken = Buffer.from(inner[1] ?? assert.fail())
  broken.writeUInt32BE(1, 12)
  const spoilt = acquired(Buffer.concat([alone, set(5, [inner[0] ?? broken, broken]), batch(6, 'n')]), [range(1, 6)])
  assert.deepEqual([spoilt.records, spoilt.unusable], [['1:old*1', '6:n*1'], ['2-5:3']])
  assert.match(spoilt.error?.message ?? '', /t-0: the batch at offset 5 was rejected: .* at offset 5 is wrong/)
})
