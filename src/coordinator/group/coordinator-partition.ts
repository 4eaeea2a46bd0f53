/** What a coordinator asks of a partition of its topic, and its records as batches in it. */
import { ApiError } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import { BatchBuilder, type CodedOptions, type CompressionType, type TargetCompression } from '../../records/index.ts'
import type { ShardBatch, ShardLog } from '../shard-log.ts'
import type { GroupRecord } from './group-record.ts'
import { groupRecordCodec } from './group-record-codec.ts'

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

/** What most batches take: the commits of a turn of the loop. */
const capacity = 2048

/** Encoded as the records come: what it takes is known before anything is decided on them. */
class GroupBatch implements ShardBatch<GroupRecord> {
  readonly baseOffset: number
  readonly #options: GroupLogOptions
  readonly #batch = new BatchBuilder({ capacity })

  constructor(options: GroupLogOptions) {
    this.#options = options
    this.baseOffset = options.partition().nextOffset
  }

  get #coded(): CodedOptions<GroupRecord> {
    return { codec: groupRecordCodec, timestampMs: this.#options.nowMs() }
  }

  add(records: readonly GroupRecord[]): boolean {
    const before = this.#batch.mark
    try {
      this.#batch.addCoded(records, this.#coded)
    } catch (error) {
      this.#batch.backTo(before)
      throw error
    }
    if (this.#batch.sizeInBytes <= this.#options.batchBytesMax()) return true
    // Alone it may fit: compressed.
    if (before.recordCount === 0) this.#checkAlone(records)
    else this.#batch.backTo(before)
    return before.recordCount === 0
  }

  #checkAlone(records: readonly GroupRecord[]): void {
    const batch = new BatchBuilder({ capacity: this.#batch.sizeInBytes })
    batch.addCoded(records, this.#coded)
    this.#finish(batch)
  }

  append(): { readonly baseOffset: number; readonly committed: Promise<void> } {
    return this.#options.partition().append(this.#finish(this.#batch))
  }

  #finish(builder: BatchBuilder): Buffer {
    const { partition, codec, batchBytesMax } = this.#options
    const { targetCompression, leaderEpoch } = partition()
    const batch = builder.finish({ ...(targetCompression ?? { codec: codec() }), leaderEpoch })
    if (batch.length <= batchBytesMax()) return batch
    throw new ApiError(
      ErrorCode.RECORD_LIST_TOO_LARGE,
      `${builder.recordCount} records take ${batch.length} bytes, a batch may have ${batchBytesMax()}`,
    )
  }
}
