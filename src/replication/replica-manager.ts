/**
 * The replicas of this broker: makes, changes and removes them as the metadata says, and finds them for requests. The
 * shell between images and logs: changes are applied one after the other, lookups are immediate.
 */
import {
  ApiError,
  type Clock,
  DiskError,
  getOrInsert,
  inParallel,
  type Logger,
  present,
  type Timer,
  type Uuid,
} from '../base/index.ts'
import { resolveTopicConfig, type TopicConfig } from '../config/index.ts'
import { type LogManager, mayMove, type TopicPartition } from '../log/index.ts'
import {
  configsOf,
  directoryOf,
  type MetadataImage,
  type MetadataUpdate,
  noLeader,
  type PartitionImage,
  type TopicImage,
} from '../metadata/index.ts'
import type { PeerAddress, Peers } from '../peer/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import { fetcherSettings } from './fetcher.ts'
import { Fetchers } from './fetchers.ts'
import type { AliveBroker } from './leadership.ts'
import { logConfig } from './log-config.ts'
import { LogDirectories, type LogDirectoriesOptions } from './log-directories.ts'
import { LogMoves } from './log-moves.ts'
import { Partition, type ReplicaContext } from './partition.ts'
import { putLogsInPlace } from './placed-logs.ts'
import { type ReplicationQuotas, replicationQuotas } from './replication-quota.ts'

const topicResourceType = 2
const brokerResourceType = 4

export interface ReplicaManagerOptions extends LogDirectoriesOptions {
  readonly nodeId: number
  readonly logger: Logger
  readonly clock: Clock
  readonly peers: Peers
  /** Of this broker, as the controller gave it; -1 before. */
  readonly brokerEpoch: () => number
  /** Tells the controller in which directory a replica is. */
  readonly report: (topicId: Uuid, partitionId: number, directoryId: Uuid) => void
  /** Asks the controller for other in-sync replicas. */
  readonly proposeIsr: ReplicaContext['propose']
  readonly onFault: (error: unknown) => void
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
  readonly #directories: LogDirectories
  readonly #moves: LogMoves
  readonly #fetchers: Fetchers
  /** What all partitions share. */
  readonly #context: ReplicaContext
  /** Of throttled replicas (KIP-73). */
  readonly quotas: ReplicationQuotas
  #shrinking: Timer | undefined

