/** Topics are created, deleted and given more partitions. One topic fails for itself; the others go on. */
import { ApiError, countsBy, present, type RandomStream, type Uuid, zeroUuid } from '../../base/index.ts'
import { configOperation, describeTopic } from '../../config/index.ts'
import {
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  type CreateTopicsRequest,
  type CreateTopicsResponse,
  createPartitions,
  createTopics,
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
  deleteTopics,
  ErrorCode,
  removeTopicRecord,
  topicRecord,
} from '../../protocol/index.ts'
import type { MetadataRecord } from '../record.ts'
import type { Configs } from './configs.ts'
import type { ControlledTopic, ControllerState } from './controller-state.ts'
import { addRecords, atomically, type Decision, recordsPerRequestMax, tooManyRecords } from './decision.ts'
import type { MutationQuota } from './mutation-quotas.ts'
import { newId } from './new-id.ts'
import {
  assignedPartition,
  type NewPartition,
  newPartitionRecord,
  partitionsPerRequestMax,
  placedPartitions,
} from './new-partitions.ts'
import { resourceType, type Settings } from './settings.ts'
import { collisionName, invalidTopicName, mayCollide } from './topic-name.ts'

type CreatableTopic = CreateTopicsRequest['topics'][number]
type CreateResult = CreateTopicsResponse['topics'][number]
type DeletableTopic = DeleteTopicsRequest['topics'][number]

const unknownTopic = 'This server does not host this topic-partition.'
const tooMany = 'Excessively large number of partitions per request.'

export interface TopicsOptions {
  readonly state: ControllerState
  readonly settings: Settings
  readonly configs: Configs
  readonly random: RandomStream
}

const nameOf = ({ name }: { readonly name: string }): string => name

/** By collision name, the first of the topics that may have its name at all. */
function firstNames(topics: readonly CreatableTopic[]): ReadonlyMap<string, string> {
  const first = new Map<string, string>()
  for (const { name } of topics) {
    if (!mayCollide(name) || invalidTopicName(name) !== undefined) continue
    const unified = collisionName(name)
    if (!first.has(unified)) first.set(unified, name)
  }
  return first
}

/** `fail` makes an answer of an ApiError; anything else is a fault of ours. */
function answering<R>(decide: () => R, fail: (error: ApiError) => R): R {
  try {
    return decide()
  } catch (error) {
    if (error instanceof ApiError) return fail(error)
    throw error
  }
}

function checkOnce<K>(counts: ReadonlyMap<K, number>, key: K, otherwise: string): void {
  if ((counts.get(key) ?? 0) > 1) throw new ApiError(ErrorCode.INVALID_REQUEST, otherwise)
}

export interface TopicsContext {
  /** Whether the asker may see a new topic's configs. */
  readonly describable: (topic: string) => boolean
  readonly quota: MutationQuota
}

export class Topics {
  readonly #state: ControllerState
  readonly #settings: Settings
  readonly #configs: Configs
  readonly #random: RandomStream

  constructor({ state, settings, configs, random }: TopicsOptions) {
    this.#state = state
    this.#settings = settings
    this.#configs = configs
    this.#random = random
  }

