/** What a consumer is told: Kafka's names and defaults, in one word each; times in milliseconds, sizes in bytes. */
import { checkMs, checkNames, defined } from '../connection-options.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Assignor, TopicPartition } from './assignors/assignor.ts'
import { range } from './assignors/range.ts'
import { roundRobin } from './assignors/round-robin.ts'
import { cooperativeSticky, sticky } from './assignors/sticky.ts'
import { type AutoOffsetReset, type OffsetReset, offsetReset } from './offset-reset.ts'

export interface ConsumerOptions {
  /** Without it there is no group: partitions are assigned by hand, and nothing is committed. */
  readonly groupId?: string
  /**
   * How members find out what each is to read: among each other, or as the coordinator says (`consumer`, KIP-848). Default `classic`.
   */
  readonly groupProtocol?: 'classic' | 'consumer'
  /** Of the consumer protocol: how the coordinator shares out partitions, e.g. `uniform` or `range`. Default: as it is set up. */
  readonly groupRemoteAssignor?: string
  /** A member that comes back under this name in time gets its partitions back (KIP-345). */
  readonly groupInstanceId?: string
  /**
   * Where a partition begins of which no offset was committed; `by_duration:PT1H`: at the first record of the last hour (KIP-1106). Default
   * `latest`.
   */
  readonly autoOffsetReset?: AutoOffsetReset
  /** Whether records that were handed out, and whose turn is over, are committed by themselves. Default true. */
  readonly enableAutoCommit?: boolean
  /** Default 5,000. */
  readonly autoCommitIntervalMs?: number
  /** Whether records of transactions are read before these are committed. Default `read_uncommitted`. */
  readonly isolationLevel?: 'read_uncommitted' | 'read_committed'
  /** The longest that a broker holds back an answer that is not large enough. Default 500. */
  readonly fetchMaxWaitMs?: number
  /** Default 1. */
  readonly fetchMinBytes?: number
  /** Of one answer; the first batch of it comes whole, however large. Default 52,428,800. */
  readonly fetchMaxBytes?: number
  /** Of one partition in an answer. Default 1,048,576. */
  readonly maxPartitionFetchBytes?: number
  /**
   * Of records that were fetched and not yet handed out. More is asked for when half of it is gone, and no more than there is room for, but
   * for a batch of each broker. Default 8,388,608.
   */
  readonly prefetchBytes?: number
  /** Whether the checksums of batches are looked at. Default true. */
  readonly checkCrcs?: boolean
  /** Where this consumer is: replicas there are read (KIP-392). */
  readonly clientRack?: string
  /** The longest that one record, or batch, may take; then the member leaves its group. Default 300,000. */
  readonly maxPollIntervalMs?: number
  /** Of the classic protocol: after so long without a heartbeat a member is taken for dead. Default 45,000. */
  readonly sessionTimeoutMs?: number
  /** Of the classic protocol. Default 3,000. */
  readonly heartbeatIntervalMs?: number
  /** Of the classic protocol: how the group shares out partitions, in the order in which they are liked. Default: `range`, and `cooperative-sticky`. */
  readonly partitionAssignmentStrategy?: readonly (AssignorName | Assignor)[]
  /** Whether a RegExp that is subscribed to leaves out the topics of the brokers' own. Default true. */
  readonly excludeInternalTopics?: boolean
  /** The group has given this consumer partitions. What a hook throws, or rejects with, is told by the loop, and changes nothing else. */
  readonly onAssigned?: (partitions: readonly TopicPartition[]) => void
  /**
   * The group takes partitions: nothing of them is in the application's hands any more, and what is done is committed, unless
   * `enableAutoCommit` is false: then this is the place to do it. Nobody else has them before it has ended. `close` is not to be
   * waited for in it.
   */
  readonly onRevoked?: (partitions: readonly TopicPartition[]) => void | Promise<void>
  /** Somebody else may have had them for a while: nothing of them can be committed any more. */
  readonly onLost?: (partitions: readonly TopicPartition[]) => void
  /** Offsets were committed, by whichever way. */
  readonly onCommitted?: (offsets: readonly TopicOffset[]) => void
  /** Whether brokers may make a topic that is read, if they are set up so. Default true. */
  readonly allowAutoCreateTopics?: boolean
}

type HookName = 'onAssigned' | 'onRevoked' | 'onLost' | 'onCommitted'

