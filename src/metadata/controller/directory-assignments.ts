/**
 * A broker says in which of its directories replicas lie (KIP-858). A partition fails for itself; a directory that is not
 * online takes its replicas out of the ISR, and one that is may give a partition its leader back.
 */
import { ApiError } from '../../base/index.ts'
import {
  type AssignReplicasToDirsRequest,
  type AssignReplicasToDirsResponse,
  assignReplicasToDirs,
  ErrorCode,
} from '../../protocol/index.ts'
import { directoryAssignmentLevel, metadataVersionFeature } from '../features.ts'
import { noLeader, type PartitionImage } from '../image/partition-image.ts'
import type { Brokers } from './brokers.ts'
import type { ControllerState } from './controller-state.ts'
import { type Decision, oneByOne } from './decision.ts'
import { hasOnlineDirectory, Leadership } from './leadership.ts'
import type { Settings } from './settings.ts'

export interface DirectoryAssignmentsOptions {
  readonly state: ControllerState
  readonly settings: Settings
  readonly brokers: Pick<Brokers, 'check'>
}

const keyOf = ({ topicId, partitionId }: PartitionImage): string => `${topicId}${partitionId}`

/** Throws ApiError UNSUPPORTED_VERSION where the metadata has no directories, else STALE_BROKER_EPOCH. */
export function assignDirectories(
  request: AssignReplicasToDirsRequest,
  { state, settings, brokers }: DirectoryAssignmentsOptions,
): Decision<AssignReplicasToDirsResponse> {
  if ((state.features.get(metadataVersionFeature) ?? 0) < directoryAssignmentLevel) {
    const reason = 'Directory assignment is not supported yet with the current metadata.version'
    throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, reason)
  }
  const broker = brokers.check(request.brokerId, request.brokerEpoch).registration
  const { brokerId } = broker
  const leadership = new Leadership(state, settings)
  const lost = new Set<string>()
  const leaderless = new Set<string>()
  const directories = request.directories.map(({ id, topics }) => ({
    id,
    topics: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }) => {
        if (!state.topics.has(topicId)) return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_ID }
        const partition = state.partition(topicId, partitionIndex)
        if (partition === undefined) return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
        if (!partition.replicas.includes(brokerId)) {
          return { partitionIndex, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }
        }
        leadership.assign(partition, brokerId, id)
        if (!hasOnlineDirectory(broker, id)) lost.add(keyOf(partition))
        else if (partition.leader === noLeader) leaderless.add(keyOf(partition))
        return { partitionIndex, errorCode: ErrorCode.NONE }
      }),
    })),
  }))
  if (lost.size > 0) leadership.change({ partitions: (it) => lost.has(keyOf(it)), brokerToRemove: brokerId })
  // Each looks at all partitions: only where there is one to find.
  if (leaderless.size > 0) leadership.change({ partitions: (it) => leaderless.has(keyOf(it)) })
  return oneByOne(leadership.records, assignReplicasToDirs.response.create({ directories }))
}
