/** Transactions and those who have them (KIP-664, 994): who writes to partitions, what is open, and ending what hangs. */
import {
  type DescribeProducersResponse,
  type DescribeTransactionsResponse,
  describeTransactions as describeApi,
  ErrorCode,
  initProducerId,
  listTransactions as listApi,
  describeProducers as producersApi,
  writeTxnMarkers,
} from '../../protocol/index.ts'
import type { TopicPartition } from '../consumer/assignors/assignor.ts'
import { KafkaError } from '../kafka-error.ts'
import type { CallOptions } from './admin-options.ts'
import { coordinatorPasses, coordinators, fencingPasses } from './coordinators.ts'
import { brokerOf, leaders, passing } from './places.ts'
import { failureOf } from './results.ts'
import type { Routing } from './routing.ts'
import { flat, partitionName } from './topic-partitions.ts'

export interface ProducerState {
  readonly producerId: number
  readonly producerEpoch: number
  /** -1: none. */
  readonly lastSequence: number
  /** Of its last batch; -1: none. */
  readonly lastTimestampMs: number
  /** Of the coordinator that ended its last transaction; undefined: none has. */
  readonly coordinatorEpoch: number | undefined
  /** Where its open transaction begins; undefined: none is open. */
  readonly currentTransactionStartOffset: number | undefined
}

export interface PartitionProducers extends TopicPartition {
  readonly producers: readonly ProducerState[]
}

export interface DescribeProducersOptions extends CallOptions {
  /** Who is asked; who leads the partition unless told. */
  readonly brokerId?: number
}

const leaderPasses = passing([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'BROKER_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
])
const brokerPasses = passing(['UNKNOWN_TOPIC_OR_PARTITION'])

export function describeProducers(
  routing: Routing,
  partitions: readonly TopicPartition[],
  options: DescribeProducersOptions,
) {
  const { brokerId } = options
  return routing.settle(partitions, {
    deadline: routing.deadline('describeProducers', options),
    place: brokerId === undefined ? leaders : brokerOf(() => brokerId),
    passes: brokerId === undefined ? leaderPasses : brokerPasses,
    keyOf: partitionName,
    ask: async (to, them) => {
      const topics = [...Map.groupBy(them, ({ topic }) => topic)].map(([name, of]) => ({
        name,
        partitionIndexes: of.map(({ partition }) => partition),
      }))
      return flat((await to.send(producersApi, { topics })).topics).map((it) => [partitionName(it), producersOf(it)])
    },
  })
}

type ToldProducers = DescribeProducersResponse['topics'][number]['partitions'][number]

function producersOf(told: ToldProducers & TopicPartition): PartitionProducers | KafkaError {
  const { topic, partition, errorCode, errorMessage, activeProducers } = told
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, partitionName(told), errorMessage)
  const producers = activeProducers.map((it) => ({
    producerId: it.producerId,
    producerEpoch: it.producerEpoch,
    lastSequence: it.lastSequence,
    lastTimestampMs: Number(it.lastTimestamp),
    coordinatorEpoch: it.coordinatorEpoch < 0 ? undefined : it.coordinatorEpoch,
    currentTransactionStartOffset: it.currentTxnStartOffset < 0 ? undefined : it.currentTxnStartOffset,
  }))
  return { topic, partition, producers }
}

export interface TransactionListing {
  readonly transactionalId: string
  readonly producerId: number
  /** As its coordinator writes it: `Ongoing`, `CompleteCommit`. */
  readonly state: string
  /** The broker that coordinates it. */
  readonly coordinatorId: number
}

export interface ListTransactionsOptions extends CallOptions {
  readonly states?: readonly string[]
  readonly producerIds?: readonly number[]
  /** Only those that are open for longer, from Kafka 3.8 on. */
  readonly durationMs?: number
  /** A regular expression (RE2) that the whole id is to match, from Kafka 4.1 on. */
  readonly transactionalIdPattern?: string
}

const durationSince = 1
const patternSince = 2

