import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oldMessage, wrappedMessages } from '../../../test/message-sets.ts'
import { buildBatch, buildEndTransactionBatch, CompressionType, type NewRecord } from '../../records/index.ts'
import { KafkaError } from '../kafka-error.ts'
import { FetchedBatches, type FetchedOptions } from './fetched-batches.ts'

const record = (value: string): NewRecord => ({ value: Buffer.from(value), timestampMs: 7 })
const producer = { producerId: 9, producerEpoch: 0, isTransactional: true } as const

const marker = (baseOffset: number, isCommit: boolean): Buffer => {
  const bytes = buildEndTransactionBatch({
    producerId: producer.producerId,
    producerEpoch: 0,
    isCommit,
    coordinatorEpoch: 0,
    timestampMs: 7,
  })
  bytes.writeBigInt64BE(BigInt(baseOffset), 0)
  return bytes
}

const fetched = (bytes: Buffer, more: Partial<FetchedOptions> = {}): FetchedBatches =>
  new FetchedBatches({
    topic: 't',
    partition: 0,
    bytes,
    from: { offset: 0, leaderEpoch: -1 },
    highWatermark: 100,
    aborted: undefined,
    checkCrcs: true,
    bytesMax: 1_000_000,
    ...more,
  })

/** `offset:value` of all, batch by batch. */
function told(batches: FetchedBatches): string[][] {
  const all: string[][] = []
  for (let records = batches.next(); records !== undefined; records = batches.next()) {
    all.push(records.map(({ offset, value }) => `${offset}:${String(value)}`))
  }
  return all
}

test('batches are handed out one by one, from the offset that was asked for; the last one may be cut', () => {
  const first = buildBatch([record('a'), record('b'), record('c')], { baseOffset: 10, codec: CompressionType.lz4 })
  const second = buildBatch([record('d')], { baseOffset: 13, leaderEpoch: 4 })
  const cut = buildBatch([record('e')], { baseOffset: 14 }).subarray(0, 30)
  const batches = fetched(Buffer.concat([first, second, cut]), { from: { offset: 11, leaderEpoch: -1 } })
  assert.deepEqual(told(batches), [['11:b', '12:c'], ['13:d']])
  assert.deepEqual(batches.end, { offset: 14, leaderEpoch: 4 })
})

test('what is no record of the application is passed over, and its place is behind it', () => {
  const data = buildBatch([record('a')], { baseOffset: 0, ...producer })
  const batches = fetched(Buffer.concat([data, marker(1, true)]))
  assert.deepEqual(told(batches), [['0:a']])
  assert.equal(batches.end.offset, 2)
  const nothing = fetched(marker(5, true), { from: { offset: 5, leaderEpoch: -1 } })
  assert.deepEqual(told(nothing), [])
  assert.equal(nothing.end.offset, 6)
})

test('of aborted transactions nothing is handed out, up to their end and no further', () => {
  const aborted = buildBatch([record('lost')], { baseOffset: 0, ...producer })
  const plain = buildBatch([record('kept')], { baseOffset: 1 })
  const next = buildBatch([record('next')], { baseOffset: 3, ...producer })
  const bytes = Buffer.concat([aborted, plain, marker(2, false), next, marker(4, true)])
  const transactions = [{ producerId: 9, firstOffset: 0 }]
  assert.deepEqual(told(fetched(bytes, { aborted: transactions })), [['1:kept'], ['3:next']])
  assert.deepEqual(told(fetched(bytes)), [['0:lost'], ['1:kept'], ['3:next']])
  // One that begins behind what was asked for.
  const later = fetched(bytes, { aborted: [{ producerId: 9, firstOffset: 3 }] })
  assert.deepEqual(told(later), [['0:lost'], ['1:kept']])
})

