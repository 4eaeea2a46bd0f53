/** A batch as Kafka's own tools print it: read by Odradek, to be held against what Kafka reads. */
import type { BatchCursor, Record } from '../../src/records/index.ts'
import { compressionName, compressionType, batchHeader as header, readRecords } from '../../src/records/index.ts'

/** Values over 900 bytes are given by size only. */
export interface GoldenRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value?: string | null
  readonly valueSize?: number
  readonly headers?: readonly { readonly key: string; readonly value: string | null }[]
}

export interface GoldenBatch {
  readonly position: number
  readonly baseOffset: number
  readonly records: readonly GoldenRecord[]
}

const limitBytes = 10_000_000

const base64 = (bytes: Buffer | null): string | null => (bytes === null ? null : bytes.toString('base64'))

function describeRecord(record: Record, golden: GoldenRecord | undefined): GoldenRecord {
  const value =
    golden?.valueSize === undefined ? { value: base64(record.value) } : { valueSize: record.value?.length ?? -1 }
  const headers = record.headers.map(({ key, value }) => ({ key, value: base64(value) }))
  return {
    offset: record.offset,
    timestamp: record.timestampMs,
    key: base64(record.key),
    ...value,
    ...(headers.length === 0 ? {} : { headers }),
  }
}

/** The batch at the cursor, in the form of `golden`: which values are given by size is taken from there. */
export function describeBatch(cursor: BatchCursor, golden: GoldenBatch): object {
  const { view, position } = cursor
  const codec = compressionType(header.codecId(view, position))
  const horizon = header.hasDeleteHorizon(view, position)
  const records = [...readRecords(cursor.bytes, position, limitBytes)]
  return {
    position,
    size: cursor.sizeInBytes,
    magic: cursor.magic,
    baseOffset: header.baseOffset(view, position),
    lastOffset: header.lastOffset(view, position),
    partitionLeaderEpoch: header.partitionLeaderEpoch(view, position),
    crc: header.storedCrc(view, position),
    valid: cursor.isCrcValid(),
    compression: codec === undefined ? '?' : compressionName(codec),
    timestampType: header.timestampType(view, position) === 0 ? 'CreateTime' : 'LogAppendTime',
    transactional: header.isTransactional(view, position),
    control: header.isControl(view, position),
    maxTimestamp: header.maxTimestamp(view, position),
    ...(horizon ? { deleteHorizonMs: header.baseTimestamp(view, position) } : {}),
    producerId: header.producerId(view, position),
    producerEpoch: header.producerEpoch(view, position),
    baseSequence: header.baseSequence(view, position),
    lastSequence: header.lastSequence(view, position),
    records: records.map((record, i) => describeRecord(record, golden.records[i])),
  }
}
