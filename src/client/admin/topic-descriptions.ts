/** Topics as they are: which there are, and who has their partitions; and taking them away, by name or by id (KIP-516). */
import { zeroUuid } from '../../base/index.ts'
import { deleteTopics as deleteApi, ErrorCode, type MetadataResponse, metadata } from '../../protocol/index.ts'
import { KafkaError } from '../kafka-error.ts'
import { type AclOperation, operationsOf } from './acl-operations.ts'
import type { Addressee } from './addressee.ts'
import type { CallOptions } from './admin-options.ts'
import { anyBroker, nothingPasses, theController } from './places.ts'
import { failureOf } from './results.ts'
import type { Routing } from './routing.ts'
import { idOf, idText, type MutationOptions, passesOf } from './topics.ts'

/** Topics by name, or by the id that tells them from others that had, or get, the same name. */
export type TopicSelection = readonly string[] | { readonly ids: readonly string[] }

export interface TopicListing {
  readonly name: string
  /** Undefined where brokers do not tell (before 2.8). */
  readonly id: string | undefined
  readonly isInternal: boolean
}

export interface ListTopicsOptions extends CallOptions {
  /** Also the topics of Kafka itself. Default false. */
  readonly listInternal?: boolean
}

export interface PartitionDescription {
  readonly partition: number
  /** Undefined: nobody leads it. */
  readonly leader: number | undefined
  /** -1 where brokers do not tell (before 2.4). */
  readonly leaderEpoch: number
  /** The preferred leader first. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
}

export interface TopicDescription extends TopicListing {
  /** By number. */
  readonly partitions: readonly PartitionDescription[]
  /** What the caller may do with the topic; undefined: not asked for, or not told. */
  readonly authorizedOperations: readonly AclOperation[] | undefined
}

export interface DescribeTopicsOptions extends CallOptions {
  readonly includeAuthorizedOperations?: boolean
}

type Told = MetadataResponse['topics'][number]

/** In which a topic that is asked for by its id is answered. */
const byIdSince = 12

export function listTopics(routing: Routing, options: ListTopicsOptions): Promise<readonly TopicListing[]> {
  return routing.one({
    deadline: routing.deadline('listTopics', options),
    place: anyBroker,
    passes: nothingPasses,
    ask: async (to) => {
      const { topics } = await to.send(metadata, { topics: null, allowAutoTopicCreation: false })
      return topics.map(listing).filter(({ isInternal }) => options.listInternal === true || !isInternal)
    },
  })
}

const listing = ({ name, topicId, isInternal }: Told): TopicListing => ({
  name: name ?? '',
  id: idText(topicId),
  isInternal,
})

export function describeTopics(routing: Routing, selection: TopicSelection, options: DescribeTopicsOptions) {
  const byId = 'ids' in selection
  return routing.settle(byId ? selection.ids : selection, {
    deadline: routing.deadline('describeTopics', options),
    place: anyBroker,
    passes: nothingPasses,
    keyOf: (it) => it,
    ask: async (to, asked) => {
      const topics = asked.map((it) => (byId ? { name: null, topicId: idOf(it) } : { name: it, topicId: zeroUuid }))
      const { topics: told } = await to.send(
        metadata,
        {
          topics,
          allowAutoTopicCreation: false,
          includeTopicAuthorizedOperations: options.includeAuthorizedOperations ?? false,
        },
        // Before 4, who asks for a topic may make it.
        [byId ? byIdSince : 4, metadata.versions[1]],
      )
      return told.map((it) => [(byId ? idText(it.topicId) : it.name) ?? '', description(it)] as const)
    },
  })
}

function description(told: Told): TopicDescription | KafkaError {
  const { name, topicId, errorCode } = told
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, `topic '${name ?? idText(topicId)}'`)
  const partitions = told.partitions.map((it) => ({
    partition: it.partitionIndex,
    leader: it.leaderId < 0 ? undefined : it.leaderId,
    leaderEpoch: it.leaderEpoch,
    replicas: it.replicaNodes,
    isr: it.isrNodes,
    offlineReplicas: it.offlineReplicas,
  }))
  return {
    ...listing(told),
    partitions: partitions.sort((a, b) => a.partition - b.partition),
    authorizedOperations: operationsOf(told.topicAuthorizedOperations),
  }
}

export function deleteTopics(routing: Routing, selection: TopicSelection, options: MutationOptions) {
  const byId = 'ids' in selection
  return routing.settle(byId ? selection.ids : selection, {
    deadline: routing.deadline('deleteTopics', options),
    place: theController,
    passes: passesOf(options),
    keyOf: (it) => it,
    ask: async (to, asked) => {
      const responses = await (byId ? deleteById(to, asked) : deleteByName(to, asked))
      return responses.map(({ name, topicId, errorCode, errorMessage }) => {
        const key = (byId ? idText(topicId) : name) ?? ''
        return [key, failureOf(errorCode, `topic '${name ?? key}'`, errorMessage)] as const
      })
    },
  })
}

const idVersions = [6, deleteApi.versions[1]] as const

const deleteById = async (to: Addressee, ids: readonly string[]) => {
  const topics = ids.map((id) => ({ name: null, topicId: idOf(id) }))
  return (await to.send(deleteApi, { topics, timeoutMs: to.timeoutMs }, idVersions)).responses
}

const deleteByName = async (to: Addressee, names: readonly string[]) => {
  const topics = names.map((name) => ({ name, topicId: zeroUuid }))
  return (await to.send(deleteApi, { topics, topicNames: names, timeoutMs: to.timeoutMs })).responses
}
