/** The log directories of brokers, what lies in them, and moving replicas between them (KIP-113, 827). */
import {
  alterReplicaLogDirs as alterApi,
  type DescribeLogDirsResponse,
  describeLogDirs as describeApi,
  ErrorCode,
} from '../../protocol/index.ts'
import type { TopicPartition } from '../consumer/assignors/assignor.ts'
import { KafkaError } from '../kafka-error.ts'
import type { CallOptions } from './admin-options.ts'
import { brokerOf, nothingPasses } from './places.ts'
import { failureOf } from './results.ts'
import type { Routing } from './routing.ts'
import { flat, numbersByTopic, partitionName } from './topic-partitions.ts'

export interface ReplicaInLogDir extends TopicPartition {
  /** Bytes. */
  readonly size: number
  /** How many records it is behind its high watermark; of one that is moved here, behind the one that it takes the place of. */
  readonly offsetLag: number
  /** Being moved here. */
  readonly isFuture: boolean
}

export interface LogDir {
  readonly path: string
  /** Why it is offline; undefined: it is not. */
  readonly error: KafkaError | undefined
  readonly replicas: readonly ReplicaInLogDir[]
  /** Bytes of its volume; -1: not known (before 3.3). */
  readonly totalBytes: number
  readonly usableBytes: number
  /** Gets no new replicas (KIP-1066). */
  readonly isCordoned: boolean
}

export interface BrokerLogDirs {
  readonly brokerId: number
  readonly logDirs: readonly LogDir[]
}

export interface DescribeLogDirsOptions extends CallOptions {
  /** Of which replicas is told; all unless said. */
  readonly partitions?: readonly TopicPartition[]
}

export async function describeLogDirs(
  routing: Routing,
  brokerIds: readonly number[] | 'all',
  options: DescribeLogDirsOptions,
) {
  const deadline = routing.deadline('describeLogDirs', options)
  const topics = options.partitions === undefined ? null : numbersByTopic(options.partitions, 'topic')
  return routing.settle(brokerIds === 'all' ? await routing.brokerIds(deadline) : brokerIds, {
    deadline,
    place: brokerOf((id: number) => id),
    passes: nothingPasses,
    keyOf: String,
    ask: async (to, [brokerId = -1]) => [
      [String(brokerId), brokerLogDirs(brokerId, await to.send(describeApi, { topics }))],
    ],
  })
}

function brokerLogDirs(brokerId: number, { errorCode, results }: DescribeLogDirsResponse): BrokerLogDirs | KafkaError {
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, `broker ${brokerId}`)
  // Before version 3 that is how who may not know is answered.
  if (results.length === 0) return KafkaError.of(ErrorCode.CLUSTER_AUTHORIZATION_FAILED, `broker ${brokerId}`)
  return { brokerId, logDirs: results.map(logDir) }
}

const logDir = (told: DescribeLogDirsResponse['results'][number]): LogDir => ({
  path: told.logDir,
  error: failureOf(told.errorCode, told.logDir),
  replicas: flat(told.topics).map(({ topic, partition, partitionSize, offsetLag, isFutureKey }) => ({
    topic,
    partition,
    size: partitionSize,
    offsetLag,
    isFuture: isFutureKey,
  })),
  totalBytes: told.totalBytes,
  usableBytes: told.usableBytes,
  isCordoned: told.isCordoned,
})

export interface ReplicaToMove extends TopicPartition {
  readonly brokerId: number
  /** As the broker has it in `log.dirs`. */
  readonly logDir: string
}

/** As Kafka writes a replica. */
const replicaName = (it: TopicPartition & { readonly brokerId: number }): string =>
  `${partitionName(it)}-${it.brokerId}`

export function alterReplicaLogDirs(routing: Routing, replicas: readonly ReplicaToMove[], options: CallOptions) {
  return routing.settle(replicas, {
    deadline: routing.deadline('alterReplicaLogDirs', options),
    place: brokerOf(({ brokerId }: ReplicaToMove) => brokerId),
    passes: nothingPasses,
    keyOf: replicaName,
    ask: async (to, them) => {
      const dirs = [...Map.groupBy(them, (it) => it.logDir)].map(([path, of]) => ({
        path,
        topics: numbersByTopic(of, 'name'),
      }))
      const { results } = await to.send(alterApi, { dirs })
      const brokerId = them[0]?.brokerId ?? -1
      return flat(results.map(({ topicName, partitions }) => ({ name: topicName, partitions }))).map((it) => {
        const name = replicaName({ ...it, brokerId })
        return [name, failureOf(it.errorCode, name)] as const
      })
    },
  })
}
