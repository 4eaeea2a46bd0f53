/**
 * OffsetCommit (8): where a group stands. Partitions that the image does not have are refused one by one, and never
 * reach the coordinator.
 *
 * Versions 2 to 10. 6: leader epochs. 7: static members. 9: GROUP_ID_NOT_FOUND where it was ILLEGAL_GENERATION.
 * 10: topics by id. In versions 2 to 4 a client may say how long its offsets are kept.
 */
import { ApiError, present, type Uuid } from '../../base/index.ts'
import type { GroupService, OffsetToCommit } from '../../coordinator/index.ts'
import type { MetadataImage, TopicImage } from '../../metadata/index.ts'
import { ErrorCode, type OffsetCommitRequest, type OffsetCommitResponse, offsetCommit } from '../../protocol/index.ts'
import { type Handler, LateAnswer } from '../handler.ts'

export interface OffsetCommitServices {
  readonly image: () => MetadataImage
  readonly groups: Pick<GroupService, 'commit'>
}

type TopicRequest = OffsetCommitRequest['topics'][number]

const memberEpochsSince = 9
const topicIdsSince = 10

/** Either an error code, or NONE: then the coordinator decides. */
function checkPartition(topic: TopicImage | undefined, partition: number, isById: boolean): number {
  if (topic?.partitions.has(partition)) return ErrorCode.NONE
  return topic === undefined && isById ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
}

/** The id goes with the offset also where the client does not know it: a later topic of the name is another one. */
const toCommit = (topic: TopicImage, partition: TopicRequest['partitions'][number]): OffsetToCommit => ({
  topic: topic.name,
  topicId: topic.topicId,
  partition: partition.partitionIndex,
  offset: partition.committedOffset,
  leaderEpoch: partition.committedLeaderEpoch,
  metadata: partition.committedMetadata,
})

interface Answered {
  readonly name: string
  readonly topicId: Uuid
  readonly partitions: { readonly partitionIndex: number; errorCode: number }[]
}

/** What a request asks for, and the answers that need no coordinator. */
interface Asked {
  readonly topics: readonly Answered[]
  readonly offsets: readonly OffsetToCommit[]
}

function look(request: OffsetCommitRequest, { byId, byName }: MetadataImage['topics'], isById: boolean): Asked {
  const offsets: OffsetToCommit[] = []
  const topics: Answered[] = []
  for (const topic of request.topics) {
    const found = isById ? byId.get(topic.topicId) : byName.get(topic.name)
    // Of a topic that is there nothing is said where nothing was asked.
    if (found !== undefined && topic.partitions.length === 0) continue
    const partitions: Answered['partitions'] = []
    for (const partition of topic.partitions) {
      const { partitionIndex } = partition
      const errorCode = checkPartition(found, partitionIndex, isById)
      if (errorCode === ErrorCode.NONE && found !== undefined) offsets.push(toCommit(found, partition))
      partitions.push({ partitionIndex, errorCode })
    }
    topics.push({ name: topic.name, topicId: topic.topicId, partitions })
  }
  return { topics, offsets }
}

/** `codeOf` is of the offsets that the coordinator was asked for, in their order. */
function answer({ topics }: Asked, codeOf: (i: number) => number): OffsetCommitResponse {
  let i = 0
  for (const { partitions } of topics) {
    for (const partition of partitions) {
      if (partition.errorCode === ErrorCode.NONE) partition.errorCode = codeOf(i++)
    }
  }
  return { throttleTimeMs: 0, topics }
}

export function offsetCommitHandler({
  image,
  groups,
}: OffsetCommitServices): Handler<OffsetCommitRequest, OffsetCommitResponse> {
  const commit = (
    request: OffsetCommitRequest,
    asked: Asked,
    knowsEpochs: boolean,
  ): LateAnswer<OffsetCommitResponse> => {
    const late = new LateAnswer<OffsetCommitResponse>()
    try {
      groups.commit(
        {
          groupId: request.groupId,
          memberId: request.memberId,
          groupInstanceId: request.groupInstanceId,
          generationId: request.generationIdOrMemberEpoch,
          knowsEpochs,
          offsets: asked.offsets,
          retentionTimeMs: request.retentionTimeMs,
        },
        (codes) => late.settle(answer(asked, (i) => present(codes[i], 'a code'))),
      )
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      late.settle(answer(asked, () => error.code))
    }
    return late
  }
  return {
    api: offsetCommit,
    handle(request, context) {
      const { apiVersion } = context
      const asked = look(request, image().topics, apiVersion >= topicIdsSince)
      if (asked.offsets.length === 0) return answer(asked, () => ErrorCode.NONE)
      const committed = commit(request, asked, apiVersion >= memberEpochsSince)
      // It is decided, and in the order of the log: what follows on the connection is decided on it.
      context.proceed()
      return committed
    },
  }
}
