/**
 * The replicas of this broker: makes, changes and removes them as the metadata says, and finds them for requests. The
 * shell between images and logs: changes are applied one after the other, lookups are immediate.
 */
import { ApiError, DiskError, getOrInsert, inParallel, type Logger, present, type Uuid } from '../base/index.ts'
import { type BrokerConfig, resolveTopicConfig, type TopicConfig } from '../config/index.ts'
import type { LogConfig, LogManager } from '../log/index.ts'
import { configsOf, type MetadataImage, type MetadataUpdate, type TopicImage } from '../metadata/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import { Partition } from './partition.ts'

const topicResourceType = 2
const brokerResourceType = 4

export interface ReplicaManagerOptions {
  readonly nodeId: number
  readonly logger: Logger
  /** As it stands, dynamic values included. */
  readonly config: () => BrokerConfig
  /** One per entry of `log.dirs` that is online. */
  readonly directories: readonly LogManager[]
}

/** What an update changed on this broker, for those who live in partitions: coordinators. */
export interface ReplicaChanges {
  /** Led by this broker since the update, or in a new epoch. */
  readonly ledNow: readonly Partition[]
  /** No longer led by it, or gone. */
  readonly ledNoMore: readonly EndedLeadership[]
}

export interface EndedLeadership {
  readonly partition: Partition
  /** The first epoch in which it does not lead; beyond all epochs where the partition is gone. */
  readonly leaderEpoch: number
}

/** Partitions of a topic that are made at a time. */
const atOnceMax = 32
const beyondAllEpochs = Number.MAX_SAFE_INTEGER

export class ReplicaManager {
  readonly #options: ReplicaManagerOptions
  readonly #partitions = new Map<string, Map<number, Partition>>()
  #image: MetadataImage | undefined
  #offline = new Set<LogManager>()

  constructor(options: ReplicaManagerOptions) {
    this.#options = options
  }

  get directories(): readonly LogManager[] {
    return this.#options.directories
  }

