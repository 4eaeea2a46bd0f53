/** Topics: which there are, what they are, making them, giving them more partitions, and taking them away. */
import { type Uuid, uuidFromString, uuidToString, zeroUuid } from '../../base/index.ts'
import { createTopics as createApi, createPartitions as createPartitionsApi, ErrorCode } from '../../protocol/index.ts'
import { checkNames } from '../connection-options.ts'
import { KafkaError } from '../kafka-error.ts'
import { type CallOptions, checkInteger } from './admin-options.ts'
import { type ConfigEntry, type ConfigValue, configText, entryOf } from './config-entry.ts'
import { controllerPasses, movedController, theController } from './places.ts'
import { failureOf } from './results.ts'
import type { Routing } from './routing.ts'

export interface NewTopicOptions {
  /** Default: as the broker is configured (`num.partitions`), from Kafka 2.4 on. */
  readonly partitions?: number
  /** Default: as the broker is configured (`default.replication.factor`), from Kafka 2.4 on. */
  readonly replicationFactor?: number
  /** Brokers of each partition, the preferred leader first; says how many partitions and replicas there are. */
  readonly assignments?: readonly (readonly number[])[]
  readonly configs?: Readonly<Record<string, ConfigValue>>
}

export interface NewTopic extends NewTopicOptions {
  readonly name: string
}

/** As it was made; undefined: the broker does not tell (before 2.4, the id before 2.8), or the caller may not know. */
export interface CreatedTopic {
  readonly name: string
  readonly id: string | undefined
  readonly partitions: number | undefined
  readonly replicationFactor: number | undefined
  readonly configs: ReadonlyMap<string, ConfigEntry> | undefined
}

export interface MutationOptions extends CallOptions {
  /** Whether what a quota does not allow now is asked for again (KIP-599). Default true. */
  readonly retryOnQuotaViolation?: boolean
}

export interface ValidatedOptions extends MutationOptions {
  /** Whether it is only checked, and nothing is changed. */
  readonly validateOnly?: boolean
}

export const passesOf = ({ retryOnQuotaViolation = true }: MutationOptions) =>
  retryOnQuotaViolation ? controllerPasses : movedController

export const idText = (id: Uuid): string | undefined => (id === zeroUuid ? undefined : uuidToString(id))

/** Throws KafkaError. */
export function idOf(text: string): Uuid {
  try {
    return uuidFromString(text)
  } catch (cause) {
    throw new KafkaError('INVALID_ARGUMENT', `'${text}' is no id of a topic`, { cause })
  }
}

/** Versions in which a broker takes its own defaults. */
const defaultsSince = 4

export function createTopics(routing: Routing, topics: readonly NewTopic[], options: ValidatedOptions) {
  const forms = new Map(topics.map((topic) => [topic.name, formOf(topic)]))
  const takesDefaults = [...forms.values()].some(
    ({ assignments, numPartitions, replicationFactor }) =>
      assignments.length === 0 && (numPartitions === -1 || replicationFactor === -1),
  )
  const min = takesDefaults ? defaultsSince : createApi.versions[0]
  return routing.settle(forms.keys(), {
    deadline: routing.deadline('createTopics', options),
    place: theController,
    passes: passesOf(options),
    keyOf: (name) => name,
    ask: async (to, names) => {
      const { topics: told } = await to.send(
        createApi,
        {
          topics: names.flatMap((name) => forms.get(name) ?? []),
          timeoutMs: to.timeoutMs,
          validateOnly: options.validateOnly ?? false,
        },
        [min, createApi.versions[1]],
      )
      return told.map((it) => [it.name, createdTopic(it)] as const)
    },
  })
}

const newTopicNames = { name: '', partitions: 0, replicationFactor: 0, assignments: [], configs: {} }

function formOf(topic: NewTopic) {
  checkNames(topic, newTopicNames)
  const { name, partitions = -1, replicationFactor = -1, assignments = [], configs = {} } = topic
  checkInteger(`topic '${name}', partitions`, partitions, { min: -1 })
  checkInteger(`topic '${name}', replicationFactor`, replicationFactor, { min: -1, max: 2 ** 15 - 1 })
  const isAssigned = assignments.length > 0
  if (isAssigned && (partitions !== -1 || replicationFactor !== -1)) {
    throw new KafkaError(
      'INVALID_ARGUMENT',
      `topic '${name}': assignments say how many partitions and replicas there are`,
    )
  }
  return {
    name,
    numPartitions: partitions,
    replicationFactor,
    assignments: assignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value: configText(value) })),
  }
}

type ToldTopic = Parameters<typeof createApi.response.encode>[2]['topics'][number]

function createdTopic(told: ToldTopic): CreatedTopic | KafkaError {
  const { name, topicId, errorCode, errorMessage, numPartitions, replicationFactor, configs } = told
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, `topic '${name}'`, errorMessage)
  const isTold = told.topicConfigErrorCode === ErrorCode.NONE && configs !== null && numPartitions >= 0
  return {
    name,
    id: idText(topicId),
    partitions: numPartitions < 0 ? undefined : numPartitions,
    replicationFactor: replicationFactor < 0 ? undefined : replicationFactor,
    configs: isTold ? new Map(configs.map((it) => [it.name, entryOf(it)])) : undefined,
  }
}

/** How many partitions a topic is to have; with `assignments` the brokers of each new one. */
export interface NewPartitions {
  readonly count: number
  readonly assignments?: readonly (readonly number[])[]
}

export function createPartitions(
  routing: Routing,
  counts: Readonly<Record<string, number | NewPartitions>>,
  options: ValidatedOptions,
) {
  const forms = new Map(
    Object.entries(counts).map(([name, given]) => {
      const { count, assignments }: NewPartitions = typeof given === 'number' ? { count: given } : given
      checkInteger(`topic '${name}', partitions`, count)
      return [name, { name, count, assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null }] as const
    }),
  )
  return routing.settle(forms.keys(), {
    deadline: routing.deadline('createPartitions', options),
    place: theController,
    passes: passesOf(options),
    keyOf: (name) => name,
    ask: async (to, names) => {
      const { results } = await to.send(createPartitionsApi, {
        topics: names.flatMap((name) => forms.get(name) ?? []),
        timeoutMs: to.timeoutMs,
        validateOnly: options.validateOnly ?? false,
      })
      return results.map(
        ({ name, errorCode, errorMessage }) => [name, failureOf(errorCode, `topic '${name}'`, errorMessage)] as const,
      )
    },
  })
}