/** Each broker knows those that it coordinates. */
export async function listTransactions(routing: Routing, options: ListTransactionsOptions) {
  const { states = [], producerIds = [], durationMs, transactionalIdPattern } = options
  const deadline = routing.deadline('listTransactions', options)
  const min = transactionalIdPattern !== undefined ? patternSince : durationMs !== undefined ? durationSince : 0
  const request = {
    stateFilters: states,
    producerIdFilters: producerIds,
    durationFilter: durationMs ?? -1,
    transactionalIdPattern: transactionalIdPattern ?? null,
  }
  return routing.settle(await routing.brokerIds(deadline), {
    deadline,
    place: brokerOf((id: number) => id),
    passes: coordinatorPasses,
    keyOf: String,
    ask: async (to, [brokerId = -1]) => {
      const told = await to.send(listApi, request, [min, listApi.versions[1]])
      if (told.errorCode !== ErrorCode.NONE) throw KafkaError.of(told.errorCode, `broker ${brokerId}`)
      const listings = told.transactionStates.map(
        ({ transactionalId, producerId, transactionState: state }): TransactionListing => ({
          transactionalId,
          producerId,
          state,
          coordinatorId: brokerId,
        }),
      )
      return [[String(brokerId), listings]]
    },
  })
}

export interface TransactionDescription {
  readonly transactionalId: string
  readonly state: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly transactionTimeoutMs: number
  /** Undefined: none is open. */
  readonly transactionStartTimeMs: number | undefined
  readonly partitions: readonly TopicPartition[]
}

export function describeTransactions(routing: Routing, transactionalIds: readonly string[], options: CallOptions) {
  return routing.settle(transactionalIds, {
    deadline: routing.deadline('describeTransactions', options),
    place: coordinators('transaction', (it) => it),
    passes: coordinatorPasses,
    keyOf: (it) => it,
    ask: async (to, ids) => {
      const { transactionStates } = await to.send(describeApi, { transactionalIds: ids })
      return transactionStates.map((it) => [it.transactionalId, transactionOf(it)])
    },
  })
}

function transactionOf(
  told: DescribeTransactionsResponse['transactionStates'][number],
): TransactionDescription | KafkaError {
  const { transactionalId, errorCode, transactionStartTimeMs } = told
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, `transactional id '${transactionalId}'`)
  return {
    transactionalId,
    state: told.transactionState,
    producerId: told.producerId,
    producerEpoch: told.producerEpoch,
    transactionTimeoutMs: told.transactionTimeoutMs,
    transactionStartTimeMs: transactionStartTimeMs < 0 ? undefined : transactionStartTimeMs,
    partitions: told.topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition }))),
  }
}

/** What hangs, as `describeProducers` tells it; the epoch of the coordinator 0 where that tells none. */
export interface AbortedTransaction extends TopicPartition {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch?: number
}

export async function abortTransaction(routing: Routing, aborted: AbortedTransaction, options: CallOptions) {
  const { topic, partition, producerId, producerEpoch, coordinatorEpoch = 0 } = aborted
  return routing.settle([aborted], {
    deadline: routing.deadline('abortTransaction', options),
    place: leaders,
    passes: leaderPasses,
    keyOf: partitionName,
    ask: async (to) => {
      const { markers } = await to.send(writeTxnMarkers, {
        markers: [
          {
            producerId,
            producerEpoch,
            coordinatorEpoch,
            transactionResult: false,
            topics: [{ name: topic, partitionIndexes: [partition] }],
          },
        ],
      })
      return flat(markers.flatMap(({ topics }) => topics)).map((it) => {
        const name = partitionName(it)
        return [name, failureOf(it.errorCode, name)] as const
      })
    },
  })
}

export interface FencedProducer {
  readonly transactionalId: string
  readonly producerId: number
  /** What was written in the name of epochs before is aborted, and refused from now on. */
  readonly producerEpoch: number
}

/** As a producer that takes the place of the one that there is. */
export function fenceProducers(routing: Routing, transactionalIds: readonly string[], options: CallOptions) {
  return routing.settle(transactionalIds, {
    deadline: routing.deadline('fenceProducers', options),
    place: coordinators('transaction', (it) => it),
    passes: fencingPasses,
    keyOf: (it) => it,
    ask: (to, ids) =>
      Promise.all(
        ids.map(async (transactionalId) => {
          const transactionTimeoutMs = options.timeoutMs ?? to.timeoutMs
          const told = await to.send(initProducerId, { transactionalId, transactionTimeoutMs })
          const { errorCode, producerId, producerEpoch } = told
          const fenced: FencedProducer = { transactionalId, producerId, producerEpoch }
          return [transactionalId, failureOf(errorCode, `transactional id '${transactionalId}'`) ?? fenced] as const
        }),
      ),
  })
}
