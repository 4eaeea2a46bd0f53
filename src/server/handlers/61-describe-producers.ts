/**
 * DescribeProducers (61), version 0: the idempotent and transactional producers that a partition remembers (KIP-664), so
 * that a person finds the transaction that hangs. Any replica answers.
 */
import { ApiError } from '../../base/index.ts'
import type { ProducerEntry } from '../../log/index.ts'
import { invalidTopicName } from '../../metadata/index.ts'
import {
  type DescribeProducersRequest,
  type DescribeProducersResponse,
  describeProducers,
  ErrorCode,
} from '../../protocol/index.ts'
import type { ReplicaManager } from '../../replication/index.ts'
import type { Handler } from '../handler.ts'

export interface DescribeProducersServices {
  readonly replicas: ReplicaManager
}

type PartitionReply = DescribeProducersResponse['topics'][number]['partitions'][number]

export function describeProducersHandler({
  replicas,
}: DescribeProducersServices): Handler<DescribeProducersRequest, DescribeProducersResponse> {
  return {
    api: describeProducers,
    handle: (request) => ({
      throttleTimeMs: 0,
      topics: request.topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => describe(replicas, name, partitionIndex)),
      })),
    }),
  }
}

function describe(replicas: ReplicaManager, topic: string, partitionIndex: number): PartitionReply {
  try {
    const reason = invalidTopicName(topic)
    if (reason !== undefined) throw new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, reason)
    const partition = replicas.get(topic, partitionIndex) ?? replicas.leader(topic, partitionIndex)
    if (partition.isOffline) {
      throw new ApiError(ErrorCode.KAFKA_STORAGE_ERROR, `the log directory of ${partition.name} is offline`)
    }
    const activeProducers = partition.log.producers.map(stateOf)
    return { partitionIndex, errorCode: ErrorCode.NONE, errorMessage: null, activeProducers }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { partitionIndex, errorCode: error.code, errorMessage: error.message, activeProducers: [] }
  }
}

const stateOf = (entry: ProducerEntry): PartitionReply['activeProducers'][number] => ({
  producerId: entry.producerId,
  producerEpoch: entry.producerEpoch,
  lastSequence: entry.batches.at(-1)?.lastSequence ?? -1,
  lastTimestamp: BigInt(entry.lastTimestamp),
  coordinatorEpoch: entry.coordinatorEpoch,
  currentTxnStartOffset: entry.currentTxnFirstOffset,
})