type OptionalName = 'groupId' | 'groupInstanceId' | 'groupRemoteAssignor'

type Hooks = { readonly [K in HookName]: ConsumerOptions[K] | undefined }

export interface TopicOffset extends TopicPartition {
  readonly offset: number
}

export interface ConsumerSettings
  extends Required<Omit<ConsumerOptions, OptionalName | 'partitionAssignmentStrategy' | 'autoOffsetReset' | HookName>>,
    Readonly<Record<OptionalName, string | undefined>>,
    Hooks {
  readonly assignors: readonly Assignor[]
  readonly autoOffsetReset: OffsetReset
}

const named = {
  range,
  roundrobin: roundRobin,
  sticky,
  'cooperative-sticky': cooperativeSticky,
} as const

type AssignorName = keyof typeof named

const defaults = {
  groupId: undefined,
  groupProtocol: 'classic',
  groupRemoteAssignor: undefined,
  groupInstanceId: undefined,
  autoOffsetReset: 'latest',
  enableAutoCommit: true,
  autoCommitIntervalMs: 5000,
  isolationLevel: 'read_uncommitted',
  fetchMaxWaitMs: 500,
  fetchMinBytes: 1,
  fetchMaxBytes: 52_428_800,
  maxPartitionFetchBytes: 1_048_576,
  prefetchBytes: 8_388_608,
  checkCrcs: true,
  clientRack: '',
  maxPollIntervalMs: 300_000,
  sessionTimeoutMs: 45_000,
  heartbeatIntervalMs: 3000,
  partitionAssignmentStrategy: ['range', 'cooperative-sticky'],
  excludeInternalTopics: true,
  onAssigned: undefined,
  onRevoked: undefined,
  onLost: undefined,
  onCommitted: undefined,
  allowAutoCreateTopics: true,
} as const

/** Options that only one protocol has: with the other they would be of no effect. */
const optionsOfProtocol = {
  classic: ['sessionTimeoutMs', 'heartbeatIntervalMs', 'partitionAssignmentStrategy'],
  consumer: ['groupRemoteAssignor'],
} as const

const sizes = ['fetchMinBytes', 'fetchMaxBytes', 'maxPartitionFetchBytes', 'prefetchBytes'] as const

/** Throws KafkaError for what makes no sense, or contradicts itself. */
export function consumerSettings(options: ConsumerOptions): ConsumerSettings {
  checkNames(options, defaults)
  const all = { ...defaults, ...defined(options) }
  for (const [name, value] of Object.entries(all)) if (name.endsWith('Ms')) checkMs(name, value)
  for (const name of sizes) {
    if (!(Number.isInteger(all[name]) && all[name] >= 0 && all[name] < 2 ** 31))
      refuse(`${name}: ${all[name]} is no number of bytes`)
  }
  if (!['classic', 'consumer'].includes(all.groupProtocol)) refuse(`groupProtocol: there is no '${all.groupProtocol}'`)
  for (const name of optionsOfProtocol[all.groupProtocol === 'consumer' ? 'classic' : 'consumer']) {
    if (options[name] !== undefined) refuse(`${name} has no meaning where groupProtocol is '${all.groupProtocol}'`)
  }
  if (!['read_committed', 'read_uncommitted'].includes(all.isolationLevel))
    refuse(`isolationLevel: there is no '${all.isolationLevel}'`)
  if (all.groupId === '') refuse('groupId is empty')
  if (all.groupInstanceId !== undefined && all.groupId === undefined) refuse('groupInstanceId needs a groupId')
  if (all.heartbeatIntervalMs >= all.sessionTimeoutMs) refuse('heartbeatIntervalMs must be below sessionTimeoutMs')
  const strategies: readonly (AssignorName | Assignor)[] = all.partitionAssignmentStrategy
  const unknown = strategies.find((it) => typeof it === 'string' && !(it in named))
  if (strategies.length === 0 || unknown !== undefined) refuse(`partitionAssignmentStrategy: there is no '${unknown}'`)
  return {
    ...all,
    autoOffsetReset: offsetReset(all.autoOffsetReset),
    assignors: strategies.map((it) => (typeof it === 'string' ? named[it] : it)),
  }
}

function refuse(message: string): never {
  throw new KafkaError('INVALID_ARGUMENT', message)
}