  /** Throws ApiError POLICY_VIOLATION, as Kafka does for the request as a whole and before it looks at any topic. */
  create(request: CreateTopicsRequest, { describable, quota }: TopicsContext): Decision<CreateTopicsResponse> {
    // What is below zero is its topic's fault, and makes no room for others.
    const total = request.topics.reduce((sum, topic) => sum + Math.max(this.#countOf(topic), 0), 0)
    if (total > partitionsPerRequestMax) throw new ApiError(ErrorCode.POLICY_VIOLATION, tooMany)
    const records: MetadataRecord[] = []
    const counts = countsBy(request.topics, nameOf)
    const first = firstNames(request.topics)
    const topics = request.topics.map((topic) => {
      const made: MetadataRecord[] = []
      const result = answering(
        () => {
          checkOnce(counts, topic.name, 'Duplicate topic name.')
          this.#checkName(topic.name, first)
          return this.#create(topic, { describable: describable(topic.name), quota, made })
        },
        ({ code, message }) =>
          present(
            createTopics.response.create({
              topics: [{ name: topic.name, errorCode: code, errorMessage: message || null }],
            }).topics[0],
            'a result',
          ),
      )
      addRecords(records, made)
      return result
    })
    const reply = createTopics.response.create({ topics, throttleTimeMs: quota.throttleTimeMs })
    return atomically(request.validateOnly ? [] : records, reply)
  }

  #countOf({ assignments, numPartitions }: CreatableTopic): number {
    if (assignments.length > 0) return assignments.length
    return numPartitions === -1 ? this.#settings.effective.number('num.partitions') : numPartitions
  }

  #checkName(name: string, asked: ReadonlyMap<string, string>): void {
    const invalid = invalidTopicName(name)
    if (invalid !== undefined) throw new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, invalid)
    if (this.#state.topicIds.has(name)) {
      throw new ApiError(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`)
    }
    const collides = (what: string, other: string): never => {
      throw new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, `Topic '${name}' collides with ${what}: ${other}`)
    }
    const existing = this.#state.topicColliding(name)
    if (existing !== undefined) collides('existing topic', existing)
    const first = asked.get(collisionName(name))
    if (first !== undefined && first !== name) collides('another topic of the request', first)
  }

  #create(
    topic: CreatableTopic,
    given: { readonly describable: boolean; readonly quota: MutationQuota; readonly made: MetadataRecord[] },
  ): CreateResult {
    const { name } = topic
    const { describable, quota, made } = given
    const texts = topic.configs.map((config) => ({ ...config, operation: configOperation.set }))
    const configRecords = this.#configs.operate({ resourceType: resourceType.topic, resourceName: name }, texts)
    const partitions = topic.assignments.length > 0 ? this.#assigned(topic) : this.#placed(topic, this.#countOf(topic))
    quota.record(partitions.length)
    const topicId = newId(this.#random, (id) => this.#state.topics.has(id))
    made.push({ kind: 'topic', value: topicRecord.create({ name, topicId }) }, ...configRecords)
    for (const partition of partitions) made.push(newPartitionRecord(this.#state, topicId, partition))
    return this.#created(topic, { topicId, partitions, describable })
  }

  #assigned(topic: CreatableTopic): readonly NewPartition[] {
    const was = 'A manual partition assignment was specified, but'
    if (topic.replicationFactor !== -1) {
      throw new ApiError(ErrorCode.INVALID_REQUEST, `${was} replication factor was not set to -1.`)
    }
    if (topic.numPartitions !== -1) {
      throw new ApiError(ErrorCode.INVALID_REQUEST, `${was} numPartitions was not set to -1.`)
    }
    const partitions = new Map<number, NewPartition>()
    let replicationFactor: number | undefined
    for (const { partitionIndex, brokerIds } of topic.assignments) {
      if (partitions.has(partitionIndex)) {
        const reason = `Found multiple manual partition assignments for partition ${partitionIndex}`
        throw new ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, reason)
      }
      const given = { partitionId: partitionIndex, replicas: brokerIds, replicationFactor }
      partitions.set(partitionIndex, assignedPartition({ state: this.#state, ...given }))
      replicationFactor = brokerIds.length
    }
    return Array.from({ length: partitions.size }, (_, id) => {
      const partition = partitions.get(id)
      if (partition !== undefined) return partition
      const reason = 'partitions should be a consecutive 0-based integer sequence'
      throw new ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, reason)
    })
  }

  #placed(topic: CreatableTopic, count: number): readonly NewPartition[] {
    if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
      const reason = 'Replication factor must be larger than 0, or -1 to use the default value.'
      throw new ApiError(ErrorCode.INVALID_REPLICATION_FACTOR, reason)
    }
    if (count < 1) {
      const reason = 'Number of partitions was set to an invalid non-positive value.'
      throw new ApiError(ErrorCode.INVALID_PARTITIONS, reason)
    }
    const replicationFactor =
      topic.replicationFactor === -1
        ? this.#settings.effective.number('default.replication.factor')
        : topic.replicationFactor
    return this.#place({ firstPartitionId: 0, count, replicationFactor })
  }

  /** The placement counts brokers that are fenced, as Kafka's does; a partition needs one that is not. */
  #place(options: { readonly firstPartitionId: number; readonly count: number; readonly replicationFactor: number }) {
    const partitions = placedPartitions({ state: this.#state, random: this.#random, ...options })
    if (partitions.every((partition) => partition.isr.length > 0)) return partitions
    const reason = 'All brokers are currently fenced or in controlled shutdown.'
    const what = `Unable to replicate the partition ${options.replicationFactor} time(s): ${reason}`
    throw new ApiError(ErrorCode.INVALID_REPLICATION_FACTOR, what)
  }

  #created(
    { name, configs }: CreatableTopic,
    made: { readonly topicId: Uuid; readonly partitions: readonly NewPartition[]; readonly describable: boolean },
  ): CreateResult {
    const { topicId, partitions, describable } = made
    const hidden = { name, topicId, errorMessage: null, topicConfigErrorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED }
    const texts = new Map(configs.map((config) => [config.name, config.value ?? '']))
    const shown = () => ({
      name,
      topicId,
      errorMessage: null,
      numPartitions: partitions.length,
      replicationFactor: partitions[0]?.replicas.length ?? -1,
      configs: describeTopic(this.#settings.effective, texts).map((entry) => ({
        name: entry.name,
        value: entry.value,
        readOnly: entry.readOnly,
        configSource: entry.source,
        isSensitive: entry.sensitive,
      })),
    })
    const reply = createTopics.response.create({ topics: [describable ? shown() : hidden] })
    return present(reply.topics[0], 'a result')
  }

  /** Versions before 6 name topics, later ones name them or give their ids. */
  delete(request: DeleteTopicsRequest, quota: MutationQuota): Decision<DeleteTopicsResponse> {
    const asked = [...request.topics, ...request.topicNames.map((name) => ({ name, topicId: zeroUuid }))]
    const counts = countsBy(asked, ({ name, topicId }) => (name === null ? topicId : this.#state.topicIds.get(name)))
    const records: MetadataRecord[] = []
    const responses = asked.map((topic) => {
      let found: ControlledTopic | undefined
      const answer = (errorCode: number, errorMessage: string | null) => ({
        name: found?.name ?? topic.name,
        topicId: found?.topicId ?? topic.topicId,
        errorCode,
        errorMessage,
      })
      return answering(
        () => {
          found = this.#toDelete(topic, counts)
          quota.record(found.partitionCount)
          // As in Kafka: neither for the whole request, nor with a reason.
          if (records.length >= recordsPerRequestMax) throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, '')
          const value = removeTopicRecord.create({ topicId: found.topicId })
          records.push({ kind: 'removeTopic', value })
          return answer(ErrorCode.NONE, null)
        },
        (error) => answer(error.code, error.message || null),
      )
    })
    const { throttleTimeMs } = quota
    return atomically(records, deleteTopics.response.create({ responses, throttleTimeMs }))
  }

  #find({ name, topicId }: DeletableTopic): ControlledTopic {
    if (name !== null) {
      const topic = this.#state.topicByName(name)
      if (topic === undefined) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, unknownTopic)
      return topic
    }
    const topic = this.#state.topics.get(topicId)
    if (topic === undefined) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_ID, 'This server does not host this topic ID.')
    return topic
  }

  #toDelete(topic: DeletableTopic, counts: ReadonlyMap<Uuid | undefined, number>): ControlledTopic {
    const { name, topicId } = topic
    if (!this.#settings.effective.boolean('delete.topic.enable')) {
      throw new ApiError(ErrorCode.TOPIC_DELETION_DISABLED, 'Topic deletion is disabled.')
    }
    if (name === null && topicId === zeroUuid) {
      throw new ApiError(ErrorCode.INVALID_REQUEST, 'Neither topic name nor id were specified.')
    }
    if (name !== null && topicId !== zeroUuid) {
      throw new ApiError(ErrorCode.INVALID_REQUEST, 'You may not specify both topic name and topic id.')
    }
    const found = this.#find(topic)
    checkOnce(counts, found.topicId, name === null ? 'Duplicate topic id.' : 'Duplicate topic name.')
    return found
  }

  /** Throws ApiError POLICY_VIOLATION for more topics than one request may name. */
  createPartitions(request: CreatePartitionsRequest, quota: MutationQuota): Decision<CreatePartitionsResponse> {
    if (request.topics.length > recordsPerRequestMax) throw tooManyRecords()
    const records: MetadataRecord[] = []
    const counts = countsBy(request.topics, nameOf)
    const added = request.topics.map(({ name, count }) => count - (this.#state.topicByName(name)?.partitionCount ?? 0))
    const total = added.reduce((sum, count) => sum + Math.max(count, 0), 0)
    const results = request.topics.map((topic) => {
      const answer = (errorCode: number, errorMessage: string | null) => ({ name: topic.name, errorCode, errorMessage })
      return answering(
        () => {
          if (total > partitionsPerRequestMax) throw new ApiError(ErrorCode.POLICY_VIOLATION, tooMany)
          checkOnce(counts, topic.name, 'Duplicate topic name.')
          records.push(...this.#morePartitions(topic, quota))
          return answer(ErrorCode.NONE, null)
        },
        (error) => answer(error.code, error.message || null),
      )
    })
    const reply = createPartitions.response.create({ results, throttleTimeMs: quota.throttleTimeMs })
    return atomically(request.validateOnly ? [] : records, reply)
  }

  #morePartitions(
    { name, count, assignments }: CreatePartitionsRequest['topics'][number],
    quota: MutationQuota,
  ): readonly MetadataRecord[] {
    const topic = this.#state.topicByName(name)
    // Kafka has no words for it here, and has them when topics are deleted.
    if (topic === undefined) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, '')
    const { topicId, partitionCount } = topic
    if (count === partitionCount) {
      throw new ApiError(ErrorCode.INVALID_PARTITIONS, `Topic already has ${partitionCount} partition(s).`)
    }
    if (count < partitionCount) {
      const has = `The topic ${name} currently has ${partitionCount} partition(s)`
      throw new ApiError(ErrorCode.INVALID_PARTITIONS, `${has}; ${count} would not be an increase.`)
    }
    const additional = count - partitionCount
    if (assignments !== null && assignments.length !== additional) {
      const given = `only ${assignments.length} assignment(s) were specified.`
      const reason = `Attempted to add ${additional} additional partition(s), but ${given}`
      throw new ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, reason)
    }
    quota.record(additional)
    const first = present(this.#state.partition(topicId, 0), 'the first partition of a topic')
    const replicationFactor = first.replicas.length
    const partitions =
      assignments === null
        ? this.#place({ firstPartitionId: partitionCount, count: additional, replicationFactor })
        : assignments.map(({ brokerIds }, i) => {
            const given = { partitionId: partitionCount + i, replicas: brokerIds, replicationFactor }
            return assignedPartition({ state: this.#state, ...given })
          })
    return partitions.map((partition) => newPartitionRecord(this.#state, topicId, partition))
  }
}