  *partitions(): Generator<Partition, void, undefined> {
    for (const topic of this.#partitions.values()) yield* topic.values()
  }

  /** The replica on this broker, leader or not. */
  get(topic: string, partitionId: number): Partition | undefined {
    return this.#partitions.get(topic)?.get(partitionId)
  }

  /** Throws ApiError 3, 6, 56, 74 or 75 unless this broker leads the partition. */
  leader(topic: string, partitionId: number, currentLeaderEpoch = -1): Partition {
    const partition = this.get(topic, partitionId)
    if (partition === undefined) throw this.#missing(topic, partitionId)
    partition.checkLeader(currentLeaderEpoch)
    return partition
  }

  #missing(topic: string, partitionId: number): ApiError {
    const known = this.#image?.topics.byName.get(topic)?.partitions.has(partitionId)
    return known
      ? new ApiError(
          ErrorCode.NOT_LEADER_OR_FOLLOWER,
          `broker ${this.#options.nodeId} has no replica of ${topic}-${partitionId}`,
        )
      : new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `there is no partition ${topic}-${partitionId}`)
  }

  /** Applies an image. The caller waits for one update before it gives the next. */
  async apply({ image, changes, before }: MetadataUpdate): Promise<ReplicaChanges> {
    const ledNow: Partition[] = []
    const ledNoMore: EndedLeadership[] = []
    this.#image = image
    for (const topic of changes.topicsDeleted) await this.#deleteTopic(topic, ledNoMore)
    const ids = (topic: TopicImage): readonly number[] => [...topic.partitions.keys()]
    for (const topic of changes.topicsCreated) await this.#applyTopic(topic, ids(topic), { ledNow, ledNoMore })
    for (const { after, partitionIds } of changes.topicsChanged) {
      await this.#applyTopic(after, partitionIds, { ledNow, ledNoMore })
    }
    const isBrokerChanged = changes.configsChanged.some(({ resourceType }) => resourceType === brokerResourceType)
    const topics = changes.configsChanged.filter((it) => it.resourceType === topicResourceType)
    if (before !== image)
      this.#configure(isBrokerChanged ? this.#partitions.keys() : topics.map((it) => it.resourceName))
    return { ledNow, ledNoMore }
  }

  /**
   * Logs in the directories that the image does not place on this broker are put aside, never deleted: also those of a topic
   * that had the name before.
   */
  async setStraysAside(image: MetadataImage): Promise<void> {
    for (const manager of this.#options.directories) {
      for (const { topicPartition, topicId } of [...manager.logs]) {
        const { topic, partition } = topicPartition
        const known = image.topics.byName.get(topic)
        const isPlaced = known?.partitions.get(partition)?.replicas.includes(this.#options.nodeId) === true
        const isOther = topicId !== undefined && topicId !== known?.topicId
        if (!isPlaced || isOther) await manager.makeStray(topicPartition)
      }
    }
  }

  async #applyTopic(
    topic: TopicImage,
    partitionIds: readonly number[],
    told: { readonly ledNow: Partition[]; readonly ledNoMore: EndedLeadership[] },
  ): Promise<void> {
    await inParallel(partitionIds, atOnceMax, (partitionId) => this.#applyPartition(topic, partitionId, told))
  }

  async #applyPartition(
    topic: TopicImage,
    partitionId: number,
    told: { readonly ledNow: Partition[]; readonly ledNoMore: EndedLeadership[] },
  ): Promise<void> {
    const state = topic.partitions.get(partitionId)
    const known = this.get(topic.name, partitionId)
    const wasLeader = known?.isLeader === true
    const epochBefore = known?.leaderEpoch
    if (state === undefined || !state.replicas.includes(this.#options.nodeId)) {
      if (known === undefined) return
      await this.#remove(known)
      if (wasLeader) told.ledNoMore.push({ partition: known, leaderEpoch: beyondAllEpochs })
      return
    }
    const partition = known ?? (await this.#create(topic, partitionId))
    if (partition === undefined) return
    partition.become(state)
    if (partition.isLeader && state.leaderEpoch !== epochBefore) told.ledNow.push(partition)
    if (wasLeader && !partition.isLeader) told.ledNoMore.push({ partition, leaderEpoch: state.leaderEpoch })
  }

  /** Undefined when no directory can take it: the partition stays without a replica here, and the log says why. */
  async #create(topic: TopicImage, partitionId: number): Promise<Partition | undefined> {
    const { nodeId, logger } = this.#options
    const topicPartition = { topic: topic.name, partition: partitionId }
    const manager = this.#directoryFor(topicPartition)
    if (manager === undefined) {
      logger.log('error', 'no log directory is left for a partition', { topic: topic.name, partition: partitionId })
      return undefined
    }
    const log = await orOffline(manager, () => manager.getOrCreate(topicPartition, topic.topicId))
    if (log === undefined) return undefined
    const config = this.#configOf(topic.name)
    log.config = logConfig(config, this.#options.config())
    const { directory } = manager
    const partition = new Partition({
      topic: topic.name,
      topicId: topic.topicId,
      partitionId,
      nodeId,
      log,
      directory,
      config,
    })
    getOrInsert(this.#partitions, topic.name, () => new Map<number, Partition>()).set(partitionId, partition)
    // The directory may have failed while the log was made.
    if (this.#offline.has(manager)) partition.goOffline()
    return partition
  }

  /** Where the log is; else the directory with the fewest logs, as Kafka places them. */
  #directoryFor(topicPartition: { readonly topic: string; readonly partition: number }): LogManager | undefined {
    const online = this.#options.directories.filter((manager) => !this.#offline.has(manager))
    const holding = online.find((manager) => manager.get(topicPartition) !== undefined)
    if (holding !== undefined) return holding
    return online.toSorted((a, b) => a.logCount - b.logCount)[0]
  }

  async #deleteTopic(topic: TopicImage, ledNoMore: EndedLeadership[]): Promise<void> {
    for (const partition of [...(this.#partitions.get(topic.name)?.values() ?? [])]) {
      if (partition.topicId !== topic.topicId) continue
      if (partition.isLeader) ledNoMore.push({ partition, leaderEpoch: beyondAllEpochs })
      await this.#remove(partition)
    }
  }

  async #remove(partition: Partition): Promise<void> {
    const { topic, partitionId } = partition
    partition.stop()
    const topicMap = present(this.#partitions.get(topic), 'the topic of a partition')
    topicMap.delete(partitionId)
    if (topicMap.size === 0) this.#partitions.delete(topic)
    const manager = this.#options.directories.find((it) => it.directory === partition.directory)
    if (manager === undefined || partition.isOffline) return
    await orOffline(manager, () => manager.delete({ topic, partition: partitionId }))
  }

  #configure(topics: Iterable<string>): void {
    for (const topic of topics) {
      const partitions = this.#partitions.get(topic)
      if (partitions === undefined) continue
      const config = this.#configOf(topic)
      for (const partition of partitions.values()) {
        partition.config = config
        partition.log.config = logConfig(config, this.#options.config())
      }
    }
  }

  #configOf(topic: string): TopicConfig {
    const image = present(this.#image, 'an image')
    const resource = { resourceType: topicResourceType, resourceName: topic }
    return resolveTopicConfig(this.#options.config(), configsOf(image, resource))
  }

  /** A directory failed: its partitions answer with 56 from now on. Returns how many directories are left. */
  directoryFailed(directory: string): number {
    for (const manager of this.#options.directories) if (manager.directory === directory) this.#offline.add(manager)
    for (const partition of this.partitions()) if (partition.directory === directory) partition.goOffline()
    return this.#options.directories.length - this.#offline.size
  }

  /** Whether an entry of `log.dirs` was there at the start and has not failed since. */
  isOnline(directory: string): boolean {
    return this.#options.directories.some((it) => it.directory === directory && !this.#offline.has(it))
  }

  topicIdOf(topic: string): Uuid | undefined {
    return this.#image?.topics.byName.get(topic)?.topicId
  }
}

/** What the disk refuses takes the directory offline, and it alone. */
async function orOffline<T>(manager: LogManager, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    manager.failed(error)
    return undefined
  }
}

/** The part of a topic's settings that its logs know. */
export function logConfig(topic: TopicConfig, broker: BrokerConfig): LogConfig {
  return {
    segmentBytes: topic.segmentBytes,
    // As Kafka: nothing in the active segment is compacted, so that it may not be longer than the lag.
    segmentMs: topic.cleanupPolicy.compact ? Math.min(topic.maxCompactionLagMs, topic.segmentMs) : topic.segmentMs,
    segmentJitterMs: topic.segmentJitterMs,
    segmentIndexBytes: topic.segmentIndexBytes,
    indexIntervalBytes: topic.indexIntervalBytes,
    preallocate: topic.preallocate,
    retentionMs: topic.retentionMs,
    retentionBytes: topic.retentionBytes,
    fileDeleteDelayMs: topic.fileDeleteDelayMs,
    maxMessageBytes: topic.maxMessageBytes,
    isDeleted: topic.cleanupPolicy.delete,
    isCompacted: topic.cleanupPolicy.compact,
    minCleanableDirtyRatio: topic.minCleanableDirtyRatio,
    minCompactionLagMs: topic.minCompactionLagMs,
    maxCompactionLagMs: topic.maxCompactionLagMs,
    deleteRetentionMs: topic.deleteRetentionMs,
    flushMessages: topic.flushMessages,
    flushMs: topic.flushMs,
    producerIdExpirationMs: broker.number('producer.id.expiration.ms'),
  }
}
