/**
 * A snapshot of the metadata log as Kafka writes it (KIP-630): names and batches. A control batch with the header comes
 * first, one with the footer last, the records between them; offsets count from 0 within the file and say nothing about
 * the log. Pure: `snapshot-files.ts` reads and writes.
 */
import { Reader, Writer } from '../base/index.ts'
import { snapshotFooterRecord, snapshotHeaderRecord } from '../protocol/index.ts'
import {
  batchHeader,
  buildBatch,
  buildControlBatch,
  type ControlRecord,
  ControlRecordType,
  controlRecordType,
  type NewRecord,
  readRecords,
  recordSizeUpperBound,
} from '../records/index.ts'
import { decodeQuorumRecord, isQuorumType } from './quorum-records.ts'

export interface SnapshotId {
  /** Of the first record that the snapshot does not cover. */
  readonly offset: number
  /** Of the last record that it covers. */
  readonly epoch: number
}

const suffix = '.checkpoint'
export const partSuffix = '.part'
const name = /^(\d{20})-(\d{10})\.checkpoint$/
/** What a writer or a removal left when it was interrupted; Kafka puts a random number before the suffix. */
const leftover = /^\d{20}-\d{10}.*\.checkpoint\.(?:part|deleted)$/
const epochMax = 2 ** 31 - 1

export const snapshotName = ({ offset, epoch }: SnapshotId): string =>
  `${String(offset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}${suffix}`

export function parseSnapshotName(text: string): SnapshotId | undefined {
  const [, offsetDigits, epochDigits] = name.exec(text) ?? []
  const [offset, epoch] = [Number(offsetDigits), Number(epochDigits)]
  return Number.isSafeInteger(offset) && epoch <= epochMax ? { offset, epoch } : undefined
}

export const isSnapshotLeftover = (text: string): boolean => leftover.test(text)

export const compareSnapshots = (a: SnapshotId, b: SnapshotId): number => a.offset - b.offset || a.epoch - b.epoch

/** Kafka ends a batch of a snapshot at 1024 records; a small batch also keeps the loop free while it is built. */
const batchRecordsMax = 1024
const batchBytesWanted = 1024 * 1024
/** Kafka writes no larger batch into the metadata log or a snapshot of it. */
const snapshotBatchBytesMax = 8 * 1024 * 1024
/** Of one batch that is read: what Kafka writes, with room for a later version of it. */
const readBatchBytesMax = 4 * snapshotBatchBytesMax
/**
 * Of a file, and of the records in it, which may be compressed: all of a snapshot is held in memory where it is loaded,
 * as the image that comes out of it is.
 */
export const snapshotBytesMax = 2 * 1024 * 1024 * 1024
const decompressedBytesMax = 64 * 1024 * 1024

/** Makes the batches of one snapshot, in order: `header`, `add` for each record, `end`. */
export class SnapshotEncoder {
  readonly #epoch: number
  #offset = 0
  #records: NewRecord[] = []
  #bytes = 0

  constructor(epoch: number) {
    this.#epoch = epoch
  }

  /** `control`: what the quorum says about itself at that offset; none in a static quorum. */
  header(options: {
    readonly lastContainedLogTimestampMs: number
    readonly control: readonly ControlRecord[]
    readonly nowMs: number
  }): Buffer {
    const writer = new Writer(16)
    snapshotHeaderRecord.encode(
      writer,
      0,
      snapshotHeaderRecord.create({ lastContainedLogTimestamp: options.lastContainedLogTimestampMs }),
    )
    const header = { type: ControlRecordType.snapshotHeader, value: writer.finishAsOne() }
    return this.#control([header, ...options.control], options.nowMs)
  }

  /** The batch that is full without `value`, if there is one. Throws RangeError on a value that Kafka has no batch for. */
  add(value: Uint8Array, nowMs: number): Buffer | undefined {
    const size = recordSizeUpperBound({ value })
    if (size > snapshotBatchBytesMax - batchHeader.batchHeaderSize) {
      throw new RangeError(`a metadata record of ${value.length} bytes is larger than a batch may be`)
    }
    const isFull = this.#records.length >= batchRecordsMax || this.#bytes + size > batchBytesWanted
    const full = isFull ? this.#batch() : undefined
    // All records of a batch have the time of its first one.
    this.#records.push({ value, timestampMs: this.#records[0]?.timestampMs ?? nowMs })
    this.#bytes += size
    return full
  }

  /** The last batch of records, where some are left, and the footer. */
  end(nowMs: number): readonly Buffer[] {
    const last = this.#batch()
    const writer = new Writer(16)
    snapshotFooterRecord.encode(writer, 0, snapshotFooterRecord.create({}))
    const footer = this.#control([{ type: ControlRecordType.snapshotFooter, value: writer.finishAsOne() }], nowMs)
    return last === undefined ? [footer] : [last, footer]
  }

