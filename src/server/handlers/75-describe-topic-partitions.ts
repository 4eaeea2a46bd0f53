/**
 * DescribeTopicPartitions (75): topics in the order of their names, page by page, with the replicas that may be elected
 * (KIP-966).
 *
 * Version 0.
 */
import { ApiError, zeroUuid } from '../../base/index.ts'
import type { BrokerConfig } from '../../config/index.ts'
import {
  invalidTopicName,
  isInternalTopic,
  type MetadataImage,
  type PartitionImage,
  type TopicImage,
} from '../../metadata/index.ts'
import {
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
  describeTopicPartitions,
  ErrorCode,
} from '../../protocol/index.ts'
import { topicOperations } from '../authorized-operations.ts'
import type { Handler } from '../handler.ts'
import { ListenerBrokers } from '../listener-brokers.ts'

type Request = DescribeTopicPartitionsRequest
type Response = DescribeTopicPartitionsResponse
type TopicAnswer = Response['topics'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

export interface DescribeTopicPartitionsServices {
  readonly image: () => MetadataImage
  readonly config: () => BrokerConfig
}

function partitionAnswer(partition: PartitionImage, brokers: ListenerBrokers): PartitionAnswer {
  return {
    errorCode: ErrorCode.NONE,
    partitionIndex: partition.partitionId,
    leaderId: brokers.isReachable(partition.leader) ? partition.leader : -1,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    eligibleLeaderReplicas: partition.eligibleLeaderReplicas,
    lastKnownElr: partition.lastKnownElr,
    offlineReplicas: brokers.offlineReplicas(partition),
  }
}

function topicAnswer(topic: TopicImage, partitions: readonly PartitionAnswer[]): TopicAnswer {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: isInternalTopic(topic.name),
    partitions,
    topicAuthorizedOperations: topicOperations,
  }
}

function missingTopic(name: string): TopicAnswer {
  const isInvalid = invalidTopicName(name) !== undefined
  return {
    errorCode: isInvalid ? ErrorCode.INVALID_TOPIC_EXCEPTION : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    name,
    topicId: zeroUuid,
    isInternal: isInternalTopic(name),
    partitions: [],
    topicAuthorizedOperations: topicOperations,
  }
}

/** The names from the cursor on. Throws ApiError 42 for a cursor that is not among them. */
function namesAsked({ topics, cursor }: Request, image: MetadataImage): readonly string[] {
  const all = topics.length === 0 ? image.topics.byName.keys() : topics.map(({ name }) => name)
  const first = cursor?.topicName ?? ''
  const names = [...new Set(all)].filter((name) => name >= first).sort()
  if (cursor === null) return names
  if (topics.length > 0 && names[0] !== first) {
    const reason = `DescribeTopicPartitionsRequest topic list should contain the cursor topic: ${first}`
    throw new ApiError(ErrorCode.INVALID_REQUEST, reason)
  }
  if (cursor.partitionIndex < 0) {
    const reason = `DescribeTopicPartitionsRequest cursor partition must be valid: ${cursor.partitionIndex}`
    throw new ApiError(ErrorCode.INVALID_REQUEST, reason)
  }
  return names
}

function describe(request: Request, limit: number, image: MetadataImage, brokers: ListenerBrokers): Response {
  const topics: TopicAnswer[] = []
  const answer = (nextCursor: Response['nextCursor']): Response => ({ throttleTimeMs: 0, topics, nextCursor })
  let left = limit
  for (const name of namesAsked(request, image)) {
    // A cursor may name a topic that does not exist: the next page tells.
    if (left === 0) return answer({ topicName: name, partitionIndex: 0 })
    const topic = image.topics.byName.get(name)
    if (topic === undefined) {
      if (request.topics.length > 0) topics.push(missingTopic(name))
      continue
    }
    const first = name === request.cursor?.topicName ? request.cursor.partitionIndex : 0
    const end = Math.min(topic.partitions.size, first + left)
    const partitions: PartitionAnswer[] = []
    for (let id = first; id < end; id++) {
      const partition = topic.partitions.get(id)
      if (partition !== undefined) partitions.push(partitionAnswer(partition, brokers))
    }
    topics.push(topicAnswer(topic, partitions))
    if (end < topic.partitions.size) return answer({ topicName: name, partitionIndex: end })
    left -= partitions.length
  }
  return answer(null)
}

export function describeTopicPartitionsHandler(services: DescribeTopicPartitionsServices): Handler<Request, Response> {
  return {
    api: describeTopicPartitions,
    handle(request, { listenerName }) {
      const image = services.image()
      const limitMax = services.config().number('max.request.partition.size.limit')
      const limit = Math.max(1, Math.min(limitMax, request.responsePartitionLimit))
      return describe(request, limit, image, new ListenerBrokers(image, listenerName))
    },
    fail: ({ topics }, { code }) =>
      describeTopicPartitions.response.create({ topics: topics.map(({ name }) => ({ name, errorCode: code })) }),
  }
}
