/**
 * Metadata (3): the brokers, and where the partitions of topics are led; asks for topics that are not there yet.
 *
 * Versions 0 to 13. 0: an empty list is all topics; replicas that cannot serve are left out, with error 9. 1: racks,
 * controller, internal topics; null is all topics. 2: cluster id. 4: no creation if the client says so. 5: offline
 * replicas. 6: error 72 for a leader without this listener. 7: leader epochs. 8: authorized operations. 10: topic ids in
 * the reply. 11: none of the cluster's operations. 12: topics by id. 13: an error for the whole reply.
 */
import { ApiError, type RandomStream, type Uuid, zeroUuid } from '../../base/index.ts'
import type { BrokerConfig } from '../../config/index.ts'
import {
  type Asker,
  invalidTopicName,
  isInternalTopic,
  type MetadataImage,
  type PartitionImage,
} from '../../metadata/index.ts'
import { ErrorCode, type MetadataRequest, type MetadataResponse, metadata } from '../../protocol/index.ts'
import { clusterOperations, operationsNotAsked, topicOperations } from '../authorized-operations.ts'
import type { AutoTopics } from '../auto-topics.ts'
import type { Handler, RequestContext } from '../handler.ts'
import { anyOf, ListenerBrokers } from '../listener-brokers.ts'

