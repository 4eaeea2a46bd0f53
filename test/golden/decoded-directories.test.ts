/** Each batch and record of Kafka's log directories, read from the files: what Kafka reads, and the same bytes written again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader, Writer } from '../../src/base/index.ts'
import type { Fields, Message } from '../../src/protocol/index.ts'
import { BatchCursor } from '../../src/records/index.ts'
import { describeBatch } from './batches.ts'
import { batchesOf, type DirectoryRecord, directories, filesOf, folderOf, inBytes } from './data-dirs.ts'
import { messages } from './messages.ts'
import { sameFields } from './same.ts'

for (const directory of directories) {
  test(`every batch is what Kafka reads: ${directory}`, (context) => {
    const files = filesOf(directory)
    const batches = batchesOf(directory)
    for (const file of new Set(batches.map((batch) => batch.file))) {
      const bytes = files.get(file)
      assert.ok(bytes, file)
      const cursor = new BatchCursor(bytes)
      for (const golden of batches.filter((batch) => batch.file === file).map(inBytes)) {
        assert.ok(cursor.next(), file)
        assert.deepEqual(describeBatch(cursor, golden), golden, file)
      }
      assert.equal(cursor.next(), false, file)
      assert.equal(cursor.nextPosition, bytes.length, file)
    }
    const records = batches.flatMap((batch) => batch.records)
    context.diagnostic(`${batches.length} batches, ${records.length} records`)
  })
}

const bytesOf = (text: string | null | undefined): Buffer => Buffer.from(text ?? '', 'base64')

interface Rest {
  readonly bytes: Buffer
  /** Has read what stands before the message. */
  readonly reader: Reader
  readonly version: number
}

/** Reads all of the rest, and writes it again. */
function readAgain(message: Message<Fields>, { bytes, reader, version }: Rest): unknown {
  const start = reader.position
  const body = message.decode(reader, version)
  assert.equal(reader.remaining, 0, message.name)
  const writer = new Writer()
  message.encode(writer, version, body)
  assert.equal(writer.finishAsOne().toString('hex'), bytes.subarray(start).toString('hex'), message.name)
  return body
}

function readMetadata({ type, version, data, value }: DirectoryRecord): string {
  const words = String(type).split('_')
  const name = words.map((word) => `${word.charAt(0)}${word.slice(1).toLowerCase()}`).join('')
  const message = messages.get(name)
  assert.ok(message, `${type} is declared`)
  const bytes = bytesOf(value)
  const reader = new Reader(bytes)
  assert.deepEqual([reader.uvarint(), reader.uvarint(), reader.uvarint()], [1, message.type, version])
  sameFields(message.fields, readAgain(message, { bytes, reader, version: version ?? -1 }), data, name)
  return name
}

test('every record of metadata is what Kafka reads, and comes back byte for byte', () => {
  const names = new Set<string>()
  for (const directory of directories) {
    const records = batchesOf(directory).flatMap((batch) => batch.records)
    for (const record of records) if (record.type !== undefined) names.add(readMetadata(record))
  }
  for (const name of ['AccessControlEntryRecord', 'UserScramCredentialRecord', 'ClientQuotaRecord']) {
    assert.ok(names.has(name), name)
  }
  assert.equal(names.size, 17)
})

/** Keys of records by the topic that they are written to; all others are of groups. */
const foreignKeys: Readonly<Record<string, RegExp>> = {
  __transaction_state: /^TransactionLogKey$/,
  __share_group_state: /^Share(Snapshot|Update)Key$/,
}
const isGroupKey = (name: string): boolean => !Object.values(foreignKeys).some((keys) => keys.test(name))

/** Key and value begin with two bytes: the type of the key, the version of the value. Returns what they are. */
function readCoordinated(topic: string, { key, value }: DirectoryRecord): string {
  const keyBytes = bytesOf(key)
  const keyReader = new Reader(keyBytes)
  const type = keyReader.i16()
  const keys = [...messages.values()].filter(
    ({ name, type: known }) =>
      name.endsWith('Key') && known === type && (foreignKeys[topic]?.test(name) ?? isGroupKey(name)),
  )
  assert.equal(keys.length, 1, `${topic} has one kind of record of type ${type}`)
  for (const message of keys) readAgain(message, { bytes: keyBytes, reader: keyReader, version: 0 })
  const name = keys[0]?.name.replace(/Key$/, 'Value') ?? ''
  const message = messages.get(name)
  assert.ok(message, `${name} is declared`)
  if (value === null) return name
  const bytes = bytesOf(value)
  const reader = new Reader(bytes)
  readAgain(message, { bytes, reader, version: reader.i16() })
  return name
}

test('every record of groups, transactions and share groups is read, and comes back byte for byte', () => {
  const counts = new Map<string, number>()
  for (const directory of directories) {
    for (const { file, control, records } of batchesOf(directory)) {
      const topic = folderOf(file)?.replace(/-\d+$/, '') ?? ''
      if (control || !/^__(consumer_offsets|transaction_state|share_group_state)$/.test(topic)) continue
      for (const record of records) {
        const name = readCoordinated(topic, record)
        counts.set(name, (counts.get(name) ?? 0) + 1)
      }
    }
  }
  assert.deepEqual(Object.fromEntries(counts), {
    ConsumerGroupCurrentMemberAssignmentValue: 4,
    ConsumerGroupMemberMetadataValue: 4,
    ConsumerGroupMetadataValue: 4,
    ConsumerGroupTargetAssignmentMemberValue: 4,
    ConsumerGroupTargetAssignmentMetadataValue: 2,
    GroupMetadataValue: 6,
    OffsetCommitValue: 12,
    ShareGroupCurrentMemberAssignmentValue: 6,
    ShareGroupMemberMetadataValue: 4,
    ShareGroupMetadataValue: 6,
    ShareGroupStatePartitionMetadataValue: 4,
    ShareGroupTargetAssignmentMemberValue: 6,
    ShareGroupTargetAssignmentMetadataValue: 4,
    ShareSnapshotValue: 6,
    ShareUpdateValue: 6,
    TransactionLogValue: 42,
  })
})
