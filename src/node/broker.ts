/**
 * The broker role of a node: its directories, replicas, coordinators and listeners, and how images reach them. An image
 * is visible to handlers once this broker has applied it: whoever is told of a topic finds its logs there.
 */
import { allSteps, DiskError, type Env, present, TimerWheel, type Uuid } from '../base/index.ts'
import { type BrokerConfig, ConfigError, resolveTopicConfig, type TopicConfig } from '../config/index.ts'
import { GroupService } from '../coordinator/index.ts'
import { Cleaner, type CleanerSettings, LogManager, logIntervals } from '../log/index.ts'
import {
  type ControllerChannel,
  configsOf,
  cordonedDirectoriesLevel,
  directoryAssignmentLevel,
  emptyImage,
  type MetadataImage,
  type MetadataUpdate,
  noChanges,
} from '../metadata/index.ts'
import type { Peers } from '../peer/index.ts'
import {
  FetchSessions,
  FetchWaiters,
  logConfig,
  type Partition,
  ReplicaManager,
  Replication,
} from '../replication/index.ts'
import { coordinatorPartition } from './coordinator-partition.ts'
import { DirectoryAssignments } from './directory-assignments.ts'
import { IsrChanges } from './isr-changes.ts'

export interface BrokerOptions {
  readonly env: Env
  readonly config: BrokerConfig
  readonly clusterId: string
  /** Ids of the directories that can be used, by path. */
  readonly directoryIds: ReadonlyMap<string, Uuid>
  /** Asked for with the first request: the quorum starts when the directories are locked. */
  readonly controller: () => ControllerChannel
  /** Ways to other brokers. */
  readonly peers: Peers
  /** As the controller gave it; -1 before. */
  readonly brokerEpoch: () => number
  /** `offlineLogDirs` says more than before. */
  readonly onDirectoryFailure: () => void
  /** `cordonedLogDirs` says something else. */
  readonly onCordoned: () => void
  /** A fault of ours, or no log directory is left: the node stops. */
  readonly onFault: (error: unknown) => void
}

const brokerResourceType = 4
const topicResourceType = 2
const groupResourceType = 32
const offsetsTopic = '__consumer_offsets'
/** Waiting fetches and produces end at most this late. */
const wheelTickMs = 5

interface Applied {
  readonly offset: number
  readonly resolve: () => void
}

export class Broker {
  readonly env: Env
  readonly clusterId: string
  readonly nodeId: number
  readonly wheel: TimerWheel
  readonly replication: Replication
  readonly waiters: FetchWaiters
  readonly sessions: FetchSessions
  readonly groups: GroupService
  readonly cleaner: Cleaner
  /** Requests of this broker's clients: a reply comes when this broker has applied what it says. */
  readonly channel: ControllerChannel
  readonly #options: BrokerOptions
  readonly #managers: LogManager[] = []
  readonly #assignments: DirectoryAssignments
  readonly #isrChanges: IsrChanges
  #config: BrokerConfig
  #image: MetadataImage = emptyImage
  #replicas: ReplicaManager | undefined
  #updates: MetadataUpdate[] = []
  /** Of the newest image that came, applied or not. */
  #publishedOffset = -1
  #isApplying = false
  #isLoaded = false
  #applying: Promise<void> | undefined
  #awaiting: Applied[] = []
  readonly #offline = new Set<Uuid>()
  #offsetsConfig: { image: MetadataImage; broker: BrokerConfig; config: TopicConfig } | undefined
  #isStopped = false

