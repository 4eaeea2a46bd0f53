/**
 * The leader of a partition tells its ISR (AlterPartition, KIP-497): checked against the epochs that the controller knows and
 * the brokers that may be in sync (KIP-841, KIP-903). A partition fails for itself.
 */
import type { Uuid } from '../../base/index.ts'
import {
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  alterPartition,
  ErrorCode,
} from '../../protocol/index.ts'
import { noLeaderChange, type PartitionImage } from '../image/partition-image.ts'
import type { ControllerState } from './controller-state.ts'
import { type Decision, oneByOne } from './decision.ts'
import { Leadership } from './leadership.ts'
import { recoveryState } from './partition-change.ts'
import type { Settings } from './settings.ts'

type Asked = AlterPartitionRequest['topics'][number]['partitions'][number]
type Member = Asked['newIsrWithEpochs'][number]

export interface IsrChangesOptions {
  readonly state: ControllerState
  readonly settings: Settings
}

/** The epoch of a broker that the leader does not know: before version 3 of the request none is told. */
const unknownEpoch = -1

const membersOf = ({ newIsr, newIsrWithEpochs }: Asked): readonly Member[] => [
  ...newIsrWithEpochs,
  ...newIsr.map((brokerId) => ({ brokerId, brokerEpoch: unknownEpoch })),
]

/** The request is of another time than the partition. */
function checkEpochs(partition: PartitionImage, asked: Asked, brokerId: number): number {
  if (asked.leaderEpoch > partition.leaderEpoch || asked.partitionEpoch > partition.partitionEpoch) {
    return ErrorCode.NOT_CONTROLLER
  }
  if (asked.leaderEpoch < partition.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH
  if (brokerId !== partition.leader) return ErrorCode.INVALID_REQUEST
  return asked.partitionEpoch < partition.partitionEpoch ? ErrorCode.INVALID_UPDATE_VERSION : ErrorCode.NONE
}

function checkRecovery(partition: PartitionImage, { leaderRecoveryState }: Asked, isrSize: number): boolean {
  const { recovering, recovered } = recoveryState
  if (leaderRecoveryState === recovered) return true
  return leaderRecoveryState === recovering && isrSize <= 1 && partition.leaderRecoveryState === recovering
}

export class IsrChanges {
  readonly #state: ControllerState
  readonly #leadership: Leadership

  constructor({ state, settings }: IsrChangesOptions) {
    this.#state = state
    this.#leadership = new Leadership(state, settings)
  }

  /** Whoever asks has been checked to be that broker in its epoch. */
  decide(request: AlterPartitionRequest): Decision<AlterPartitionResponse> {
    const topics = request.topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map((asked) => this.#alter(topicId, asked, request.brokerId)),
    }))
    return oneByOne(this.#leadership.records, alterPartition.response.create({ topics }))
  }

  #alter(topicId: Uuid, asked: Asked, brokerId: number) {
    const { partitionIndex, leaderRecoveryState } = asked
    const failed = (errorCode: number) => ({ partitionIndex, errorCode })
    if (!this.#state.topics.has(topicId)) return failed(ErrorCode.UNKNOWN_TOPIC_ID)
    const partition = this.#leadership.partition(topicId, partitionIndex)
    if (partition === undefined) return failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    const members = membersOf(asked)
    const errorCode = checkEpochs(partition, asked, brokerId) || this.#checkMembers(partition, asked, members)
    if (errorCode !== ErrorCode.NONE) return failed(errorCode)
    const isr = members.map((it) => it.brokerId)
    const change = this.#leadership.want(partition, { isr, leaderRecoveryState })
    // Its part of a reassignment is done, and it goes.
    if (change !== undefined && change.leader !== noLeaderChange && change.leader !== brokerId) {
      return failed(ErrorCode.NEW_LEADER_ELECTED)
    }
    const after = this.#leadership.partition(topicId, partitionIndex) ?? partition
    return {
      partitionIndex,
      leaderId: after.leader,
      leaderEpoch: after.leaderEpoch,
      isr: after.isr,
      leaderRecoveryState: after.leaderRecoveryState,
      partitionEpoch: after.partitionEpoch,
    }
  }

  #checkMembers(partition: PartitionImage, asked: Asked, members: readonly Member[]): number {
    const ids = new Set(members.map((it) => it.brokerId))
    const isIsr = ids.size === members.length && [...ids].every((id) => partition.replicas.includes(id))
    if (!isIsr || !ids.has(partition.leader)) return ErrorCode.INVALID_REQUEST
    if (!checkRecovery(partition, asked, members.length)) return ErrorCode.INVALID_REQUEST
    return members.every((member) => this.#isEligible(member)) ? ErrorCode.NONE : ErrorCode.INELIGIBLE_REPLICA
  }

  /** Who has begun anew since the leader saw it caught up may have lost what it had. */
  #isEligible({ brokerId, brokerEpoch }: Member): boolean {
    if (!this.#state.isActive(brokerId)) return false
    const known = this.#state.brokers.get(brokerId)?.registration.brokerEpoch
    return brokerEpoch === unknownEpoch || brokerEpoch === known
  }
}
