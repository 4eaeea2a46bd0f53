/**
 * Asks the controller for changes of in-sync replicas (AlterPartition, KIP-497): what leaders propose while a request is under
 * way goes out with the next one. Sent again until the controller has answered; what it refuses is for the leader to judge.
 */
import { ApiError, type Clock, getOrInsert, type Logger, type Uuid } from '../base/index.ts'
import type { ControllerChannel } from '../metadata/index.ts'
import {
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  alterPartition,
  ErrorCode,
} from '../protocol/index.ts'
import type { CommittedIsr, IsrProposal, Partition } from '../replication/index.ts'
import { RepeatedAsk } from './repeated-ask.ts'

export interface IsrChangesOptions {
  readonly channel: Pick<ControllerChannel, 'alterPartition'>
  readonly clock: Clock
  readonly logger: Logger
  readonly brokerId: number
  /** -1 before the controller gave one: nothing is sent. */
  readonly brokerEpoch: () => number
  readonly onFault: (error: unknown) => void
}

interface Change {
  readonly partition: Partition
  readonly proposal: IsrProposal
}

type Answer = AlterPartitionResponse['topics'][number]['partitions'][number]

/** Kafka's. */
const retryMs = 50
/** The partition's leader is recovered when it leads: Kafka's leaders say so with each change. */
const recovered = 0

export class IsrChanges {
  readonly #options: IsrChangesOptions
  /** By topic id and partition: the newest proposal of each. */
  readonly #pending = new Map<string, Change>()
  readonly #asking: RepeatedAsk

  constructor(options: IsrChangesOptions) {
    this.#options = options
    this.#asking = new RepeatedAsk({ ...options, isDue: () => this.#pending.size > 0, ask: () => this.#ask() })
  }

  /** The partition hears of the answer, unless it has a newer proposal by then. */
  propose(partition: Partition, proposal: IsrProposal): void {
    this.#pending.set(keyOf(partition.topicId, partition.partitionId), { partition, proposal })
    this.#asking.within(0)
  }

  stop(): void {
    this.#asking.stop()
  }

  async #ask(): Promise<number> {
    try {
      return await this.#sendNow()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const { code, message: reason } = error
      this.#options.logger.log('warn', 'changes of in-sync replicas were not taken by the controller yet', {
        code,
        reason,
      })
      return retryMs
    }
  }

  /** Returns when to send what is left. Rejects with ApiError where nothing of it was done, as far as is known. */
  async #sendNow(): Promise<number> {
    for (const [key, { partition, proposal }] of this.#pending) {
      if (!partition.isOpen(proposal)) this.#pending.delete(key)
    }
    if (this.#pending.size === 0) return 0
    const { channel, brokerId, brokerEpoch } = this.#options
    if (brokerEpoch() < 0) return retryMs
    const sent = [...this.#pending]
    const request = alterPartition.request.create({
      brokerId,
      brokerEpoch: brokerEpoch(),
      topics: topicsOf(sent.map(([, change]) => change)),
    })
    const answers = answersIn(await channel.alterPartition(request))
    let nextMs = 0
    for (const [key, change] of sent) {
      const answer = answers.get(key)
      if (this.#pending.get(key) === change) this.#pending.delete(key)
      if (answer !== undefined && this.#settle(change, answer)) continue
      nextMs = retryMs
      if (change.partition.isOpen(change.proposal)) this.#pending.set(key, change)
    }
    return nextMs
  }

  /** False: to be asked again. */
  #settle({ partition, proposal }: Change, answer: Answer): boolean {
    const { errorCode } = answer
    if (errorCode === ErrorCode.NONE) {
      partition.isrAccepted(proposal, committedIn(answer))
      return true
    }
    if (notDone.has(errorCode)) {
      partition.isrRefused(proposal)
      return true
    }
    if (outdated.has(errorCode)) return true
    const { name } = partition
    this.#options.logger.log('warn', 'in-sync replicas could not be changed; trying again', { name, code: errorCode })
    return false
  }
}

/** The controller is sure that it has done nothing of it. */
const notDone = new Set<number>([ErrorCode.OPERATION_NOT_ATTEMPTED, ErrorCode.INELIGIBLE_REPLICA])

/** It may have been done, or not: the metadata will tell, and until then the proposal stands. */
const outdated = new Set<number>([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.INVALID_UPDATE_VERSION,
  ErrorCode.INVALID_REQUEST,
  ErrorCode.NEW_LEADER_ELECTED,
])

const keyOf = (topicId: Uuid, partitionId: number): string => `${topicId}${partitionId}`

const committedIn = ({ leaderEpoch, partitionEpoch, isr }: Answer): CommittedIsr => ({
  leaderEpoch,
  partitionEpoch,
  isr,
})

function topicsOf(changes: readonly Change[]): AlterPartitionRequest['topics'] {
  const topics = new Map<Uuid, AlterPartitionRequest['topics'][number]['partitions'][number][]>()
  for (const { partition, proposal } of changes) {
    const { leaderEpoch, partitionEpoch, isr } = proposal
    getOrInsert(topics, partition.topicId, () => []).push({
      partitionIndex: partition.partitionId,
      leaderEpoch,
      partitionEpoch,
      leaderRecoveryState: recovered,
      newIsr: [],
      newIsrWithEpochs: isr,
    })
  }
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }))
}

function answersIn({ topics }: AlterPartitionResponse): ReadonlyMap<string, Answer> {
  const answers = new Map<string, Answer>()
  for (const { topicId, partitions } of topics) {
    for (const partition of partitions) answers.set(keyOf(topicId, partition.partitionIndex), partition)
  }
  return answers
}