type TopicAnswer = MetadataResponse['topics'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

export interface MetadataServices {
  readonly image: () => MetadataImage
  readonly config: () => BrokerConfig
  readonly clusterId: string
  readonly autoTopics: Pick<AutoTopics, 'create'>
  /** Chooses whom a client takes for the controller. */
  readonly chance: RandomStream
}

const topicIdsSince = 12
const listenerErrorSince = 6

function checkTopics(topics: MetadataRequest['topics'], apiVersion: number): void {
  if (topics === null || apiVersion >= topicIdsSince) return
  for (const { name, topicId } of topics) {
    if (name === null) {
      throw new ApiError(ErrorCode.INVALID_REQUEST, `Topic name can not be null for version ${apiVersion}`)
    }
    if (topicId !== zeroUuid) {
      const reason = `Topic IDs are not supported in requests for version ${apiVersion}`
      throw new ApiError(ErrorCode.INVALID_REQUEST, reason)
    }
  }
}

/** One answer: everything in it is of one image. */
class Answer {
  readonly #services: MetadataServices
  readonly #request: MetadataRequest
  readonly #apiVersion: number
  readonly #image: MetadataImage
  readonly #brokers: ListenerBrokers
  readonly #operations: number
  readonly #asker: Asker

  constructor(services: MetadataServices, request: MetadataRequest, context: RequestContext) {
    this.#services = services
    this.#request = request
    this.#apiVersion = context.apiVersion
    const { clientId, correlationId, clientHost, principal } = context
    this.#asker = { clientId, correlationId, clientHost, principal }
    this.#image = services.image()
    this.#brokers = new ListenerBrokers(this.#image, context.listenerName)
    this.#operations = request.includeTopicAuthorizedOperations ? topicOperations : operationsNotAsked
  }

  response(): MetadataResponse {
    const alive = this.#brokers.alive()
    return {
      throttleTimeMs: 0,
      brokers: alive.map(({ brokerId, host, port, rack }) => ({ nodeId: brokerId, host, port, rack })),
      clusterId: this.#services.clusterId,
      controllerId: anyOf(alive, this.#services.chance),
      topics: this.#topics(),
      clusterAuthorizedOperations: this.#request.includeClusterAuthorizedOperations
        ? clusterOperations
        : operationsNotAsked,
      errorCode: ErrorCode.NONE,
    }
  }

  #topics(): readonly TopicAnswer[] {
    const { topics } = this.#request
    if (topics === null || (this.#apiVersion === 0 && topics.length === 0)) {
      return Array.from(this.#image.topics.byName.keys(), (name) => this.#known(name))
    }
    const ids = new Set<Uuid>()
    for (const { topicId } of topics) if (topicId !== zeroUuid) ids.add(topicId)
    // Ids win: who gives one gets no topic by name.
    return ids.size > 0 ? this.#byId(ids) : this.#byName(topics)
  }

  #byId(ids: ReadonlySet<Uuid>): readonly TopicAnswer[] {
    return Array.from(ids, (topicId) => {
      const topic = this.#image.topics.byId.get(topicId)
      if (topic !== undefined) return this.#known(topic.name)
      return {
        ...this.#without(null, ErrorCode.UNKNOWN_TOPIC_ID),
        topicId,
        topicAuthorizedOperations: operationsNotAsked,
      }
    })
  }

  #byName(topics: NonNullable<MetadataRequest['topics']>): readonly TopicAnswer[] {
    const answers: TopicAnswer[] = []
    const missing = new Set<string>()
    const seen = new Set<string>()
    for (const { name } of topics) {
      if (name === null) throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, 'A topic has neither name nor id.')
      if (seen.has(name)) continue
      seen.add(name)
      if (this.#image.topics.byName.has(name)) answers.push(this.#known(name))
      else missing.add(name)
    }
    if (missing.size === 0) return answers
    const mayCreate =
      this.#request.allowAutoTopicCreation && this.#services.config().boolean('auto.create.topics.enable')
    const { autoTopics } = this.#services
    for (const [name, code] of mayCreate ? autoTopics.create(missing, this.#asker) : codesOfMissing(missing)) {
      answers.push(this.#without(name, code))
    }
    return answers
  }

  #without(name: string | null, errorCode: number): TopicAnswer {
    return {
      errorCode,
      name,
      topicId: zeroUuid,
      isInternal: name !== null && isInternalTopic(name),
      partitions: [],
      topicAuthorizedOperations: this.#operations,
    }
  }

  #known(name: string): TopicAnswer {
    const topic = this.#image.topics.byName.get(name)
    if (topic === undefined) return this.#without(name, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    const partitions: PartitionAnswer[] = []
    for (const partition of topic.partitions.values()) partitions.push(this.#partition(partition))
    return {
      errorCode: ErrorCode.NONE,
      name,
      topicId: topic.topicId,
      isInternal: isInternalTopic(name),
      partitions,
      topicAuthorizedOperations: this.#operations,
    }
  }

  #partition(partition: PartitionImage): PartitionAnswer {
    const { replicas, isr, leader } = partition
    const brokers = this.#brokers
    const replicaNodes = this.#apiVersion === 0 ? brokers.available(replicas) : replicas
    const isrNodes = this.#apiVersion === 0 ? brokers.available(isr) : isr
    const hasLeader = brokers.isReachable(leader)
    const isWhole = replicaNodes.length === replicas.length && isrNodes.length === isr.length
    return {
      errorCode: hasLeader ? (isWhole ? ErrorCode.NONE : ErrorCode.REPLICA_NOT_AVAILABLE) : this.#leaderless(leader),
      partitionIndex: partition.partitionId,
      leaderId: hasLeader ? leader : -1,
      leaderEpoch: partition.leaderEpoch,
      replicaNodes,
      isrNodes,
      offlineReplicas: brokers.offlineReplicas(partition),
    }
  }

  /** A leader that is there but not at this listener is a mistake in the configuration: new clients are told. */
  #leaderless(leader: number): number {
    return this.#apiVersion >= listenerErrorSince && this.#brokers.isRegistered(leader)
      ? ErrorCode.LISTENER_NOT_FOUND
      : ErrorCode.LEADER_NOT_AVAILABLE
  }
}

function* codesOfMissing(names: Iterable<string>): Iterable<readonly [name: string, code: number]> {
  for (const name of names) {
    const isInvalid = invalidTopicName(name) !== undefined
    yield [name, isInvalid ? ErrorCode.INVALID_TOPIC_EXCEPTION : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]
  }
}

export function metadataHandler(services: MetadataServices): Handler<MetadataRequest, MetadataResponse> {
  return {
    api: metadata,
    handle(request, context) {
      checkTopics(request.topics, context.apiVersion)
      return new Answer(services, request, context).response()
    },
    fail: (request, { code }) =>
      metadata.response.create({
        topics: (request.topics ?? []).map(({ name, topicId }) => ({ errorCode: code, name: name ?? '', topicId })),
        errorCode: code,
      }),
  }
}
