/**
 * `bootstrap.checkpoint`: the records with which a new cluster begins, in the form of a snapshot: a batch that says so, the
 * records, a batch that says it is whole. Formatting writes it, and the first controller of a cluster reads it.
 */
import { type Disk, MalformedError, Writer } from '../base/index.ts'
import { readWholeFile } from '../log/index.ts'
import {
  decodeRecord,
  encodeRecord,
  latestMetadataVersion,
  type MetadataRecord,
  metadataVersionFeature,
  metadataVersionIn,
} from '../metadata/index.ts'
import { featureLevelRecord, snapshotFooterRecord, snapshotHeaderRecord } from '../protocol/index.ts'
import {
  BatchCursor,
  batchHeader,
  buildBatch,
  buildControlBatch,
  CompressionError,
  ControlRecordType,
  readRecords,
} from '../records/index.ts'
import { StorageError } from './meta-properties.ts'

export const bootstrapCheckpointName = 'bootstrap.checkpoint'
/** Features take 400 bytes, a SCRAM credential about 150: room for a hundred thousand users. */
const sizeMaxInBytes = 16 * 1024 * 1024
/** Kafka writes the file as a log of epoch 0. */
const leaderEpoch = 0

export function encodeBootstrapCheckpoint(records: readonly MetadataRecord[], timestampMs: number): Buffer {
  const footerOffset = 1 + records.length
  const level = metadataVersionIn(records)
  const header = new Writer(32)
  snapshotHeaderRecord.encode(header, 0, snapshotHeaderRecord.create())
  const footer = new Writer(32)
  snapshotFooterRecord.encode(footer, 0, snapshotFooterRecord.create())
  return Buffer.concat([
    buildControlBatch([{ type: ControlRecordType.snapshotHeader, value: header.finishAsOne() }], {
      leaderEpoch,
      timestampMs,
    }),
    buildBatch(
      records.map((record) => ({ value: encodeRecord(record, level), timestampMs })),
      { baseOffset: 1, leaderEpoch },
    ),
    buildControlBatch([{ type: ControlRecordType.snapshotFooter, value: footer.finishAsOne() }], {
      baseOffset: footerOffset,
      leaderEpoch,
      timestampMs,
    }),
  ])
}

/** Throws StorageError; `path` is for its message only. */
export function decodeBootstrapCheckpoint(bytes: Uint8Array, path: string): MetadataRecord[] {
  const records: MetadataRecord[] = []
  try {
    const cursor = new BatchCursor(bytes)
    while (cursor.next()) {
      if (cursor.magic !== 2 || !cursor.isCrcValid()) {
        throw new MalformedError(`the batch at ${cursor.position} is damaged`)
      }
      if (batchHeader.isControl(cursor.view, cursor.position)) continue
      for (const { value } of readRecords(bytes, cursor.position, sizeMaxInBytes)) {
        if (value === null) throw new MalformedError(`a record without a value in the batch at ${cursor.position}`)
        records.push(decodeRecord(value))
      }
    }
    if (cursor.ended !== 'end') throw new MalformedError(`no whole batch at ${cursor.position}`)
  } catch (error) {
    if (!(error instanceof MalformedError || error instanceof CompressionError)) throw error
    throw new StorageError(`Unable to read bootstrap metadata from ${path}: ${error.message}`)
  }
  if (metadataVersionIn(records) === 0) {
    throw new StorageError(
      'No FeatureLevelRecord for metadata.version was found in the bootstrap metadata from the binary bootstrap ' +
        `metadata file: ${path}`,
    )
  }
  return records
}

/** Without the file a cluster begins, like Kafka's, at the latest `metadata.version` and with no other feature. */
export async function readBootstrapCheckpoint(disk: Disk, path: string): Promise<MetadataRecord[]> {
  const bytes = await readWholeFile(disk, path, sizeMaxInBytes)
  if (bytes !== undefined) return decodeBootstrapCheckpoint(bytes, path)
  const value = featureLevelRecord.create({ name: metadataVersionFeature, featureLevel: latestMetadataVersion })
  return [{ kind: 'featureLevel', value }]
}
