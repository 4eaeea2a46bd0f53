/** What a coordinator asks of a partition of its topic, and its records as batches in it. */
import { ApiError } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import {
  batchHeaderSize,
  buildBatch,
  type CompressionType,
  type NewRecord,
  recordSizeUpperBound,
  type TargetCompression,
} from '../../records/index.ts'
import type { ShardBatch, ShardLog } from '../shard-log.ts'
import type { GroupRecord } from './group-record.ts'
import { encodeGroupRecord } from './group-record-codec.ts'

/** A partition of a coordinator's topic, while this broker leads it. */
export interface CoordinatorPartition {
  readonly leaderEpoch: number
  readonly logStartOffset: number
  /** Of the log: everything to be loaded lies below. */
  readonly endOffset: number
  /** Of the next record that is appended. */
  readonly nextOffset: number
  /** `compression.type` of the topic; undefined for `producer`. */
  readonly targetCompression: TargetCompression | undefined
  /** Whole batches from `startOffset` on, up to about `maxBytes`, one at least; empty at the end. */
  read(startOffset: number, maxBytes: number): Promise<Uint8Array>
  /**
   * Appends one batch; throws ApiError where nothing was appended. `committed` settles when the high watermark has
   * passed it, or rejects with ApiError if it never will.
   */
  append(batch: Uint8Array): { readonly baseOffset: number; readonly committed: Promise<void> }
}

export interface GroupLogOptions {
  /** The newest handle: a leader that stays leader may get another one. */
  readonly partition: () => CoordinatorPartition
  readonly nowMs: () => number
  /** `offsets.topic.compression.codec`: where the topic has none of its own. */
  readonly codec: () => CompressionType
  /** `max.message.bytes` of the topic. */
  readonly batchBytesMax: () => number
}

export const groupLog = (options: GroupLogOptions): ShardLog<GroupRecord> => ({ open: () => new GroupBatch(options) })

/** Encoded as the records come: what it takes is known before anything is decided on them. */
class GroupBatch implements ShardBatch<GroupRecord> {
  readonly baseOffset: number
  readonly #options: GroupLogOptions
  readonly #records: NewRecord[] = []
  /** Of a batch that is not compressed. */
  #sizeInBytes = batchHeaderSize

  constructor(options: GroupLogOptions) {
    this.#options = options
    this.baseOffset = options.partition().nextOffset
  }

  add(records: readonly GroupRecord[]): boolean {
    const timestampMs = this.#options.nowMs()
    const encoded = records.map((record) => ({ ...encodeGroupRecord(record), timestampMs }))
    const addedBytes = encoded.reduce((size, record) => size + recordSizeUpperBound(record), 0)
    const bytesMax = this.#options.batchBytesMax()
    if (this.#sizeInBytes + addedBytes > bytesMax) {
      if (this.#records.length > 0) return false
      // Alone it may fit: compressed, or by what the bound was too high.
      this.#build(encoded)
    }
    for (const record of encoded) this.#records.push(record)
    this.#sizeInBytes += addedBytes
    return true
  }

  append(): { readonly baseOffset: number; readonly committed: Promise<void> } {
    return this.#options.partition().append(this.#build(this.#records))
  }

  #build(records: readonly NewRecord[]): Buffer {
    const { partition, codec, batchBytesMax } = this.#options
    const { targetCompression, leaderEpoch } = partition()
    const batch = buildBatch(records, { ...(targetCompression ?? { codec: codec() }), leaderEpoch })
    if (batch.length <= batchBytesMax()) return batch
    throw new ApiError(
      ErrorCode.RECORD_LIST_TOO_LARGE,
      `${records.length} records take ${batch.length} bytes, a batch may have ${batchBytesMax()}`,
    )
  }
}
