/** The partitions that a topic gets, placed by us or by whoever asks: replicas, directories, first leader and ISR. */
import { ApiError, type RandomStream, type Uuid } from '../../base/index.ts'
import { ErrorCode, partitionRecord } from '../../protocol/index.ts'
import { directoryAssignmentLevel } from '../features.ts'
import { migratingDirectory, unassignedDirectory } from '../image/directory-id.ts'
import type { BrokerImage } from '../image/metadata-image.ts'
import type { MetadataRecord } from '../record.ts'
import type { ControllerState } from './controller-state.ts'
import { placeReplicas, type UsableBroker } from './replica-placement.ts'

/** Kafka's bound on what one request may create. */
export const partitionsPerRequestMax = 10_000

export interface NewPartition {
  readonly partitionId: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

/** Directories in which a new replica may be put (KIP-1066). */
function openDirectories(broker: BrokerImage): readonly Uuid[] {
  return broker.logDirs.filter((directory) => !broker.cordonedLogDirs?.includes(directory))
}

function usableBrokers(state: ControllerState): readonly UsableBroker[] {
  return [...state.brokers.values()]
    .map(({ registration }) => registration)
    .filter((it) => !it.inControlledShutdown && (it.logDirs.length === 0 || openDirectories(it).length > 0))
    .map(({ brokerId, rack, fenced }) => ({ brokerId, rack, fenced }))
}

/** Throws ApiError INVALID_REPLICATION_FACTOR. */
export function placedPartitions(options: {
  readonly state: ControllerState
  readonly random: RandomStream
  readonly firstPartitionId: number
  readonly count: number
  readonly replicationFactor: number
}): readonly NewPartition[] {
  const { state, random, firstPartitionId, count, replicationFactor } = options
  const brokers = usableBrokers(state)
  const placed = placeReplicas({ brokers, partitionCount: count, replicationFactor, random })
  return placed.map((replicas, i) => ({
    partitionId: firstPartitionId + i,
    replicas,
    isr: replicas.filter((id) => state.isActive(id)),
  }))
}

const includes = 'The manual partition assignment includes'
const refuse = (reason: string): never => {
  throw new ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, reason)
}

/** Throws ApiError INVALID_REPLICA_ASSIGNMENT. */
export function checkReplicas(state: ControllerState, replicas: readonly number[]): void {
  if (replicas.length === 0) refuse(`${includes} an empty replica list.`)
  const sorted = replicas.toSorted((a, b) => a - b)
  for (const [i, id] of sorted.entries()) {
    if (!state.brokers.has(id)) refuse(`${includes} broker ${id}, but no such broker is registered.`)
    if (id === sorted[i - 1]) refuse(`${includes} the broker ${id} more than once.`)
  }
}

/** Throws ApiError INVALID_REPLICA_ASSIGNMENT. `replicationFactor` is that of the partitions before. */
export function assignedPartition(options: {
  readonly state: ControllerState
  readonly partitionId: number
  readonly replicas: readonly number[]
  readonly replicationFactor: number | undefined
}): NewPartition {
  const { state, partitionId, replicas, replicationFactor } = options
  checkReplicas(state, replicas)
  if (replicationFactor !== undefined && replicas.length !== replicationFactor) {
    const previous = `this is not consistent with previous partitions, which have ${replicationFactor} replica(s).`
    refuse(`${includes} a partition with ${replicas.length} replica(s), but ${previous}`)
  }
  const isr = replicas.filter((id) => state.isActive(id))
  if (isr.length === 0) {
    const which = `the manual partition assignment for partition ${partitionId}`
    refuse(`All brokers specified in ${which} are fenced or in controlled shutdown.`)
  }
  return { partitionId, replicas, isr }
}

/** A broker with one open directory needs no further word on where its replica goes (KIP-858). */
export function defaultDirectory(broker: BrokerImage | undefined): Uuid {
  if (broker === undefined || broker.logDirs.length === 0) return migratingDirectory
  const [only, ...others] = openDirectories(broker)
  return only !== undefined && others.length === 0 ? only : unassignedDirectory
}

export function newPartitionRecord(state: ControllerState, topicId: Uuid, partition: NewPartition): MetadataRecord {
  const { partitionId, replicas, isr } = partition
  const hasDirectories = state.metadataVersion >= directoryAssignmentLevel
  const directories = hasDirectories ? replicas.map((id) => defaultDirectory(state.brokers.get(id)?.registration)) : []
  const given = { topicId, partitionId, replicas, isr, directories, leader: isr[0], leaderEpoch: 0, partitionEpoch: 0 }
  return { kind: 'partition', value: partitionRecord.create(given) }
}