  #batch(): Buffer | undefined {
    const records = this.#records
    if (records.length === 0) return undefined
    this.#records = []
    this.#bytes = 0
    return buildBatch(records, this.#place(records.length))
  }

  #control(records: readonly ControlRecord[], timestampMs: number): Buffer {
    return buildControlBatch(records, { ...this.#place(records.length), timestampMs })
  }

  #place(count: number): { readonly baseOffset: number; readonly leaderEpoch: number } {
    const baseOffset = this.#offset
    this.#offset += count
    return { baseOffset, leaderEpoch: this.#epoch }
  }
}

/** The file is no whole snapshot. Damage of the records themselves shows as MalformedError or CompressionError. */
export class SnapshotFormatError extends Error {
  override readonly name = 'SnapshotFormatError'
}

export interface DecodedSnapshot {
  /** Of the last record that the snapshot covers. */
  readonly timestampMs: number
  readonly records: readonly Uint8Array[]
  /** KRaftVersion and Voters, as they are in the file. */
  readonly control: readonly ControlRecord[]
}

/** Of a batch that begins so; up to the magic byte is enough. */
export function sizeOfBatch(prefix: Uint8Array): number {
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength)
  const size = batchHeader.sizeInBytes(view, 0)
  if (batchHeader.magic(view, 0) !== 2) throw new SnapshotFormatError('a batch has another format')
  if (size < batchHeader.batchHeaderSize || size > readBatchBytesMax) {
    throw new SnapshotFormatError(`a batch of ${size} bytes`)
  }
  return size
}

/** Takes the batches of a file in order and holds what they say; `end` tells whether they were a whole snapshot. */
export class SnapshotDecoder {
  #offset = 0
  #timestampMs: number | undefined
  #hasFooter = false
  readonly #records: Uint8Array[] = []
  readonly #control: ControlRecord[] = []
  readonly #bytesMax: number
  /** Of the records, as they are without compression. */
  #bytes = 0

  constructor(bytesMax = snapshotBytesMax) {
    this.#bytesMax = bytesMax
  }

  /** Of the header, once it was read. */
  get timestampMs(): number | undefined {
    return this.#timestampMs
  }

  /** One whole batch of format 2; the records returned later are views of it. */
  add(batch: Uint8Array): void {
    const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
    if (this.#hasFooter) throw new SnapshotFormatError('a batch follows the footer')
    if (!batchHeader.isCrcValid(batch, view, 0)) throw new SnapshotFormatError('the checksum of a batch is wrong')
    if (batchHeader.baseOffset(view, 0) !== this.#offset) {
      throw new SnapshotFormatError(`a batch has offset ${batchHeader.baseOffset(view, 0)}, not ${this.#offset}`)
    }
    this.#offset = batchHeader.nextOffset(view, 0)
    const isControl = batchHeader.isControl(view, 0)
    for (const { key, value, sizeInBytes } of readRecords(batch, 0, decompressedBytesMax)) {
      this.#bytes += sizeInBytes
      if (this.#bytes > this.#bytesMax) {
        throw new SnapshotFormatError(`its records have more than the ${this.#bytesMax} bytes that are taken`)
      }
      const bytes = value ?? new Uint8Array(0)
      if (isControl) this.#addControl(controlRecordType(key), bytes)
      else if (this.#timestampMs === undefined) throw new SnapshotFormatError('the header is missing')
      else this.#records.push(bytes)
    }
  }

  #addControl(type: number | undefined, value: Uint8Array): void {
    if (this.#timestampMs === undefined) {
      if (type !== ControlRecordType.snapshotHeader) throw new SnapshotFormatError('the header is missing')
      this.#timestampMs = snapshotHeaderRecord.decode(new Reader(value), 0).lastContainedLogTimestamp
    } else if (type === ControlRecordType.snapshotFooter) this.#hasFooter = true
    else if (isQuorumType(type)) {
      // A snapshot whose voters cannot be read is damaged: whoever has it would not know them.
      decodeQuorumRecord(type, value)
      this.#control.push({ type, value })
    }
    // Other types are of later versions: a reader that does not know them passes over them, as Kafka does.
  }

  end(): DecodedSnapshot {
    if (this.#timestampMs === undefined) throw new SnapshotFormatError('the header is missing')
    if (!this.#hasFooter) throw new SnapshotFormatError('the footer is missing')
    return { timestampMs: this.#timestampMs, records: this.#records, control: this.#control }
  }
}
