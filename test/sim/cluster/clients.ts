/** Clients of a cluster: they change topics and configs through random nodes and remember what they were told. */
import assert from 'node:assert/strict'
import { type Uuid, zeroUuid } from '../../../src/base/index.ts'
import { resourceType } from '../../../src/metadata/index.ts'
import {
  createPartitions,
  createTopics,
  deleteTopics,
  describeQuorum,
  describeTopicPartitions,
  ErrorCode,
  errorName,
  incrementalAlterConfigs,
  metadata,
  unregisterBroker,
} from '../../../src/protocol/index.ts'
import type { SeededStream } from '../../../src/sim/index.ts'
import { CallingClient, Unheard } from './calling-client.ts'
import type { ClusterWorld } from './cluster-world.ts'
import { type History, KnownConfig, KnownTopic } from './history.ts'
import { socketTimeoutMs } from './options.ts'

/** What became of a change. */
type Fate = 'done' | 'refused' | 'unknown'

/** As the controller is asked for: well within a client's own. */
const timeoutMs = 10_000
/** Before another attempt where nobody listens. */
const retryMs = 50
/** Of those a client has made and not deleted. */
const topicsMax = 6

const unknownCodes: ReadonlySet<number> = new Set([
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.NOT_CONTROLLER,
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.BROKER_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
])

/** Dynamic, and without effect on anything that is simulated here. */
export const brokerConfigs = [
  'log.retention.ms',
  'log.cleaner.delete.retention.ms',
  'log.index.interval.bytes',
  'log.cleaner.max.compaction.lag.ms',
  'log.message.timestamp.after.max.ms',
  'log.message.timestamp.before.max.ms',
]

export class Client {
  readonly #name: string
  readonly #cluster: ClusterWorld
  readonly #history: History
  readonly #draw: SeededStream
  readonly #configs: KnownConfig[]
  #topics: KnownTopic[] = []
  #made = 0
  readonly #line: CallingClient

  constructor(options: {
    readonly index: number
    readonly cluster: ClusterWorld
    readonly history: History
    /** Configs of all brokers that this client alone changes. */
    readonly configs: readonly string[]
  }) {
    const { index, cluster, history, configs } = options
    this.#name = `client-${index}`
    this.#cluster = cluster
    this.#history = history
    this.#draw = cluster.world.random.stream(this.#name)
    this.#line = new CallingClient(cluster, this.#draw)
    this.#configs = configs.map((key) => new KnownConfig(key))
    history.configs.push(...this.#configs)
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver() && this.#cluster.failure === undefined) {
      await this.#cluster.sleep(this.#draw.exponential(this.#cluster.options.thinkMs))
      if (!isOver()) await this.step()
    }
    this.#line.leave()
  }

  /** One request, and what is to be learned from its reply. */
  async step(): Promise<void> {
    try {
      await this.#step(this.#draw.below(100))
    } catch (error) {
      if (!(error instanceof Unheard)) throw error
    }
    // Elsewhere, now and then.
    if (this.#draw.below(4) === 0) this.#line.leave()
  }

  #step(kind: number): Promise<unknown> {
    const topic = this.#topics[this.#draw.below(Math.max(1, this.#topics.length))]
    if (kind < 12) return this.#readMetadata()
    if (kind < 18) return this.#readPartitions()
    if (kind < 24) return this.#readQuorum()
    if (kind < 34) return this.#alterBrokers()
    if (kind < 36) return this.#unregister()
    if (topic === undefined || (kind < 60 && this.#topics.length < topicsMax)) return this.#create()
    if (kind < 74) return this.#alterTopic(topic)
    if (kind < 86) return this.#addPartitions(topic)
    return this.#delete(topic)
  }

  // ---- changes

  /**
   * Asks for a change. `already`: the answer where it was done before, by a first sending of the same request. What was
   * under way for so long that it may have been sent twice is not known either.
   */
  async #change(what: string, ask: () => Promise<number | undefined>, already?: number): Promise<Fate> {
    const { world } = this.#cluster
    const { counts } = this.#history
    await this.#line.connect()
    const startMs = world.nowMs
    let code: number | undefined
    try {
      code = await ask()
    } catch (error) {
      if (!(error instanceof Unheard)) throw error
    }
    if (code === ErrorCode.NOT_CONTROLLER) this.#line.leave()
    if (code === undefined || unknownCodes.has(code) || world.nowMs - startMs >= socketTimeoutMs) {
      counts.unknown++
      return 'unknown'
    }
    if (code === ErrorCode.NONE || code === already) {
      counts.acknowledged++
      return 'done'
    }
    const isFair = code === ErrorCode.INVALID_REPLICATION_FACTOR
    assert.ok(isFair, `${what}: ${errorName(code)}`)
    counts.refused++
    return 'refused'
  }

  /** Through another node each time. Undefined: it could not be made, or nobody knows. */
  async createAnywhere(): Promise<KnownTopic | undefined> {
    this.#line.leave()
    try {
      return await this.#create()
    } catch (error) {
      if (!(error instanceof Unheard)) throw error
      await this.#cluster.sleep(retryMs)
      return undefined
    } finally {
      this.#line.leave()
    }
  }

  /** Undefined: it could not be made, or nobody knows. */
  async #create(): Promise<KnownTopic | undefined> {
    const name = `${this.#name}-topic-${this.#made++}`
    const topic = new KnownTopic(name)
    const partitions = 1 + this.#draw.below(3)
    const replicationFactor = 1 + this.#draw.below(Math.min(3, this.#cluster.brokers.length))
    const topics = [{ name, numPartitions: partitions, replicationFactor }]
    this.#history.topics.push(topic)
    let topicId: Uuid | undefined
    const ask = async (): Promise<number | undefined> => {
      const reply = await this.#line.call(createTopics, { topics, timeoutMs })
      const [result] = reply.topics
      if (result?.errorCode === ErrorCode.NONE) topicId = result.topicId
      return result?.errorCode
    }
    // A read may see it before it is known to be there.
    topic.exists = [true, false]
    topic.partitions = [partitions]
    const fate = await this.#change(`creating ${name}`, ask, ErrorCode.TOPIC_ALREADY_EXISTS)
    if (topicId !== undefined && topicId !== zeroUuid) this.#history.sawTopic(name, topicId)
    if (fate === 'unknown') {
      topic.isLetBe = true
      return undefined
    }
    topic.exists = [fate === 'done']
    if (fate === 'refused') return undefined
    this.#topics.push(topic)
    return topic
  }