  private constructor(options: BrokerOptions) {
    const { env, config } = options
    this.#options = options
    this.#config = config
    this.env = env
    this.clusterId = options.clusterId
    this.nodeId = config.nodeId
    this.wheel = new TimerWheel({ clock: env.clock, tickMs: wheelTickMs, lingers: true })
    this.replication = new Replication(this.wheel)
    this.waiters = new FetchWaiters(this.wheel)
    this.sessions = new FetchSessions({
      slots: config.number('max.incremental.fetch.session.cache.slots'),
      random: env.random.stream('fetch-sessions'),
      nowMs: () => env.clock.monotonic(),
    })
    this.groups = new GroupService({
      clock: env.clock,
      logger: env.logger.child('groups'),
      config: () => this.#config,
      groupTexts: (resourceName) => configsOf(this.#image, { resourceType: groupResourceType, resourceName }),
      partitionCount: () => this.#image.topics.byName.get(offsetsTopic)?.partitions.size,
      batchBytesMax: () => this.#offsetsTopicConfig().maxMessageBytes,
      onFault: options.onFault,
    })
    this.cleaner = new Cleaner({
      directories: this.#managers,
      settings: () => cleanerSettings(this.#config),
      clock: env.clock,
      random: env.random.stream('cleaner'),
      workers: env.workers.background,
      logger: env.logger.child('cleaner'),
    })
    this.channel = this.#waitingChannel(options.controller)
    const asker = {
      channel: this.channel,
      clock: env.clock,
      brokerId: config.nodeId,
      brokerEpoch: options.brokerEpoch,
      onFault: options.onFault,
    }
    this.#assignments = new DirectoryAssignments({ ...asker, logger: env.logger.child('assignments') })
    this.#isrChanges = new IsrChanges({ ...asker, logger: env.logger.child('isr') })
  }

  /** Takes the directories for this process; nothing in them is read. Throws DiskError `EBUSY`. */
  static async lock(options: BrokerOptions): Promise<Broker> {
    const broker = new Broker(options)
    const { env, config, directoryIds } = options
    try {
      for (const directory of config.logDirs) {
        if (directoryIds.has(directory)) await broker.#lock(directory)
      }
    } catch (error) {
      for (const manager of broker.#managers) await manager.unlock()
      throw error
    }
    env.logger.log('debug', 'the log directories are locked', { count: broker.#managers.length })
    return broker
  }

  /** A directory that cannot be locked because of its disk is offline, and it alone. */
  async #lock(directory: string): Promise<void> {
    try {
      this.#managers.push(await LogManager.lock(this.#managerOptions(directory)))
    } catch (error) {
      if (!this.#isAlone(directory, error)) throw error
      this.#directoryFailed(directory, error)
    }
  }

  #managerOptions(directory: string): Parameters<typeof LogManager.lock>[0] {
    const { env, config } = this.#options
    return {
      directory,
      disk: env.disk,
      clock: env.clock,
      random: env.random.stream('log-directories'),
      logger: env.logger.child('log'),
      configOf: (topic) => logConfig(this.#topicConfig(topic), this.#config),
      onDirectoryFailure: (failed, error) => this.#directoryFailed(failed, error),
      intervals: logIntervals(config),
      recoveriesMax: () => this.#config.number('num.recovery.threads.per.data.dir'),
    }
  }

  #topicTexts(topic: string): ReadonlyMap<string, string> {
    return configsOf(this.#image, { resourceType: topicResourceType, resourceName: topic })
  }

  #topicConfig(topic: string): TopicConfig {
    return resolveTopicConfig(this.#config, this.#topicTexts(topic))
  }

  /** Each batch of a coordinator asks twice: it is resolved anew only where a config is another one. */
  #offsetsTopicConfig(): TopicConfig {
    const known = this.#offsetsConfig
    if (known?.image === this.#image && known.broker === this.#config) return known.config
    const config = this.#topicConfig(offsetsTopic)
    this.#offsetsConfig = { image: this.#image, broker: this.#config, config }
    return config
  }

  get image(): MetadataImage {
    return this.#image
  }

  get config(): BrokerConfig {
    return this.#config
  }

  get replicas(): ReplicaManager {
    return present(this.#replicas, 'the replicas, once the logs are loaded')
  }

  get logDirectories(): readonly LogManager[] {
    return this.#managers
  }

  /** Ids of the log directories that this broker has and can use. */
  get directoryIds(): readonly Uuid[] {
    return this.#idsOf(this.#config.logDirs).filter((id) => !this.#offline.has(id))
  }

  /** Of those in which no new replica is to be made; null where the cluster is too old to know of such. */
  get cordonedLogDirs(): readonly Uuid[] | null {
    const isKnown = this.#image.features.metadataVersion >= cordonedDirectoriesLevel
    return isKnown ? this.#idsOf(this.#config.cordonedLogDirs) : null
  }

  #idsOf(directories: readonly string[]): readonly Uuid[] {
    return directories.flatMap((directory) => this.#options.directoryIds.get(directory) ?? [])
  }

  get metadataOffset(): number {
    return this.#image.provenance.offset
  }

  get offlineLogDirs(): readonly Uuid[] {
    return [...this.#offline]
  }

  /** The broker epoch of the last clean stop, when all directories agree on it; else -1 (KIP-966). */
  get previousBrokerEpoch(): number {
    const epochs = new Set(this.#managers.map((manager) => manager.previousBrokerEpoch))
    const [epoch = -1] = epochs
    return epochs.size === 1 ? epoch : -1
  }

  /** Recovers the logs and makes the replicas of `image`; updates that came meanwhile follow. */
  load(image: MetadataImage): Promise<void> {
    const loading = this.#load(image)
    this.#applying = loading.catch(() => undefined)
    return loading
  }

  async #load(image: MetadataImage): Promise<void> {
    const { env } = this.#options
    this.#image = image
    this.#configure(image)
    const directories: LogManager[] = []
    for (const manager of this.#managers) if (await this.#loadLogs(manager)) directories.push(manager)
    this.#replicas = new ReplicaManager({
      nodeId: this.nodeId,
      logger: env.logger.child('replicas'),
      clock: env.clock,
      config: () => this.#config,
      directories,
      directoryIds: this.#options.directoryIds,
      report: (...replica) => {
        if (this.#image.features.metadataVersion >= directoryAssignmentLevel) this.#assignments.report(...replica)
      },
      peers: this.#options.peers,
      brokerEpoch: this.#options.brokerEpoch,
      proposeIsr: (partition, proposal) => this.#isrChanges.propose(partition, proposal),
      onFault: this.#options.onFault,
    })
    await this.#replicas.putLogsInPlace(image)
    await this.#apply({ before: emptyImage, image, changes: everything(image) })
    this.#updates = this.#updates.filter((update) => update.image.provenance.offset > image.provenance.offset)
    this.#isLoaded = true
    this.#work()
    this.cleaner.start()
  }

  /** False where the disk refuses: the directory is offline, and it alone, unless there is no other. */
  async #loadLogs(manager: LogManager): Promise<boolean> {
    try {
      await manager.load()
      return true
    } catch (error) {
      if (!this.#isAlone(manager.directory, error)) throw error
      manager.failed(error)
      return false
    }
  }

  /** What the disk refuses is the matter of one directory, where there are others; but for what an operator must see to. */
  #isAlone(directory: string, error: unknown): error is DiskError {
    if (!(error instanceof DiskError) || this.#onlineCount <= 1) return false
    // A directory that two processes want, one that is named after no log, two logs of one replica.
    const isForOperator = ['EBUSY', 'EINVAL', 'EEXIST'].includes(error.code)
    return !isForOperator && directory !== this.#options.config.metadataLogDir
  }

  /** Takes the next image. Applied in the background, in order. */
  publish(update: MetadataUpdate): void {
    this.#updates.push(update)
    this.#publishedOffset = update.image.provenance.offset
    this.#work()
  }

  #work(): void {
    if (!this.#isLoaded || this.#isApplying || this.#isStopped || this.#updates.length === 0) return
    this.#isApplying = true
    this.#applying = this.#applyAll().catch((error: unknown) => this.#options.onFault(error))
  }

  async #applyAll(): Promise<void> {
    for (let update = this.#updates.shift(); update !== undefined; update = this.#updates.shift()) {
      await this.#apply(update)
    }
    this.#isApplying = false
  }

  async #apply(update: MetadataUpdate): Promise<void> {
    const { image, changes } = update
    if (changes.configsChanged.some(({ resourceType }) => resourceType === brokerResourceType)) this.#configure(image)
    const { ledNow, ledNoMore } = await this.replicas.apply(update)
    for (const { partition, leaderEpoch } of ledNoMore) {
      if (partition.topic === offsetsTopic) this.groups.resign(partition.partitionId, leaderEpoch)
    }
    this.#image = image
    this.groups.metadataChanged(image, changes)
    for (const partition of ledNow) this.#lead(partition)
    const deleted = changes.topicsDeleted.map(({ name, topicId }) => ({ topic: name, topicId }))
    if (deleted.length > 0) this.groups.topicsDeleted(deleted)
    const done = this.#awaiting.filter(({ offset }) => offset <= image.provenance.offset)
    this.#awaiting = this.#awaiting.filter(({ offset }) => offset > image.provenance.offset)
    for (const { resolve } of done) resolve()
  }

  #lead(partition: Partition): void {
    // What the image of the start says is of this broker's former life. Its registration ends that: what it leads then, it
    // leads in another epoch, and would read anew.
    if (partition.topic !== offsetsTopic || !this.#isLoaded) return
    this.groups.becomeLeader(partition.partitionId, partition.leaderEpoch, coordinatorPartition(partition))
  }

  /** Dynamic values over static ones. What cannot be is refused when it is altered; what a file smuggled in is left out. */
  #configure(image: MetadataImage): void {
    const of = (resourceName: string) => configsOf(image, { resourceType: brokerResourceType, resourceName })
    const cordonedBefore = this.#config.cordonedLogDirs
    try {
      this.#config = this.#options.config.withDynamic({
        dynamicDefault: of(''),
        dynamicBroker: of(String(this.nodeId)),
      })
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      this.env.logger.log('error', 'dynamic configs of this broker are not valid; what was in force stays', {
        reason: error.message,
      })
    }
    if (`${this.#config.cordonedLogDirs}` !== `${cordonedBefore}`) this.#options.onCordoned()
  }

  #directoryFailed(directory: string, error: Error): void {
    const { directoryIds, onFault, env } = this.#options
    const id = directoryIds.get(directory)
    if (id !== undefined) this.#offline.add(id)
    env.logger.log('error', 'a log directory failed and is offline', { directory, reason: error.message })
    this.#replicas?.directoryFailed(directory)
    this.#options.onDirectoryFailure()
    const why = this.#fatal(directory)
    if (why !== undefined) onFault(new Error(`Shutdown broker because ${why}: ${error.message}`))
  }

  /** As Kafka: without its metadata a node knows nothing. */
  #fatal(failed: string): string | undefined {
    if (this.#onlineCount === 0) return 'all log dirs have failed'
    return failed === this.#options.config.metadataLogDir ? `the metadata log dir ${failed} has failed` : undefined
  }

  get #onlineCount(): number {
    return this.directoryIds.length
  }

