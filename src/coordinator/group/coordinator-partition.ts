/** What a coordinator asks of a partition of its topic, and its records as batches in it. */
import { ApiError } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import { buildBatch, type CompressionType, type TargetCompression } from '../../records/index.ts'
import type { ShardLog } from '../runtime.ts'
import type { GroupRecord } from './group-record.ts'
import { encodeGroupRecord } from './group-record-codec.ts'

/** A partition of a coordinator's topic, while this broker leads it. */
export interface CoordinatorPartition {
  readonly leaderEpoch: number
  readonly logStartOffset: number
  /** Of the log: everything to be loaded lies below. */
  readonly endOffset: number
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

/** All records of one decision lie in one batch: they are there together or not at all. */
export function groupLog({ partition, nowMs, codec, batchBytesMax }: GroupLogOptions): ShardLog<GroupRecord> {
  return {
    append(records) {
      const timestampMs = nowMs()
      const log = partition()
      const batch = buildBatch(
        records.map((record) => ({ ...encodeGroupRecord(record), timestampMs })),
        { ...(log.targetCompression ?? { codec: codec() }), leaderEpoch: log.leaderEpoch },
      )
      if (batch.length > batchBytesMax()) {
        throw new ApiError(
          ErrorCode.RECORD_LIST_TOO_LARGE,
          `${records.length} records take ${batch.length} bytes, a batch may have ${batchBytesMax()}`,
        )
      }
      return log.append(batch)
    },
  }
}