  async #delete(topic: KnownTopic): Promise<void> {
    this.#topics = this.#topics.filter((it) => it !== topic)
    const { name } = topic
    const ask = async (): Promise<number | undefined> => {
      const reply = await this.#line.call(deleteTopics, { topics: [{ name }], timeoutMs })
      return reply.responses[0]?.errorCode
    }
    topic.exists = [true, false]
    const fate = await this.#change(`deleting ${name}`, ask, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    if (fate === 'done') topic.exists = [false]
    if (fate === 'refused') topic.exists = [true]
  }

  /** Nobody knows what it is now: it is not touched any more. */
  #letBe(topic: KnownTopic): void {
    topic.isLetBe = true
    this.#topics = this.#topics.filter((it) => it !== topic)
  }

  async #addPartitions(topic: KnownTopic): Promise<void> {
    const [before] = topic.partitions
    if (before > 6) return
    const count = before + 1
    const topics = [{ name: topic.name, count, assignments: null }]
    const ask = async (): Promise<number | undefined> => {
      const reply = await this.#line.call(createPartitions, { topics, timeoutMs })
      return reply.results[0]?.errorCode
    }
    topic.partitions = [before, count]
    const fate = await this.#change(`adding to ${topic.name}`, ask, ErrorCode.INVALID_PARTITIONS)
    if (fate === 'unknown') this.#letBe(topic)
    else topic.partitions = [fate === 'done' ? count : before]
  }

  async #alterTopic(topic: KnownTopic): Promise<void> {
    const [before] = topic.retentionMs
    const value = String(1_000_000 + this.#draw.below(1_000_000))
    topic.retentionMs = [before, value]
    const resource = { resourceType: resourceType.topic, resourceName: topic.name }
    const fate = await this.#alter(resource, 'retention.ms', value)
    if (fate === 'unknown') this.#letBe(topic)
    else topic.retentionMs = [fate === 'done' ? value : before]
  }

  async #alterBrokers(): Promise<void> {
    const config = this.#configs.find(({ isLetBe }) => !isLetBe)
    if (config === undefined) return
    const [before] = config.values
    const value = String(100_000_000 + this.#draw.below(1_000_000))
    config.values = [before, value]
    const fate = await this.#alter({ resourceType: resourceType.broker, resourceName: '' }, config.key, value)
    if (fate === 'unknown') config.isLetBe = true
    else config.values = [fate === 'done' ? value : before]
  }

  #alter(
    resource: { readonly resourceType: number; readonly resourceName: string },
    name: string,
    value: string,
  ): Promise<Fate> {
    const resources = [{ ...resource, configs: [{ name, configOperation: 0, value }] }]
    return this.#change(`altering ${name} of ${resource.resourceName}`, async () => {
      const reply = await this.#line.call(incrementalAlterConfigs, { resources, validateOnly: false })
      return reply.responses[0]?.errorCode
    })
  }

  /**
   * Of one that is down: it registers when it comes back. With that it is forgotten that it went in order, as by Kafka: where another
   * one may have lost what it had not synced, nobody must do that to those who have it.
   */
  async #unregister(): Promise<void> {
    if (this.#cluster.options.weakBroker !== undefined) return
    const down = this.#cluster.brokers.find(({ state }) => state === 'down')
    if (down === undefined) return
    await this.#change(
      `unregistering ${down.id}`,
      async () => (await this.#line.call(unregisterBroker, { brokerId: down.id })).errorCode,
      ErrorCode.BROKER_ID_NOT_REGISTERED,
    )
  }

  // ---- reads

  async #readMetadata(): Promise<void> {
    const { isController } = await this.#line.connect()
    if (isController) return
    const { topics } = await this.#line.call(metadata, { topics: null, allowAutoTopicCreation: false })
    for (const { name, topicId } of topics) if (name !== null) this.#history.sawTopic(name, topicId)
    this.#history.counts.reads++
  }

  async #readPartitions(): Promise<void> {
    const { isController } = await this.#line.connect()
    const topic = this.#topics[0]
    if (isController || topic === undefined) return
    const { topics } = await this.#line.call(describeTopicPartitions, { topics: [{ name: topic.name }] })
    for (const { errorCode, name, topicId } of topics) {
      if (errorCode === ErrorCode.NONE && name !== null) this.#history.sawTopic(name, topicId)
    }
    this.#history.counts.reads++
  }

  async #readQuorum(): Promise<void> {
    const asked = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
    const { topics } = await this.#line.call(describeQuorum, { topics: asked })
    const partition = topics[0]?.partitions[0]
    if (partition?.errorCode !== ErrorCode.NONE) return
    this.onQuorum(partition.leaderEpoch, partition.leaderId)
    this.#history.counts.reads++
  }

  /** What a leader said of itself. */
  onQuorum: (epoch: number, leaderId: number) => void = () => undefined
}