  /** Resolves when this broker has applied the metadata up to `offset`. */
  applied(offset: number): Promise<void> {
    if (this.#image.provenance.offset >= offset || this.#isStopped) return Promise.resolve()
    return new Promise((resolve) => this.#awaiting.push({ offset, resolve }))
  }

  /** So that a client that has created a topic here can use it here at once. */
  #waitingChannel(controller: () => ControllerChannel): ControllerChannel {
    const then = async <R>(reply: Promise<R>): Promise<R> => {
      const answer = await reply
      await this.applied(this.#publishedOffset)
      return answer
    }
    return {
      registerBroker: (request, apiVersion) => controller().registerBroker(request, apiVersion),
      brokerHeartbeat: (request) => controller().brokerHeartbeat(request),
      assignReplicasToDirs: (request) => controller().assignReplicasToDirs(request),
      registerController: (request) => controller().registerController(request),
      alterPartition: (request) => controller().alterPartition(request),
      allocateProducerIds: (request) => controller().allocateProducerIds(request),
      alterPartitionReassignments: (request) => then(controller().alterPartitionReassignments(request)),
      listPartitionReassignments: (request) => controller().listPartitionReassignments(request),
      electLeaders: (request) => then(controller().electLeaders(request)),
      unregisterBroker: (request) => then(controller().unregisterBroker(request)),
      createTopics: (request, asker) => then(controller().createTopics(request, asker)),
      deleteTopics: (request, asker) => then(controller().deleteTopics(request, asker)),
      createPartitions: (request, asker) => then(controller().createPartitions(request, asker)),
      incrementalAlterConfigs: (request, asker) => then(controller().incrementalAlterConfigs(request, asker)),
      alterConfigs: (request, asker) => then(controller().alterConfigs(request, asker)),
      alterClientQuotas: (request) => then(controller().alterClientQuotas(request)),
      createAcls: (request) => then(controller().createAcls(request)),
      deleteAcls: (request) => then(controller().deleteAcls(request)),
      updateFeatures: (request) => then(controller().updateFeatures(request)),
    }
  }

  /** Who waits is answered: a fetch with what there is, a member of a group with an error that sends it elsewhere. */
  endWaiting(): void {
    this.groups.stop()
    this.wheel.fireAll()
  }

  /** Closes every log; the marker of a clean stop is written last. Throws what kept the stop from being clean. */
  async stop(brokerEpoch: number): Promise<void> {
    this.#isStopped = true
    // Nobody is served any more; what follows may fail, and its timer would keep the process.
    this.wheel.clear()
    this.#assignments.stop()
    this.#isrChanges.stop()
    this.groups.stop()
    await this.#replicas?.stopFetching()
    for (const manager of this.#managers) if (!this.#isLoaded) manager.abortLoad()
    await this.#applying
    await this.cleaner.stop()
    for (const { resolve } of this.#awaiting.splice(0)) resolve()
    this.wheel.clear()
    await this.#replicas?.stopMoves()
    await allSteps(...this.#managers.map((manager) => () => manager.close(brokerEpoch)))
  }
}

function cleanerSettings(config: BrokerConfig): CleanerSettings {
  return {
    isEnabled: config.boolean('log.cleaner.enable'),
    threads: config.number('log.cleaner.threads'),
    backoffMs: config.number('log.cleaner.backoff.ms'),
    dedupeBufferBytes: config.number('log.cleaner.dedupe.buffer.size'),
    loadFactor: config.number('log.cleaner.io.buffer.load.factor'),
    ioBufferBytes: config.number('log.cleaner.io.buffer.size'),
    bytesPerSecond: config.number('log.cleaner.io.max.bytes.per.second'),
    decompressedBytesMax: config.own.number('odradek.max.decompressed.batch.bytes'),
  }
}

/** The first image: all that is in it is new. */
function everything(image: MetadataImage): MetadataUpdate['changes'] {
  return {
    ...noChanges,
    topicsCreated: [...image.topics.byId.values()],
    configsChanged: [...image.configs.values()].map(({ resourceType, resourceName }) => ({
      resourceType,
      resourceName,
    })),
  }
}
