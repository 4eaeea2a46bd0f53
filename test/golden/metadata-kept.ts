/** What nothing acts on yet, but must be in every image: settings, ACLs, SCRAM users, quotas, as records of a snapshot. */
import {
  decodeRecord,
  encodeRecord,
  latestMetadataVersion,
  MetadataLoader,
  type MetadataRecord,
  snapshotRecords,
} from '../../src/metadata/index.ts'
import { BatchCursor, batchHeader as header, readRecords } from '../../src/records/index.ts'

const keptKinds: readonly MetadataRecord['kind'][] = [
  'accessControlEntry',
  'clientQuota',
  'config',
  'featureLevel',
  'topic',
  'userScramCredential',
]

const inHex = (records: Iterable<MetadataRecord>): readonly string[] =>
  [...records]
    .filter(({ kind }) => keptKinds.includes(kind))
    .map((record) => `${record.kind} ${Buffer.from(encodeRecord(record, latestMetadataVersion)).toString('hex')}`)
    .sort()

function* batchesIn(bytes: Buffer) {
  const cursor = new BatchCursor(bytes)
  while (cursor.next()) {
    const { view, position } = cursor
    const records = header.isControl(view, position) ? [] : [...readRecords(cursor.bytes, position, 1e7)]
    yield {
      baseOffset: header.baseOffset(view, position),
      lastOffset: header.lastOffset(view, position),
      epoch: header.partitionLeaderEpoch(view, position),
      timestampMs: header.maxTimestamp(view, position),
      records: records.flatMap(({ value }) => (value === null ? [] : [decodeRecord(value)])),
    }
  }
}

/** Of the image that a metadata log makes, from its start to its end. */
export function keptInLog(log: Buffer): readonly string[] {
  const loader = new MetadataLoader({ publish: () => undefined })
  loader.loadBatches([...batchesIn(log)])
  return inHex(snapshotRecords(loader.image))
}

export const keptInSnapshot = (snapshot: Buffer): readonly string[] =>
  inHex([...batchesIn(snapshot)].flatMap(({ records }) => records))
