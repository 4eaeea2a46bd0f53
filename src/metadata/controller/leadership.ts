/**
 * What a decision does to partitions: the coming and going of a broker to all of them, a request to those it names. Gathers
 * the records of one decision, and sees each partition as the records gathered so far leave it.
 */
import { getOrInsert, present, type Uuid } from '../../base/index.ts'
import { type PartitionChangeRecord, partitionChangeRecord } from '../../protocol/index.ts'
import { directoryAssignmentLevel, metadataVersionFeature, noEpochOnShrinkLevel } from '../features.ts'
import { lostDirectory, migratingDirectory, unassignedDirectory } from '../image/directory-id.ts'
import type { BrokerImage } from '../image/metadata-image.ts'
import { changedPartition, directoryOf, type PartitionImage } from '../image/partition-image.ts'
import type { MetadataRecord } from '../record.ts'
import type { ControllerState } from './controller-state.ts'
import { defaultDirectory } from './new-partitions.ts'
import { changeOf, type PartitionRules, type WantedChange } from './partition-change.ts'
import type { ElectionKind } from './partition-election.ts'
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

interface TopicRules
  extends Pick<PartitionRules, 'election' | 'minInSyncReplicas' | 'elrEnabled' | 'bumpsEpochOnShrink'> {
  /** Of the first partition before this decision. */
  readonly replicationFactor: number | undefined
  readonly hasDirectories: boolean
}

export class Leadership {
  readonly #state: ControllerState
  readonly #settings: Settings
  /** By topic and partition: texts as keys would cost more than all the rest. */
  readonly #changed = new Map<Uuid, Map<number, PartitionImage>>()
  readonly #topicRules = new Map<Uuid, TopicRules>()
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

  change(options: LeadershipChange): void {
    for (const topic of this.#state.topics.values()) {
      for (const known of this.#state.partitionsOf(topic)) {
        const partition = this.#changed.get(topic.topicId)?.get(known.partitionId) ?? known
        if (options.partitions(partition)) this.#comeAndGo(partition, options)
      }
    }
  }

  /** As the records gathered so far leave it. */
  partition(topicId: Uuid, partitionId: number): PartitionImage | undefined {
    return this.#changed.get(topicId)?.get(partitionId) ?? this.#state.partition(topicId, partitionId)
  }

  /** Returns the change that follows, which is among the records then. `election`: where none is told, the topic says which. */
  want(partition: PartitionImage, wanted: WantedChange, election?: ElectionKind): PartitionChangeRecord | undefined {
    const rules = this.#rules(partition, (id) => this.#state.isActive(id))
    const record = changeOf(partition, wanted, election === undefined ? rules : { ...rules, election })
    if (record !== undefined) this.#take(partition, record)
    return record
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
    const ofTopic = getOrInsert(this.#changed, record.topicId, () => new Map())
    ofTopic.set(record.partitionId, changedPartition(partition, record))
    this.#records.push({ kind: 'partitionChange', value: record })
  }

  #comeAndGo(partition: PartitionImage, { brokerToRemove, brokerToAdd, uncleanShutdown }: LeadershipChange): void {
    const isr = partition.isr.filter((id) => id !== brokerToRemove && id !== uncleanShutdown)
    const rules = this.#rules(partition, (id) => {
      if (id === brokerToRemove || id === uncleanShutdown) return false
      return id === brokerToAdd || this.#state.isActive(id)
    })
    const record = changeOf(partition, { isr, uncleanShutdown }, rules)
    if (record !== undefined) this.#take(partition, record)
  }

  #rules(partition: PartitionImage, isActive: (brokerId: number) => boolean): PartitionRules {
    const { topicId } = partition
    const rules = getOrInsert(this.#topicRules, topicId, () => this.#rulesOf(topicId))
    // Kafka's measure for all partitions of a topic: the first one, as it is by now.
    const replicationFactor = this.#changed.get(topicId)?.get(0)?.replicas.length ?? rules.replicationFactor
    const broker = (id: number): BrokerImage | undefined => this.#state.brokers.get(id)?.registration
    return {
      election: rules.election,
      isAcceptable: (id) => {
        const registration = isActive(id) ? broker(id) : undefined
        const directory = directoryOf(partition, id)
        return registration !== undefined && directory !== undefined && hasOnlineDirectory(registration, directory)
      },
      minInSyncReplicas: Math.min(rules.minInSyncReplicas, replicationFactor ?? partition.replicas.length),
      elrEnabled: rules.elrEnabled,
      bumpsEpochOnShrink: rules.bumpsEpochOnShrink,
      directoryOfNew: rules.hasDirectories ? (id) => defaultDirectory(broker(id)) : undefined,
    }
  }

  /** What no record of this decision changes. */
  #rulesOf(topicId: Uuid): TopicRules {
    const topic = present(this.#state.topics.get(topicId), 'the topic of a partition').name
    const level = this.#state.features.get(metadataVersionFeature) ?? 0
    return {
      election: this.#settings.uncleanLeaderElection(topic) ? 'unclean' : 'online',
      minInSyncReplicas: this.#settings.minInSyncReplicas(topic),
      replicationFactor: this.#state.partition(topicId, 0)?.replicas.length,
      elrEnabled: this.#settings.elrEnabled,
      bumpsEpochOnShrink: level < noEpochOnShrinkLevel,
      hasDirectories: level >= directoryAssignmentLevel,
    }
  }
}
