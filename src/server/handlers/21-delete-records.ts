/**
 * DeleteRecords (21), versions 0 to 2 (2: flexible): a log starts at a later offset; -1 stands for the high watermark.
 *
 * The reply tells the low watermark: where all live replicas start. It waits for followers, up to the time-out of the request.
 */
import { ApiError, type Logger } from '../../base/index.ts'
import { isInternalTopic } from '../../metadata/index.ts'
import {
  type DeleteRecordsRequest,
  type DeleteRecordsResponse,
  deleteRecords,
  ErrorCode,
} from '../../protocol/index.ts'
import type { Partition, ReplicaManager, Replication } from '../../replication/index.ts'
import type { Handler } from '../handler.ts'

export interface DeleteRecordsServices {
  readonly replicas: ReplicaManager
  readonly replication: Replication
  readonly logger: Logger
}

type Asked = DeleteRecordsRequest['topics'][number]['partitions'][number]

/** What became of one partition: deleted here before `startOffset`, or why not. */
type Outcome = { readonly asked: Asked } & (
  | { readonly partition: Partition; readonly startOffset: number }
  | { readonly partition?: undefined; readonly error: ApiError }
)

const highWatermark = -1
const unknownLowWatermark = -1

export function deleteRecordsHandler(
  services: DeleteRecordsServices,
): Handler<DeleteRecordsRequest, DeleteRecordsResponse> {
  return {
    api: deleteRecords,
    async handle({ topics, timeoutMs }) {
      const outcomes = topics.map(({ name, partitions }) => partitions.map((asked) => deleted(services, name, asked)))
      const all = outcomes.flat()
      const codes = (await services.replication.waitFor(all, timeoutMs)) ?? []
      const replies = new Map(all.map((outcome, i) => [outcome, replyOf(outcome, codes[i] ?? ErrorCode.NONE)]))
      return {
        throttleTimeMs: 0,
        topics: topics.map(({ name }, i) => ({
          name,
          partitions: (outcomes[i] ?? []).flatMap((outcome) => replies.get(outcome) ?? []),
        })),
      }
    },
  }
}

function deleted({ replicas, logger }: DeleteRecordsServices, topic: string, asked: Asked): Outcome {
  try {
    const { partition, startOffset } = deleteBefore(replicas, topic, asked)
    const { partitionIndex } = asked
    logger.log('info', 'records are deleted by request', { topic, partition: partitionIndex, startOffset })
    return { asked, partition, startOffset }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { asked, error }
  }
}

function replyOf(outcome: Outcome, code: number) {
  const { partitionIndex } = outcome.asked
  const errorCode = outcome.partition === undefined ? outcome.error.code : code
  const isDone = errorCode === ErrorCode.NONE && outcome.partition !== undefined
  return { partitionIndex, lowWatermark: isDone ? outcome.partition.lowWatermark : unknownLowWatermark, errorCode }
}

/** Throws ApiError 1, 3, 6, 17, 44 or 56; returns where the log starts. */
function deleteBefore(replicas: ReplicaManager, topic: string, { partitionIndex, offset }: Asked) {
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
  return { partition, startOffset: partition.deleteRecordsBefore(target) }
}
