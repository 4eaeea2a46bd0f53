/** The quorum of controllers (KIP-836, 853), and brokers that are gone for good (KIP-631). */
import {
  addRaftVoter as addApi,
  type DescribeQuorumResponse,
  describeQuorum,
  ErrorCode,
  removeRaftVoter as removeApi,
  unregisterBroker as unregisterApi,
} from '../../protocol/index.ts'
import { KafkaError } from '../kafka-error.ts'
import type { CallOptions } from './admin-options.ts'
import { anyBroker, movedController, passing } from './places.ts'
import { failureOf } from './results.ts'
import type { Routing } from './routing.ts'
import { idOf, idText } from './topics.ts'

export interface QuorumReplica {
  readonly replicaId: number
  /** Undefined: not known, because the quorum is a static one, or the broker does not tell (before 3.9). */
  readonly directoryId: string | undefined
  readonly logEndOffset: number
  /** When the leader heard of it last, and when it had all that there was; undefined: not known. */
  readonly lastFetchTimestampMs: number | undefined
  readonly lastCaughtUpTimestampMs: number | undefined
}

export interface QuorumEndpoint {
  /** Of the listener. */
  readonly name: string
  readonly host: string
  readonly port: number
}

export interface QuorumInfo {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
  readonly voters: readonly QuorumReplica[]
  readonly observers: readonly QuorumReplica[]
  /** Where voters are reached; empty where the broker does not tell (before 3.9). */
  readonly nodes: ReadonlyMap<number, readonly QuorumEndpoint[]>
}

const topicName = '__cluster_metadata'

export function describeMetadataQuorum(routing: Routing, options: CallOptions): Promise<QuorumInfo> {
  return routing.one({
    deadline: routing.deadline('describeMetadataQuorum', options),
    place: anyBroker,
    passes: movedController,
    ask: async (to) =>
      quorumInfo(await to.send(describeQuorum, { topics: [{ topicName, partitions: [{ partitionIndex: 0 }] }] })),
  })
}

function quorumInfo({ errorCode, errorMessage, topics, nodes }: DescribeQuorumResponse): QuorumInfo | KafkaError {
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, 'describeMetadataQuorum', errorMessage)
  const told = topics.find((it) => it.topicName === topicName)?.partitions.find((it) => it.partitionIndex === 0)
  if (told === undefined) return new KafkaError('UNKNOWN_SERVER_ERROR', `nothing was answered about ${topicName}`)
  if (told.errorCode !== ErrorCode.NONE) return KafkaError.of(told.errorCode, topicName, told.errorMessage)
  return {
    leaderId: told.leaderId,
    leaderEpoch: told.leaderEpoch,
    highWatermark: told.highWatermark,
    voters: told.currentVoters.map(replicaOf),
    observers: told.observers.map(replicaOf),
    nodes: new Map(
      nodes.map(({ nodeId, listeners }) => [nodeId, listeners.map(({ name, host, port }) => ({ name, host, port }))]),
    ),
  }
}

type ToldReplica = DescribeQuorumResponse['topics'][number]['partitions'][number]['currentVoters'][number]

const replicaOf = (told: ToldReplica): QuorumReplica => ({
  replicaId: told.replicaId,
  directoryId: idText(told.replicaDirectoryId),
  logEndOffset: told.logEndOffset,
  lastFetchTimestampMs: told.lastFetchTimestamp < 0 ? undefined : told.lastFetchTimestamp,
  lastCaughtUpTimestampMs: told.lastCaughtUpTimestamp < 0 ? undefined : told.lastCaughtUpTimestamp,
})

/** A voter by its number, and by the id of the directory that has its log. */
export interface RaftVoter {
  readonly voterId: number
  readonly directoryId: string
}

export interface NewRaftVoter extends RaftVoter {
  /** Where it is reached by other voters. */
  readonly endpoints: readonly QuorumEndpoint[]
}

export interface RaftVoterOptions extends CallOptions {
  /** Refused with INCONSISTENT_CLUSTER_ID where the cluster is another one. */
  readonly clusterId?: string
}

export function addRaftVoter(
  routing: Routing,
  { voterId, directoryId, endpoints }: NewRaftVoter,
  options: RaftVoterOptions,
): Promise<undefined> {
  const voterDirectoryId = idOf(directoryId)
  return routing.one({
    deadline: routing.deadline('addRaftVoter', options),
    place: anyBroker,
    passes: movedController,
    ask: async (to) => {
      const { errorCode, errorMessage } = await to.send(addApi, {
        clusterId: options.clusterId ?? null,
        timeoutMs: to.timeoutMs,
        voterId,
        voterDirectoryId,
        listeners: endpoints,
      })
      return failureOf(errorCode, `voter ${voterId}`, errorMessage)
    },
  })
}

export function removeRaftVoter(
  routing: Routing,
  { voterId, directoryId }: RaftVoter,
  options: RaftVoterOptions,
): Promise<undefined> {
  const voterDirectoryId = idOf(directoryId)
  return routing.one({
    deadline: routing.deadline('removeRaftVoter', options),
    place: anyBroker,
    passes: movedController,
    ask: async (to) => {
      const request = { clusterId: options.clusterId ?? null, voterId, voterDirectoryId }
      const { errorCode, errorMessage } = await to.send(removeApi, request)
      return failureOf(errorCode, `voter ${voterId}`, errorMessage)
    },
  })
}

const unregisterPasses = passing(['NOT_CONTROLLER', 'REQUEST_TIMED_OUT'])

export function unregisterBroker(routing: Routing, brokerId: number, options: CallOptions): Promise<undefined> {
  return routing.one({
    deadline: routing.deadline('unregisterBroker', options),
    place: anyBroker,
    passes: unregisterPasses,
    ask: async (to) => {
      const { errorCode, errorMessage } = await to.send(unregisterApi, { brokerId })
      return failureOf(errorCode, `broker ${brokerId}`, errorMessage)
    },
  })
}
