/**
 * Control records: what the log itself says between the records of its users. Keys are a version and a type; values
 * are messages of `protocol` (records of logs), opaque bytes here.
 */
import { type BatchOptions, buildBatch } from './batch-builder.ts'

export const ControlRecordType = {
  abort: 0,
  commit: 1,
  leaderChange: 2,
  snapshotHeader: 3,
  snapshotFooter: 4,
  kraftVersion: 5,
  kraftVoters: 6,
} as const

export type ControlRecordType = (typeof ControlRecordType)[keyof typeof ControlRecordType]

const keyVersion = 0
const keySize = 4
/** Of a commit or abort marker: version and the coordinator's epoch. */
const endTransactionVersion = 0
const endTransactionSize = 6

export interface ControlRecord {
  readonly type: ControlRecordType
  readonly value: Uint8Array
}

/** Anything but abort (0) and commit (1) may come from a later version: its type is returned as it is, not refused. */
export function controlRecordType(key: Uint8Array | null): number | undefined {
  if (key === null || key.length < keySize) return undefined
  return new DataView(key.buffer, key.byteOffset, key.byteLength).getInt16(2)
}

export function controlRecordKey(type: ControlRecordType): Buffer {
  const key = Buffer.alloc(keySize)
  key.writeInt16BE(keyVersion, 0)
  key.writeInt16BE(type, 2)
  return key
}

/** One control batch, all records at `timestampMs`. */
export function buildControlBatch(
  records: readonly ControlRecord[],
  options: Omit<BatchOptions, 'isControl' | 'codec' | 'level'> & { readonly timestampMs: number },
): Buffer {
  const { timestampMs } = options
  return buildBatch(
    records.map(({ type, value }) => ({ key: controlRecordKey(type), value, timestampMs })),
    { ...options, isControl: true },
  )
}

export interface EndTransactionMarker {
  readonly producerId: number
  readonly producerEpoch: number
  readonly isCommit: boolean
  readonly coordinatorEpoch: number
  readonly timestampMs: number
  readonly baseOffset?: number
  readonly leaderEpoch?: number
}

/** The batch that ends a transaction in a partition. */
export function buildEndTransactionBatch(marker: EndTransactionMarker): Buffer {
  const { isCommit, coordinatorEpoch, ...options } = marker
  const value = Buffer.alloc(endTransactionSize)
  value.writeInt16BE(endTransactionVersion, 0)
  value.writeInt32BE(coordinatorEpoch, 2)
  const type = isCommit ? ControlRecordType.commit : ControlRecordType.abort
  return buildControlBatch([{ type, value }], { ...options, isTransactional: true })
}

/** The coordinator's epoch in the value of a commit or abort marker; undefined when it is too short. */
export function endTransactionCoordinatorEpoch(value: Uint8Array | null): number | undefined {
  if (value === null || value.length < endTransactionSize) return undefined
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getInt32(2)
}