  constructor(options: ReplicaManagerOptions) {
    this.#options = options
    const { config, directories, nodeId, clock, brokerEpoch: ownEpoch } = options
    this.quotas = replicationQuotas(config, () => clock.monotonic())
    this.#context = {
      nodeId,
      ownEpoch,
      quotas: this.quotas,
      brokers: (brokerId) => this.#aliveBroker(brokerId),
      nowMs: () => clock.monotonic(),
      lagMsMax: () => config().number('replica.lag.time.max.ms'),
      propose: options.proposeIsr,
      wasCut: async ({ directory }) => this.#directories.at(directory)?.wasCut(),
    }
    this.#fetchers = new Fetchers({
      ...options,
      ownEpoch,
      addressOf: (brokerId) => this.#addressOf(brokerId),
      settings: () => fetcherSettings(config()),
      perBroker: () => config().number('num.replica.fetchers'),
    })
    this.#shrinkLater()
    this.#directories = new LogDirectories(options)
    this.#moves = new LogMoves({
      ...options,
      idOf: this.#directories.idOf,
      report: ({ topicId, partitionId }, directoryId) => options.report(topicId, partitionId, directoryId),
      failed: (partition) => this.#reportDirectory(partition),
      bytesPerSecond: () => config().logMoveBytesPerSecond,
      atOnceMax: () => config().numberOrNull('num.replica.alter.log.dirs.threads') ?? directories.length,
    })
  }

  #aliveBroker(brokerId: number): AliveBroker | undefined {
    const broker = this.#image?.cluster.brokers.get(brokerId)
    if (broker === undefined || broker.fenced) return undefined
    return { brokerEpoch: broker.brokerEpoch, isStaying: !broker.inControlledShutdown }
  }

  #addressOf(brokerId: number): PeerAddress | undefined {
    const listener = this.#options.config().interBrokerListenerName
    return this.#image?.cluster.brokers.get(brokerId)?.endPoints.find(({ name }) => name === listener)
  }

  /** Twice within the lag that a follower may have, as Kafka looks. */
  #shrinkLater(): void {
    this.#shrinking = this.#options.clock.after(this.#context.lagMsMax() / 2, () => {
      for (const partition of this.partitions()) partition.shrinkIsr()
      this.#shrinkLater()
    })
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
    const partition = this.#here(topic, partitionId)
    partition.checkLeader(currentLeaderEpoch)
    return partition
  }

  /** The same of a replica that leads or follows. */
  replica(topic: string, partitionId: number, currentLeaderEpoch = -1): Partition {
    const partition = this.#here(topic, partitionId)
    partition.checkReplica(currentLeaderEpoch)
    return partition
  }

  #here(topic: string, partitionId: number): Partition {
    const partition = this.get(topic, partitionId)
    if (partition === undefined) throw this.#missing(topic, partitionId)
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
    if (changes.configsChanged.length > 0) this.#fetchers.wake()
    this.#fetchers.closeIdle()
    return { ledNow, ledNoMore }
  }

  /** Before the first image is applied: what the logs that were found are to it. */
  putLogsInPlace(image: MetadataImage): Promise<void> {
    const { hasOffline, idOf } = this.#directories
    return putLogsInPlace({ ...this.#options, image, hasOffline, idOf })
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
    const partition = known ?? (await this.#create(topic, state))
    if (partition === undefined) return
    // Where it follows in another epoch, or leads, what came from the leader before is in the log by then.
    if (!this.#fetchers.isFollowing(partition, state.leaderEpoch)) await this.#fetchers.unfollow(partition)
    partition.become(state)
    this.#follow(partition)
    this.#reportDirectory(partition)
    if (partition.isLeader && state.leaderEpoch !== epochBefore) told.ledNow.push(partition)
    if (wasLeader && !partition.isLeader) told.ledNoMore.push({ partition, leaderEpoch: state.leaderEpoch })
  }

  #follow(partition: Partition): void {
    const { isLeader, isStopped, leaderId, leaderEpoch } = partition
    if (!isLeader && !isStopped && leaderId !== noLeader) this.#fetchers.follow(partition, { leaderId, leaderEpoch })
  }

  /**
   * The controller is told where a replica is, unless it is about to be where the controller knows it to be. Also where that
   * has failed: else the controller would not miss it.
   */
  #reportDirectory(partition: Partition): void {
    const manager = this.#directories.at(partition.directory)
    if (manager === undefined) return
    const { topicId, partitionId, assignedDirectory } = partition
    const { idOf } = this.#directories
    const target = this.#moves.targetOf(partition)
    const isKnown = [manager, target].some((it) => it !== undefined && idOf(it) === assignedDirectory)
    if (!isKnown) this.#options.report(topicId, partitionId, idOf(manager))
  }

  /** Undefined when no directory can take it: the partition stays without a replica here, and the log says why. */
  async #create(topic: TopicImage, state: PartitionImage): Promise<Partition | undefined> {
    const { nodeId, logger } = this.#options
    const { partitionId } = state
    const topicPartition = { topic: topic.name, partition: partitionId }
    const assigned = directoryOf(state, nodeId)
    const manager = this.#directories.choose(topicPartition, assigned)
    if (manager === undefined) {
      logger.log('error', 'no log directory is there for a partition: the one that has it is offline', topicPartition)
      return undefined
    }
    const log = await orOffline(manager, () => manager.getOrCreate(topicPartition, topic.topicId))
    if (log === undefined) {
      // As in Kafka the next directory is tried; what was there already has no place elsewhere.
      const isNew = this.#directories.isOffline(manager) && manager.get(topicPartition) === undefined
      return isNew ? this.#create(topic, state) : undefined
    }
    this.#directories.made(topicPartition)
    const config = this.#configOf(topic.name)
    log.config = logConfig(config, this.#options.config())
    const { directory } = manager
    const partition = new Partition({
      topic: topic.name,
      topicId: topic.topicId,
      partitionId,
      context: this.#context,
      log,
      directory,
      config,
    })
    getOrInsert(this.#partitions, topic.name, () => new Map<number, Partition>()).set(partitionId, partition)
    // The directory may have failed while the log was made.
    if (this.#directories.isOffline(manager)) partition.goOffline()
    else await this.#goOn(partition, manager, assigned)
    return partition
  }

  /** A move that a stop has interrupted; of two, that which the controller knows. */
  async #goOn(partition: Partition, from: LogManager, assigned: Uuid | undefined): Promise<void> {
    const { topic, partitionId } = partition
    const found = this.#directories.online.filter((it) => it.future({ topic, partition: partitionId }) !== undefined)
    const to = found.find((it) => this.#directories.idOf(it) === assigned) ?? found[0]
    if (to !== undefined) await this.#moves.begin(partition, to, from)
  }

  /**
   * AlterReplicaLogDirs (KIP-113): the replica begins to move, or is made there when it comes. Throws ApiError 3, 9, 17, 39,
   * 56 or 57.
   */
  async alterLogDirectory(topicPartition: TopicPartition, path: string): Promise<void> {
    const { topic, partition: partitionId } = topicPartition
    if (!mayMove(topicPartition)) {
      throw new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, 'The topic name is too long.')
    }
    const to = this.#directories.target(path)
    const partition = this.get(topic, partitionId)
    if (partition === undefined) {
      this.#directories.prefer(topicPartition, to)
      const missing = this.#missing(topic, partitionId)
      const isNotHere = missing.code === ErrorCode.NOT_LEADER_OR_FOLLOWER
      throw isNotHere ? new ApiError(ErrorCode.REPLICA_NOT_AVAILABLE, missing.message) : missing
    }
    const from = this.#directories.at(partition.directory)
    if (partition.isOffline || from === undefined) throw storageError(`Partition ${partition.name} is offline`)
    if (from !== to && this.#directories.hasOffline) {
      throw storageError(`Can not create log for ${partition.name} because log directories are offline`)
    }
    const isDone = await orOffline(to, async () => {
      if (from === to) await this.#moves.cancel(partition)
      else await this.#moves.begin(partition, to, from)
      return true
    })
    if (isDone === undefined) throw storageError(`Log directory ${path} is offline`)
    this.#reportDirectory(partition)
  }

  /** No replica fetches any more. */
  async stopFetching(): Promise<void> {
    this.#shrinking?.cancel()
    await this.#fetchers.stop()
  }

  /** Copies end; the next start goes on with them. */
  stopMoves(): Promise<void> {
    return this.#moves.stop()
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
    await this.#fetchers.unfollow(partition)
    await this.#moves.cancel(partition)
    const topicMap = present(this.#partitions.get(topic), 'the topic of a partition')
    topicMap.delete(partitionId)
    if (topicMap.size === 0) this.#partitions.delete(topic)
    const manager = this.#directories.at(partition.directory)
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
        const copy = this.#moves.futureOf(partition)
        for (const log of [partition.log, copy])
          if (log !== undefined) log.config = logConfig(config, this.#options.config())
      }
    }
  }

  #configOf(topic: string): TopicConfig {
    const image = present(this.#image, 'an image')
    if (this.#resolved?.image === image && this.#resolved.topic === topic) return this.#resolved.config
    const resource = { resourceType: topicResourceType, resourceName: topic }
    const config = resolveTopicConfig(this.#options.config(), configsOf(image, resource))
    this.#resolved = { image, topic, config }
    return config
  }

  /** Of the last topic: its partitions come together, and what is throttled may name each of them. */
  #resolved: { readonly image: MetadataImage; readonly topic: string; readonly config: TopicConfig } | undefined

  /** A directory failed: its partitions answer with 56 from now on. */
  directoryFailed(directory: string): void {
    const failed = this.#directories.failed(directory)
    if (failed === undefined) return
    const failedId = this.#directories.idOf(failed)
    for (const partition of this.partitions()) {
      if (partition.directory !== directory) continue
      const { topicId, partitionId, assignedDirectory } = partition
      partition.goOffline()
      // It is followed by nobody here any more; what is under way ends in the log that has failed.
      this.#fetchers.unfollow(partition).catch(this.#options.onFault)
      // It was about to move: the controller would not miss it.
      if (assignedDirectory !== failedId) this.#options.report(topicId, partitionId, failedId)
    }
  }

  /** Whether an entry of `log.dirs` was there at the start and has not failed since. */
  isOnline(directory: string): boolean {
    return this.#directories.online.some((it) => it.directory === directory)
  }

  topicIdOf(topic: string): Uuid | undefined {
    return this.#image?.topics.byName.get(topic)?.topicId
  }
}

const storageError = (reason: string): ApiError => new ApiError(ErrorCode.KAFKA_STORAGE_ERROR, reason)

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
