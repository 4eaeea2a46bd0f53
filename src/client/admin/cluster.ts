/** The cluster as a whole (KIP-700). */
import { describeCluster as api, ErrorCode, metadata } from '../../protocol/index.ts'
import { brokerView } from '../cluster/cluster-view.ts'
import { KafkaError } from '../kafka-error.ts'
import { type AclOperation, operationsOf } from './acl-operations.ts'
import type { Addressee } from './addressee.ts'
import type { CallOptions } from './admin-options.ts'
import { anyBroker, nothingPasses } from './places.ts'
import type { Routing } from './routing.ts'

export interface Broker {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  /** Registered, but not in use; only there where they were asked for. */
  readonly isFenced: boolean
}

export interface ClusterDescription {
  /** Null: a broker before 0.10.1. */
  readonly clusterId: string | null
  /** Whom requests for the controller may be sent to; undefined: none is known. */
  readonly controllerId: number | undefined
  readonly brokers: readonly Broker[]
  /** What the caller may do with the cluster; undefined: not asked for, or not told. */
  readonly authorizedOperations: readonly AclOperation[] | undefined
}

export interface DescribeClusterOptions extends CallOptions {
  readonly includeAuthorizedOperations?: boolean
  /** Also those that are registered and not in use (KIP-1073), from Kafka 4.0 on. */
  readonly includeFencedBrokers?: boolean
}

export function describeCluster(routing: Routing, options: DescribeClusterOptions): Promise<ClusterDescription> {
  const ask = (to: Addressee): Promise<ClusterDescription | KafkaError> =>
    options.includeFencedBrokers === true
      ? describe(to, options)
      : to.either(
          () => describe(to, options),
          () => describeByMetadata(to, options),
        )
  return routing.one({
    deadline: routing.deadline('describeCluster', options),
    place: anyBroker,
    passes: nothingPasses,
    ask,
  })
}

async function describe(to: Addressee, options: DescribeClusterOptions): Promise<ClusterDescription | KafkaError> {
  const { includeAuthorizedOperations = false, includeFencedBrokers = false } = options
  const told = await to.send(
    api,
    { includeClusterAuthorizedOperations: includeAuthorizedOperations, includeFencedBrokers },
    [includeFencedBrokers ? 2 : 0, api.versions[1]],
  )
  if (told.errorCode !== ErrorCode.NONE) return KafkaError.of(told.errorCode, 'describeCluster', told.errorMessage)
  const { clusterId, controllerId, brokers, clusterAuthorizedOperations } = told
  return {
    clusterId,
    controllerId: controllerId < 0 ? undefined : controllerId,
    brokers: brokers.map(({ brokerId, host, port, rack, isFenced }) => ({ id: brokerId, host, port, rack, isFenced })),
    authorizedOperations: operationsOf(clusterAuthorizedOperations),
  }
}

/** For brokers before 2.8. */
async function describeByMetadata(
  to: Addressee,
  { includeAuthorizedOperations = false }: DescribeClusterOptions,
): Promise<ClusterDescription> {
  const { clusterId, controllerId, brokers, clusterAuthorizedOperations } = await to.send(
    metadata,
    { topics: [], allowAutoTopicCreation: false, includeClusterAuthorizedOperations: includeAuthorizedOperations },
    [1, 10],
  )
  return {
    clusterId,
    controllerId: controllerId < 0 ? undefined : controllerId,
    brokers: brokers.map((it) => ({ ...brokerView(it), isFenced: false })),
    authorizedOperations: operationsOf(clusterAuthorizedOperations),
  }
}
