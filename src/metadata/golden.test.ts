/** The room against what Apache Kafka 4.3.1 wrote: every metadata record of three log directories, and its snapshots. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directories, batchesOf as goldenBatches } from '../../test/golden/data-dirs.ts'
import { asRecord, goldenLines } from '../../test/golden/golden.ts'
import {
  bootstrapRecords,
  decodeRecord,
  encodeRecord,
  latestMetadataVersion,
  type MetadataBatch,
  MetadataLoader,
  type MetadataRecord,
  snapshotRecords,
  supportedFeatures,
} from './index.ts'

const encoded = (record: MetadataRecord): Uint8Array => encodeRecord(record, latestMetadataVersion)

interface WrittenBatch {
  readonly directory: string
  readonly file: string
  readonly control: boolean
  readonly baseOffset: number
  readonly lastOffset: number
  readonly epoch: number
  readonly timestampMs: number
  /** The values of the records, in base64. */
  readonly records: readonly string[]
}

const writtenBatches: readonly WrittenBatch[] = directories.flatMap((directory) =>
  goldenBatches(directory).flatMap(({ file, control, baseOffset, lastOffset, ...batch }) => {
    const [, name] = /^(?:__cluster_metadata-0\/)?([^/]+)$/.exec(file) ?? []
    if (name === undefined) return []
    const records = batch.records.map(({ value }) => value ?? '')
    const { partitionLeaderEpoch: epoch, maxTimestamp: timestampMs } = batch
    return [{ directory, file: name, control, baseOffset, lastOffset, epoch, timestampMs, records }]
  }),
)

/** The batches of one file of one directory. */
const batchesOf = (directory: string, file: string): readonly WrittenBatch[] =>
  writtenBatches.filter((batch) => batch.directory === directory && batch.file === file)

const bytesOf = (batch: WrittenBatch): readonly Buffer[] => batch.records.map((value) => Buffer.from(value, 'base64'))

const dataBatches = writtenBatches.filter((batch) => !batch.control)
const metadataLog = '00000000000000000000.log'

const toBatch = (batch: WrittenBatch): MetadataBatch => ({
  ...batch,
  records: batch.control ? [] : bytesOf(batch).map(decodeRecord),
})

const loadedUntil = (directory: string, endOffset: number): MetadataLoader => {
  const loader = new MetadataLoader({ publish: () => undefined })
  const batches = batchesOf(directory, metadataLog).filter((batch) => batch.lastOffset < endOffset)
  loader.loadBatches(batches.map(toBatch))
  return loader
}

/** Kafka writes topics and features in the order of its hash maps: lists of features are compared by name. */
const inHex = (records: readonly Uint8Array[]): string[] =>
  records
    .map(decodeRecord)
    .map((record) => {
      if (record.kind !== 'registerBroker' && record.kind !== 'registerController') return encoded(record)
      const features = record.value.features.toSorted((a, b) => (a.name < b.name ? -1 : 1))
      return record.kind === 'registerBroker'
        ? encoded({ kind: record.kind, value: { ...record.value, features } })
        : encoded({ kind: record.kind, value: { ...record.value, features } })
    })
    .map((bytes) => Buffer.from(bytes).toString('hex'))
    .sort()

test('every record that Kafka wrote is read, keeps nothing of what it was read from, and is written the same', () => {
  const written = dataBatches.flatMap(bytesOf)
  assert.equal(written.length > 600, true)
  for (const bytes of written) {
    const hex = bytes.toString('hex')
    const record = decodeRecord(bytes)
    bytes.fill(0xff)
    assert.equal(Buffer.from(encoded(record)).toString('hex'), hex)
  }
})

/** Of some levels the first ones, and the versions of RegisterBrokerRecord and of the records of partitions that Kafka writes there. */
const versionsByLevel = [
  [7, 1, 0],
  [8, 2, 0],
  [16, 2, 0],
  [17, 3, 1],
  [22, 3, 1],
  [23, 3, 2],
  [29, 3, 2],
  [30, 4, 2],
] as const

