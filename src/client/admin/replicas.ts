/** Who leads partitions (KIP-183, 460), and which brokers have them (KIP-455). */
import {
  alterPartitionReassignments as alterApi,
  ErrorCode,
  electLeaders as electApi,
  listPartitionReassignments as listApi,
} from '../../protocol/index.ts'
import type { TopicPartition } from '../consumer/assignors/assignor.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Addressee } from './addressee.ts'
import type { CallOptions } from './admin-options.ts'
import { movedController, theController } from './places.ts'
import { failureOf } from './results.ts'
import type { Routing } from './routing.ts'
import { flat, numbersByTopic, partitionName } from './topic-partitions.ts'

export interface ElectLeadersOptions extends CallOptions {
  /** `preferred`: the first of the replicas, if it is in sync. `unclean`: any, where nobody leads; records may be lost. Default `preferred`. */
  readonly type?: 'preferred' | 'unclean'
}

export interface ElectedLeader extends TopicPartition {
  /** False: it had the right leader. */
  readonly isElected: boolean
}

const electionTypes = { preferred: 0, unclean: 1 } as const

async function elect(
  to: Addressee,
  partitions: readonly TopicPartition[] | null,
  { type = 'preferred' }: ElectLeadersOptions,
) {
  const request = {
    electionType: electionTypes[type],
    topicPartitions: partitions === null ? null : numbersByTopic(partitions, 'topic'),
    timeoutMs: to.timeoutMs,
  }
  const told = await to.send(electApi, request, [type === 'unclean' ? 1 : 0, electApi.versions[1]])
  if (told.errorCode !== ErrorCode.NONE) throw KafkaError.of(told.errorCode, 'electLeaders')
  return told.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
    partitionResult.map(({ partitionId: partition, errorCode, errorMessage }) => {
      const name = partitionName({ topic, partition })
      const failure = errorCode === ErrorCode.ELECTION_NOT_NEEDED ? undefined : failureOf(errorCode, name, errorMessage)
      const elected: ElectedLeader = { topic, partition, isElected: errorCode === ErrorCode.NONE }
      return [name, failure ?? elected] as const
    }),
  )
}

export async function electLeaders(
  routing: Routing,
  partitions: readonly TopicPartition[] | 'all',
  options: ElectLeadersOptions,
): Promise<ReadonlyMap<string, ElectedLeader | KafkaError>> {
  const asked = { deadline: routing.deadline('electLeaders', options), passes: movedController }
  if (partitions !== 'all') {
    return routing.settle(partitions, {
      ...asked,
      place: theController,
      keyOf: partitionName,
      ask: (to, them) => elect(to, them, options),
    })
  }
  const told = await routing.one({ ...asked, place: theController, ask: (to) => elect(to, null, options) })
  return new Map(told)
}

export interface NewReassignment extends TopicPartition {
  /** The preferred leader first. Null: what is under way is ended, and taken back. */
  readonly replicas: readonly number[] | null
}

export interface AlterReassignmentsOptions extends CallOptions {
  /** Whether a partition may have more or fewer replicas than it has. Default true; false from Kafka 4.1 on (KIP-860). */
  readonly allowReplicationFactorChange?: boolean
}

export function alterPartitionReassignments(
  routing: Routing,
  given: readonly NewReassignment[],
  options: AlterReassignmentsOptions,
) {
  const { allowReplicationFactorChange = true } = options
  return routing.settle(given, {
    deadline: routing.deadline('alterPartitionReassignments', options),
    place: theController,
    passes: movedController,
    keyOf: partitionName,
    ask: async (to, them) => {
      const topics = [...Map.groupBy(them, ({ topic }) => topic)].map(([name, of]) => ({
        name,
        partitions: of.map(({ partition, replicas }) => ({ partitionIndex: partition, replicas })),
      }))
      const told = await to.send(alterApi, { timeoutMs: to.timeoutMs, allowReplicationFactorChange, topics }, [
        allowReplicationFactorChange ? 0 : 1,
        alterApi.versions[1],
      ])
      const { errorCode, errorMessage, responses } = told
      if (errorCode !== ErrorCode.NONE) throw KafkaError.of(errorCode, 'alterPartitionReassignments', errorMessage)
      return flat(responses).map((it) => {
        const name = partitionName(it)
        return [name, failureOf(it.errorCode, name, it.errorMessage)] as const
      })
    },
  })
}

export interface PartitionReassignment extends TopicPartition {
  /** All that have it now, with those that come and go. */
  readonly replicas: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
}

export interface ListReassignmentsOptions extends CallOptions {
  /** All unless told. */
  readonly partitions?: readonly TopicPartition[]
}

export function listPartitionReassignments(
  routing: Routing,
  options: ListReassignmentsOptions,
): Promise<ReadonlyMap<string, PartitionReassignment>> {
  const topics =
    options.partitions === undefined
      ? null
      : numbersByTopic(options.partitions, 'name').map(({ name, partitions }) => ({
          name,
          partitionIndexes: partitions,
        }))
  return routing.one({
    deadline: routing.deadline('listPartitionReassignments', options),
    place: theController,
    passes: movedController,
    ask: async (to) => {
      const told = await to.send(listApi, { timeoutMs: to.timeoutMs, topics })
      const { errorCode, errorMessage } = told
      if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, 'listPartitionReassignments', errorMessage)
      return new Map(
        flat(told.topics).map(({ topic, partition, replicas, addingReplicas, removingReplicas }) => [
          partitionName({ topic, partition }),
          { topic, partition, replicas, addingReplicas, removingReplicas },
        ]),
      )
    },
  })
}
