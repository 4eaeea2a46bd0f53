/**
 * Messages of formats 0 and 1 as Kafka's own classes have built them, and what its reader has of each: `message-sets.ndjson`, which
 * `MessageSets.java` has made with the libraries of Apache Kafka 4.3.1.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import {
  BatchCursor,
  batchHeader,
  messageCrc,
  type Record,
  readMessages,
  readRecords,
} from '../../src/records/index.ts'

const limitBytes = 1_000_000

interface JavaRecord {
  readonly offset: number
  readonly timestamp: number
  readonly sizeInBytes: number
  readonly key: string | null
  readonly value: string | null
  readonly isValid: boolean
}

interface JavaBatch {
  readonly magic: number
  readonly lastOffset: number
  readonly timestampType: string
  readonly crc: number
  readonly isValid: boolean
  readonly records: readonly JavaRecord[]
  readonly error: string | null
}

interface Vector {
  readonly name: string
  readonly hex: string
  readonly batches: readonly JavaBatch[]
}

const vectors: readonly Vector[] = readFileSync(join(import.meta.dirname, 'message-sets.ndjson'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line))

/** Long ones by their size and checksum. */
function hex(bytes: Buffer | null): string | null {
  if (bytes === null) return null
  return bytes.length <= 100 ? bytes.toString('hex') : `${bytes.length}:${crc32(bytes)}`
}

const told = (record: Record, isValid: boolean): JavaRecord => ({
  ...{ offset: record.offset, timestamp: Number(record.timestamp), sizeInBytes: record.sizeInBytes },
  ...{ key: hex(record.key), value: hex(record.value), isValid },
})

function recordsAt({ magic, bytes, position }: BatchCursor): readonly JavaRecord[] {
  if (magic === 2) return [...readRecords(bytes, position, limitBytes)].map((record) => told(record, true))
  return readMessages(bytes, position, limitBytes).map((message) => told(message, message.isCrcValid))
}

for (const { name, hex: given, batches } of vectors) {
  test(`Java says of ${name}`, () => {
    const cursor = new BatchCursor(Buffer.from(given, 'hex'))
    for (const { records, error, isValid, crc, magic, lastOffset, timestampType } of batches) {
      assert.ok(cursor.next())
      const { view, position } = cursor
      const stored = magic === 2 ? batchHeader.storedCrc(view, position) : messageCrc(view, position)
      assert.deepEqual(
        [cursor.magic, cursor.lastOffset, cursor.timestampType, cursor.isCrcValid(), stored],
        [magic, lastOffset, timestampType, isValid, crc],
      )
      if (error === null) assert.deepEqual(recordsAt(cursor), records)
      else assert.throws(() => recordsAt(cursor), { name: 'MalformedError' })
    }
    assert.equal(cursor.next(), false)
    assert.equal(cursor.ended, 'end')
  })
}

test('there is something of each kind', () => {
  const all = vectors.flatMap(({ batches }) => batches)
  assert.deepEqual(new Set(all.map(({ timestampType }) => timestampType)), new Set(types))
  assert.ok(all.some(({ error }) => error !== null) && all.some(({ isValid }) => !isValid))
  assert.ok(vectors.length >= 40)
})

const types = ['NoTimestampType', 'CreateTime', 'LogAppendTime']