test('records have, at each level, the bytes that Kafka wrote in the version of that level', () => {
  const kinds = new Map([
    ['RegisterBrokerRecord', 0],
    ['PartitionRecord', 3],
    ['PartitionChangeRecord', 5],
  ])
  let count = 0
  for (const { name, version, hex } of goldenLines('vectors.ndjson').map(asRecord)) {
    const type = kinds.get(`${name}`)
    if (type === undefined) continue
    const bytes = Buffer.from(`${Buffer.of(1, type, Number(version)).toString('hex')}${hex}`, 'hex')
    for (const [level, ofBroker, ofPartition] of versionsByLevel) {
      if (version !== (type === 0 ? ofBroker : ofPartition)) continue
      assert.equal(Buffer.from(encodeRecord(decodeRecord(bytes), level)).toString('hex'), bytes.toString('hex'))
      count++
    }
  }
  assert.equal(count, 72)
})

test('a snapshot holds nothing that its level does not have', () => {
  const { image } = loadedUntil(directories[0] ?? '', Number.POSITIVE_INFINITY)
  const told = (metadataVersion: number): readonly string[] => {
    const records = [...snapshotRecords({ ...image, features: { ...image.features, metadataVersion } })]
    const read = records.map((record) => decodeRecord(encodeRecord(record, metadataVersion)))
    const lines = read.map(({ kind, value }) => {
      if (kind === 'registerBroker') return `${kind} ${value.logDirs.length} ${value.cordonedLogDirs !== null}`
      if (kind === 'partition') return `${kind} ${value.directories.length}`
      return kind === 'registerController' ? kind : ''
    })
    return [...new Set(lines.filter((line) => line !== ''))]
  }
  assert.deepEqual(told(30), ['registerBroker 1 true', 'registerController', 'partition 1'])
  assert.deepEqual(told(29), ['registerBroker 1 false', 'registerController', 'partition 1'])
  assert.deepEqual(told(16), ['registerBroker 0 false', 'registerController', 'partition 0'])
  assert.deepEqual(told(14), ['registerBroker 0 false', 'partition 0'])
})

const snapshots = dataBatches.flatMap(({ directory, file }) => {
  const endOffset = Number(/^(\d+)-\d+\.checkpoint$/.exec(file)?.[1] ?? 0)
  return endOffset > 0 ? [{ directory, file, endOffset }] : []
})

test('there are snapshots of Kafka to compare with', () => assert.equal(snapshots.length, 5))

for (const { directory, file, endOffset } of snapshots) {
  test(`the log up to a snapshot gives the records of that snapshot: ${directory} ${file}`, () => {
    const { image } = loadedUntil(directory, endOffset)
    assert.equal(image.provenance.offset, endOffset - 1)
    const ours = [...snapshotRecords(image)].map(encoded)
    const kafkas = batchesOf(directory, file).filter((batch) => !batch.control)
    assert.deepEqual(inHex(ours), inHex(kafkas.flatMap(bytesOf)))
  })
}

for (const directory of directories) {
  test(`a whole log, batch by batch or at once, gives the same image: ${directory}`, () => {
    const once = loadedUntil(directory, Number.POSITIVE_INFINITY)
    const stepwise = new MetadataLoader({ publish: () => undefined })
    for (const batch of batchesOf(directory, metadataLog)) stepwise.loadBatches([toBatch(batch)])
    assert.equal(once.inTransaction, false)
    assert.deepEqual(stepwise.image, once.image)
  })
}

for (const directory of directories) {
  test(`the bootstrap records are those of Kafka's formatting: ${directory}`, () => {
    const written = batchesOf(directory, 'bootstrap.checkpoint').filter((batch) => !batch.control)
    const ours = bootstrapRecords().map((record) => Buffer.from(encoded(record)).toString('hex'))
    assert.deepEqual(
      ours,
      written.flatMap(bytesOf).map((bytes) => bytes.toString('hex')),
    )
  })
}

test('the features are those that Kafka registers', () => {
  const registered = dataBatches
    .flatMap(bytesOf)
    .map(decodeRecord)
    .flatMap((record) =>
      record.kind === 'registerBroker' || record.kind === 'registerController' ? [record.value.features] : [],
    )
  assert.equal(registered.length > 0, true)
  for (const features of registered) {
    const levels = features.map((feature) => ({
      name: feature.name,
      minLevel: feature.minSupportedVersion,
      maxLevel: feature.maxSupportedVersion,
    }))
    assert.deepEqual(
      levels.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      supportedFeatures,
    )
  }
})
