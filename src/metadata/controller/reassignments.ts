/**
 * Partitions get other replicas when it is asked for (AlterPartitionReassignments, KIP-455), or keep those they had. A partition
 * fails for itself. What is done with a reassignment shows when the ISR changes: `partition-change.ts`.
 */
import { ApiError } from '../../base/index.ts'
import {
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsResponse,
  alterPartitionReassignments,
  ErrorCode,
  type ListPartitionReassignmentsRequest,
  type ListPartitionReassignmentsResponse,
  listPartitionReassignments,
} from '../../protocol/index.ts'
import type { PartitionImage } from '../image/partition-image.ts'
import type { ControlledTopic, ControllerState } from './controller-state.ts'
import { atomically, type Decision, recordsPerRequestMax, tooManyRecords } from './decision.ts'
import { checkReplicas } from './new-partitions.ts'
import { PartitionDecision } from './partition-decision.ts'
import { isReassigning, reverted, towards } from './reassignment.ts'

type Asked = AlterPartitionReassignmentsRequest['topics'][number]['partitions'][number]

export class Reassignments extends PartitionDecision {
  decide(request: AlterPartitionReassignmentsRequest): Decision<AlterPartitionReassignmentsResponse> {
    const { allowReplicationFactorChange } = request
    const responses = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((asked) => {
        const answer = (errorCode: number, errorMessage: string | null) => {
          return { partitionIndex: asked.partitionIndex, errorCode, errorMessage }
        }
        try {
          this.#alter(name, asked, allowReplicationFactorChange)
          return answer(ErrorCode.NONE, null)
        } catch (error) {
          // As in Kafka no message where it would say no more than the code.
          if (error instanceof ApiError) return answer(error.code, error.message || null)
          throw error
        }
      }),
    }))
    const reply = { errorMessage: null, allowReplicationFactorChange, responses }
    return atomically(this.leadership.records, alterPartitionReassignments.response.create(reply))
  }

  #alter(name: string, { partitionIndex, replicas }: Asked, allowReplicationFactorChange: boolean): void {
    const topic = this.state.topicByName(name)
    if (topic === undefined) {
      throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `Unable to find a topic named ${name}.`)
    }
    const partition = this.leadership.partition(topic.topicId, partitionIndex)
    if (partition === undefined) {
      const reason = `Unable to find partition ${name}:${partitionIndex}.`
      throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, reason)
    }
    if (this.leadership.records.length >= recordsPerRequestMax) throw tooManyRecords()
    if (replicas === null) {
      this.#cancel(topic, partition)
      return
    }
    checkReplicas(this.state, replicas)
    if (!allowReplicationFactorChange) checkReplicationFactor(partition, replicas)
    this.leadership.want(partition, towards(partition, replicas), 'online')
  }

  #cancel({ name }: ControlledTopic, partition: PartitionImage): void {
    if (!isReassigning(partition)) {
      throw new ApiError(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, '')
    }
    const { unclean, ...before } = reverted(partition)
    const refuse = (reason: string): never => {
      throw new ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, reason)
    }
    if (before.replicas.length === 0) refuse('Invalid replica assignment: addingReplicas contains all replicas.')
    if (unclean && !this.settings.uncleanLeaderElection(name)) {
      const what = `Unable to revert partition assignment for ${name}:${partition.partitionId}`
      refuse(`${what} because it would require an unclean leader election.`)
    }
    this.leadership.want(partition, before)
  }
}

/** Of a partition that is being reassigned, the factor that it is to have counts. */
function checkReplicationFactor(partition: PartitionImage, target: readonly number[]): void {
  const { length } = partition.replicas.filter((id) => !partition.removingReplicas.includes(id))
  if (length === target.length) return
  const reason = `The replication factor is changed from ${length} to ${target.length}`
  throw new ApiError(ErrorCode.INVALID_REPLICATION_FACTOR, reason)
}

/** Those that are under way: of the partitions that are named, or of all. */
export function listReassignments(
  { topics }: ListPartitionReassignmentsRequest,
  state: ControllerState,
): ListPartitionReassignmentsResponse {
  const listed = (name: string, partitions: Iterable<PartitionImage>) => ({
    name,
    partitions: [...partitions].filter(isReassigning).map((partition) => ({
      partitionIndex: partition.partitionId,
      replicas: partition.replicas,
      addingReplicas: partition.addingReplicas,
      removingReplicas: partition.removingReplicas,
    })),
  })
  const named = (name: string, partitionIds: readonly number[]) => {
    const topic = state.topicByName(name)
    const partitions = partitionIds.map((id) => topic && state.partition(topic.topicId, id))
    return listed(
      name,
      partitions.filter((it) => it !== undefined),
    )
  }
  const found =
    topics === null
      ? Array.from(state.topics.values(), (topic) => listed(topic.name, state.partitionsOf(topic)))
      : topics.map(({ name, partitionIndexes }) => named(name, partitionIndexes))
  const ongoing = found.filter(({ partitions }) => partitions.length > 0)
  return listPartitionReassignments.response.create({ errorMessage: null, topics: ongoing })
}
