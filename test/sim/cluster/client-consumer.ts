/**
 * Two members of one group that read a replicated topic by the consumer that applications have. What the group has committed was all
 * handed out before, to one of them; each gets the records of a partition in order, without one between that is there.
 */
import assert from 'node:assert/strict'
import { type Consumer, type ConsumerOptions, Kafka, KafkaError } from '../../../src/client/index.ts'
import type { SeededStream } from '../../../src/sim/index.ts'
import { brokerPort } from './cluster-node.ts'
import type { ClusterWorld } from './cluster-world.ts'
import { partitionsMax, type RecordHistory } from './record-history.ts'
import type { RecordClientOptions } from './topic-client.ts'

/** Mean time that a record takes, and that a member lives. */
const workMs = 20
const lifeMs = 20_000
const members = 2

export class ClientConsumer {
  readonly #cluster: ClusterWorld
  readonly #history: RecordHistory
  readonly #name: string
  readonly #draw: SeededStream
  readonly #protocols: 'classic' | 'consumer' | 'both'
  /** Offsets whose turn is over, by partition. */
  readonly #done = Array.from({ length: partitionsMax }, () => new Set<number>())
  readonly counts = { consumed: 0, consumedSurely: 0, consumerLives: 0 }
  /** By partition, as it was told in the end. */
  #committed: readonly number[] = []

  constructor({ cluster, history, name }: RecordClientOptions) {
    this.#cluster = cluster
    this.#history = history
    this.#name = name
    this.#draw = cluster.world.random.stream(name)
    this.#protocols = (['classic', 'consumer', 'both'] as const)[this.#draw.below(3)] ?? 'classic'
    history.consumers.push(this)
  }

  async run(isOver: () => boolean): Promise<void> {
    await Promise.all(Array.from({ length: members }, () => this.#live(isOver)))
  }

  async #live(isOver: () => boolean): Promise<void> {
    const isEnding = (): boolean => isOver() || this.#cluster.failure !== undefined
    while (!isEnding()) {
      const consumer = this.#open()
      this.counts.consumerLives++
      const endMs = this.#cluster.world.nowMs + this.#draw.exponential(lifeMs)
      const isDue = (): boolean => isEnding() || this.#cluster.world.nowMs > endMs
      const reading = this.#read(consumer, isDue)
      while (!isDue()) await this.#cluster.sleep(100)
      // Its offsets may not be taken: then somebody reads them again.
      await consumer.close().catch((error: unknown) => this.#isFair(error))
      await reading
    }
  }

  #open(): Consumer {
    const draw = this.#draw
    const bootstrapServers = this.#cluster.brokers.map((broker) => `${broker.name}:${brokerPort}`)
    const requestTimeoutMs = [1000, 3000, 30_000][draw.below(3)] ?? 1000
    const kafka = new Kafka(this.#cluster.clientEnv, { bootstrapServers, requestTimeoutMs }, { poison: true })
    const consumer = kafka.consumer({
      groupId: this.#name,
      autoOffsetReset: 'earliest',
      ...this.#protocol(),
      maxPollIntervalMs: 10_000,
      autoCommitIntervalMs: [200, 2000][draw.below(2)] ?? 200,
      maxPartitionFetchBytes: [100, 1_000_000][draw.below(2)] ?? 100,
      prefetchBytes: [1, 100_000][draw.below(2)] ?? 1,
      allowAutoCreateTopics: false,
    })
    const { topic } = this.#history
    consumer.subscribe(draw.below(2) === 0 ? [topic] : new RegExp(`^${topic}$`))
    return consumer
  }

  /** A group may hold members of both, and goes over to the other with its last of one. */
  #protocol(): ConsumerOptions {
    const draw = this.#draw
    if (this.#protocols === 'consumer' || (this.#protocols === 'both' && draw.below(2) === 0)) {
      return { groupProtocol: 'consumer' }
    }
    const partitionAssignmentStrategy = ([['range', 'cooperative-sticky'], ['cooperative-sticky']] as const)[
      draw.below(2)
    ]
    return {
      sessionTimeoutMs: 6000,
      heartbeatIntervalMs: 1000,
      ...(partitionAssignmentStrategy !== undefined && { partitionAssignmentStrategy }),
    }
  }

  async #read(consumer: Consumer, isDue: () => boolean): Promise<void> {
    while (!isDue()) {
      try {
        for await (const { partition, offset, value } of consumer) {
          this.#history.read(partition, offset, String(value))
          await this.#cluster.sleep(this.#draw.exponential(workMs))
          this.counts.consumed++
          if (isDue()) break
          this.#done[partition]?.add(offset)
        }
      } catch (error) {
        this.#isFair(error)
        await this.#cluster.sleep(500)
      }
    }
  }

  #isFair(error: unknown): void {
    if (error instanceof KafkaError && (error.isRetriable || fair.has(error.code))) return
    this.#cluster.fail(error instanceof Error ? error : new Error(String(error)))
  }

  /** When all is well again. Nobody tells it where those that have it stay away. */
  async learn(): Promise<void> {
    const consumer = this.#open()
    const partitions = Array.from({ length: partitionsMax }, (_, partition) => ({
      topic: this.#history.topic,
      partition,
    }))
    try {
      this.#committed = (await consumer.committed(partitions)).map((it) => it?.offset ?? 0)
    } catch (error) {
      this.#isFair(error)
    } finally {
      await consumer.close()
    }
  }

  /** `values` are all of a partition: what the group has committed, no member has left out. */
  check(partition: number, values: ReadonlyMap<number, string>): void {
    const committed = this.#committed[partition] ?? 0
    for (const [offset, value] of values) {
      if (offset >= committed) continue
      this.counts.consumedSurely++
      const text = `${this.#name} has committed ${committed} in partition ${partition}, and nobody was given ${value} at ${offset}`
      assert.ok(this.#done[partition]?.has(offset) === true, text)
    }
  }
}

/** Another generation is on: what this member wanted to commit, somebody else reads. */
const fair: ReadonlySet<string> = new Set([
  'CLOSED',
  'ILLEGAL_GENERATION',
  'REBALANCE_IN_PROGRESS',
  'UNKNOWN_MEMBER_ID',
  'INCONSISTENT_GROUP_PROTOCOL',
])
