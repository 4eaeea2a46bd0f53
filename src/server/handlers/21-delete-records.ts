/**
 * DeleteRecords (21), versions 0 to 2 (2: flexible): a log starts at a later offset; -1 stands for the high watermark.
 *
 * The reply tells the low watermark: where all replicas start. Partitions have one replica yet, which starts there at
 * once; with followers the reply waits for them, up to the time-out of the request.
 */
import { ApiError, type Logger } from '../../base/index.ts'
import { isInternalTopic } from '../../metadata/index.ts'
import {
  type DeleteRecordsRequest,
  type DeleteRecordsResponse,
  deleteRecords,
  ErrorCode,
} from '../../protocol/index.ts'
import type { ReplicaManager } from '../../replication/index.ts'
import type { Handler } from '../handler.ts'

export interface DeleteRecordsServices {
  readonly replicas: ReplicaManager
  readonly logger: Logger
}

type Asked = DeleteRecordsRequest['topics'][number]['partitions'][number]

const highWatermark = -1
const unknownLowWatermark = -1

export function deleteRecordsHandler({
  replicas,
  logger,
}: DeleteRecordsServices): Handler<DeleteRecordsRequest, DeleteRecordsResponse> {
  return {
    api: deleteRecords,
    handle: (request) => ({
      throttleTimeMs: 0,
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((asked) => {
          const { partitionIndex } = asked
          try {
            const lowWatermark = deleteBefore(replicas, name, asked)
            logger.log('info', 'records are deleted by request', {
              topic: name,
              partition: partitionIndex,
              lowWatermark,
            })
            return { partitionIndex, lowWatermark, errorCode: ErrorCode.NONE }
          } catch (error) {
            if (!(error instanceof ApiError)) throw error
            return { partitionIndex, lowWatermark: unknownLowWatermark, errorCode: error.code }
          }
        }),
      })),
    }),
  }
}

/** Throws ApiError 1, 3, 6, 17, 44 or 56; returns the low watermark. */
function deleteBefore(replicas: ReplicaManager, topic: string, { partitionIndex, offset }: Asked): number {
  if (isInternalTopic(topic) && replicas.topicIdOf(topic) !== undefined) {
    throw new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, `records of the internal topic ${topic} are not deleted`)
  }
  const partition = replicas.leader(topic, partitionIndex)
  const { cleanupPolicy } = partition.config
  if (cleanupPolicy.compact && !cleanupPolicy.delete) {
    throw new ApiError(ErrorCode.POLICY_VIOLATION, `${topic} is compacted: its records are not deleted by age`)
  }
  const target = offset === highWatermark ? partition.log.highWatermark : offset
  if (target < 0) throw new ApiError(ErrorCode.OFFSET_OUT_OF_RANGE, `offset ${offset} is none`)
  return partition.deleteRecordsBefore(target)
}