test('a wrong checksum is told with its place, if it is looked at', () => {
  const bytes = buildBatch([record('a')], { baseOffset: 3 })
  bytes.writeUInt32BE(1, 17)
  const isCorrupt = (error: unknown): boolean =>
    error instanceof KafkaError && error.code === 'CORRUPT_MESSAGE' && /t-0: the batch at offset 3/.test(error.message)
  assert.throws(() => told(fetched(bytes)), isCorrupt)
  assert.deepEqual(told(fetched(bytes, { checkCrcs: false })), [['3:a']])
})

test('bytes without a whole batch are told as such', () => {
  const bytes = buildBatch([record('a')])
  assert.throws(() => fetched(bytes.subarray(0, 40)), { code: 'CORRUPT_MESSAGE' })
  assert.deepEqual(told(fetched(Buffer.alloc(0))), [])
})

const inner = [0, 1, 2].map((offset) =>
  oldMessage({ magic: 1, offset, timestampMs: 5, value: Buffer.from('cde'[offset] ?? '') }),
)
const wrapper = { magic: 1, offset: 4, codec: CompressionType.lz4, timestampMs: 9, isAppendTime: true } as const

test('a log that has all formats is read as one; who has set a time is told of each', () => {
  const bytes = Buffer.concat([
    oldMessage({ magic: 0, offset: 0, key: Buffer.from('k'), value: Buffer.from('a') }),
    oldMessage({ magic: 1, offset: 1, timestampMs: 3, value: Buffer.from('b') }),
    wrappedMessages(wrapper, Buffer.concat(inner)),
    buildBatch([record('f')], { baseOffset: 5, leaderEpoch: 2 }),
    oldMessage({ magic: 1, offset: 6 }).subarray(0, 20),
  ])
  const batches = fetched(bytes, { aborted: [] })
  assert.deepEqual(batches.end, { offset: 6, leaderEpoch: 2 })
  const [first] = batches.next() ?? []
  assert.deepEqual(first, {
    ...{ topic: 't', partition: 0, offset: 0, timestampMs: -1, timestampType: 'NoTimestampType', leaderEpoch: -1 },
    ...{ key: Buffer.from('k'), value: Buffer.from('a'), headers: [] },
  })
  const seen: unknown[] = []
  for (let records = batches.next(); records !== undefined; records = batches.next()) {
    const [{ timestampMs, timestampType, leaderEpoch } = assert.fail('no record')] = records
    seen.push([
      records.map(({ offset, value }) => `${offset}:${value}`).join(),
      timestampMs,
      timestampType,
      leaderEpoch,
    ])
    assert.equal(batches.leaderEpoch, leaderEpoch)
  }
  assert.deepEqual(seen, [
    ['1:b', 3, 'CreateTime', -1],
    ['2:c,3:d,4:e', 9, 'LogAppendTime', -1],
    ['5:f', 7, 'CreateTime', 2],
  ])
  const later = fetched(bytes, { from: { offset: 4, leaderEpoch: -1 } })
  assert.deepEqual(told(later), [['4:e'], ['5:f']])
})

test('what lies before a message with a wrong checksum is handed out, and what lies behind it to who asks from there', () => {
  const broken = inner.map((message) => Buffer.from(message))
  broken[1]?.writeUInt32BE(1, 12)
  const bytes = wrappedMessages(wrapper, Buffer.concat(broken))
  const batches = fetched(bytes)
  assert.deepEqual(
    batches.next()?.map(({ offset }) => offset),
    [2],
  )
  const isCorrupt = { code: 'CORRUPT_MESSAGE', message: /t-0: .*: the checksum of the message at offset 3 is wrong/ }
  for (let i = 0; i < 2; i++) assert.throws(() => batches.next(), isCorrupt)
  assert.throws(() => fetched(bytes, { from: { offset: 3, leaderEpoch: -1 } }).next(), isCorrupt)
  assert.deepEqual(told(fetched(bytes, { from: { offset: 4, leaderEpoch: -1 } })), [['4:e']])
  assert.deepEqual(told(fetched(bytes, { checkCrcs: false })), [['2:c', '3:d', '4:e']])
})
