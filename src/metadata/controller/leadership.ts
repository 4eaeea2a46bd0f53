/**
 * What the coming and going of a broker does to the partitions, all of them. Gathers the records of one decision, and
 * sees each partition as the records gathered so far leave it.
 */
import type { Uuid } from '../../base/index.ts'
import { type PartitionChangeRecord, partitionChangeRecord } from '../../protocol/index.ts'
import { lostDirectory, migratingDirectory, unassignedDirectory } from '../image/directory-id.ts'
import type { BrokerImage } from '../image/metadata-image.ts'
import { changedPartition, directoryOf, type PartitionImage } from '../image/partition-image.ts'
import type { MetadataRecord } from '../record.ts'
import type { ControllerState } from './controller-state.ts'
import { electPartition } from './partition-election.ts'
import type { Settings } from './settings.ts'

export interface LeadershipChange {
  readonly partitions: (partition: PartitionImage) => boolean
  /** Leaves the ISR, and leads no more. */
  readonly brokerToRemove?: number
  /** Counts as active already. */
  readonly brokerToAdd?: number
  /** Leaves the ISR and the eligible replicas. */
  readonly uncleanShutdown?: number
}

export function hasOnlineDirectory(broker: BrokerImage, directory: Uuid): boolean {
  if (directory === unassignedDirectory || directory === migratingDirectory) return true
  if (directory === lostDirectory) return false
  return broker.logDirs.length === 0 || broker.logDirs.includes(directory)
}

export class Leadership {
  readonly #state: ControllerState
  readonly #settings: Settings
  readonly #changed = new Map<string, PartitionImage>()
  readonly #records: MetadataRecord[] = []

  constructor(state: ControllerState, settings: Settings) {
    this.#state = state
    this.#settings = settings
  }

  get records(): readonly MetadataRecord[] {
    return this.#records
  }

  /** What is appended between the changes of partitions. */
  add(record: MetadataRecord): void {
    this.#records.push(record)
  }

  leads(brokerId: number): boolean {
    for (const topic of this.#state.topics.values()) {
      for (const partition of this.#state.partitionsOf(topic)) if (partition.leader === brokerId) return true
    }
    return false
  }

  change(options: LeadershipChange): void {
    for (const topic of this.#state.topics.values()) {
      for (const known of this.#state.partitionsOf(topic)) {
        const partition = this.#changed.get(`${topic.topicId}${known.partitionId}`) ?? known
        if (options.partitions(partition)) this.#elect(topic.name, partition, options)
      }
    }
  }

  /** A replica lies in that directory from now on; nothing where it does already. */
  assign(partition: PartitionImage, brokerId: number, directory: Uuid): void {
    const at = partition.replicas.indexOf(brokerId)
    if (at < 0 || partition.directories[at] === directory) return
    const { topicId, partitionId } = partition
    const directories = partition.directories.with(at, directory)
    this.#take(partition, partitionChangeRecord.create({ topicId, partitionId, directories }))
  }

  #take(partition: PartitionImage, record: PartitionChangeRecord): void {
    this.#changed.set(`${record.topicId}${record.partitionId}`, changedPartition(partition, record))
    this.#records.push({ kind: 'partitionChange', value: record })
  }

  #elect(topic: string, partition: PartitionImage, options: LeadershipChange): void {
    const { brokerToRemove, uncleanShutdown } = options
    const record = electPartition({
      partition,
      isr: partition.isr.filter((id) => id !== brokerToRemove && id !== uncleanShutdown),
      uncleanShutdown,
      minInSyncReplicas: Math.min(this.#settings.minInSyncReplicas(topic), partition.replicas.length),
      elrEnabled: this.#settings.elrEnabled,
      uncleanElection: this.#settings.uncleanLeaderElection(topic),
      isAcceptable: (id) => this.#isAcceptable(id, partition, options),
    })
    if (record !== undefined) this.#take(partition, record)
  }

  #isAcceptable(brokerId: number, partition: PartitionImage, options: LeadershipChange): boolean {
    if (brokerId === options.brokerToRemove || brokerId === options.uncleanShutdown) return false
    if (brokerId !== options.brokerToAdd && !this.#state.isActive(brokerId)) return false
    const broker = this.#state.brokers.get(brokerId)?.registration
    const directory = directoryOf(partition, brokerId)
    return broker !== undefined && directory !== undefined && hasOnlineDirectory(broker, directory)
  }
}
