/**
 * The producer that applications have, with idempotence: each value that it has acknowledged is there once, those of a partition are in
 * order, and what it has given up is there at most once.
 */
import assert from 'node:assert/strict'
import { Kafka, KafkaError, type KafkaErrorCode, type Producer } from '../../../src/client/index.ts'
import type { SeededStream } from '../../../src/sim/index.ts'
import { brokerPort } from './cluster-node.ts'
import type { ClusterWorld } from './cluster-world.ts'
import { partitionsInitially, type RecordHistory } from './record-history.ts'
import type { RecordClientOptions } from './topic-client.ts'

const valuesMax = 12
/** What waits is bounded, as with any application. */
const waitingMax = 200

/** Clocks are apart by hours; and who leads may have forgotten all but the last batch. */
const fair: ReadonlySet<KafkaErrorCode> = new Set(['CLOSED', 'INVALID_TIMESTAMP', 'OUT_OF_ORDER_SEQUENCE_NUMBER'])

export class ClientProducer {
  readonly #cluster: ClusterWorld
  readonly #history: RecordHistory
  readonly #name: string
  readonly #draw: SeededStream
  readonly #producer: Producer
  #count = 0
  #waiting = 0

  constructor({ cluster, history, name }: RecordClientOptions) {
    this.#cluster = cluster
    this.#history = history
    this.#name = name
    const draw = cluster.world.random.stream(name)
    this.#draw = draw
    const bootstrapServers = cluster.brokers.map((broker) => `${broker.name}:${brokerPort}`)
    const requestTimeoutMs = [1000, 3000, 30_000][draw.below(3)] ?? 1000
    const kafka = new Kafka(cluster.clientEnv, { bootstrapServers, requestTimeoutMs }, { poison: true })
    this.#producer = kafka.producer({
      lingerMs: [0, 5, 100][draw.below(3)] ?? 0,
      batchSize: [1, 200, 16_384][draw.below(3)] ?? 0,
      maxInFlightRequestsPerConnection: [1, 2, 5, 5][draw.below(4)] ?? 1,
      deliveryTimeoutMs: requestTimeoutMs + ([1000, 10_000, 90_000][draw.below(3)] ?? 1000),
      maxBlockMs: 5000,
      // Who makes it says how it is kept.
      allowAutoCreateTopics: false,
    })
    history.ordered.push(name)
  }

  async run(isOver: () => boolean): Promise<void> {
    const isEnding = (): boolean => isOver() || this.#cluster.failure !== undefined
    while (!isEnding()) {
      await this.#cluster.sleep(this.#draw.exponential(this.#cluster.options.thinkMs / 3))
      for (let left = this.#draw.below(valuesMax); left > 0 && this.#waiting < waitingMax; left--) this.#send()
    }
    await this.#producer.close()
  }

  #send(): void {
    const value = `${this.#name}-${this.#count++}`
    // Those that are there whoever has made the topic.
    const partition = this.#draw.below(partitionsInitially)
    this.#history.send(value)
    this.#waiting++
    const timestampMs = this.#cluster.clientEnv.clock.now()
    this.#producer
      .send(this.#history.topic, { value, partition, timestampMs })
      .then(
        ({ offset }) => {
          if (offset >= 0) this.#history.acknowledged(partition, offset, [value])
        },
        (error: unknown) => {
          const isFair = error instanceof KafkaError && (error.isRetriable || fair.has(error.code))
          assert.ok(isFair, `${this.#name}: ${error instanceof Error ? error.stack : error}`)
        },
      )
      .catch((error: unknown) => this.#cluster.fail(error instanceof Error ? error : new Error(String(error))))
      .finally(() => this.#waiting--)
  }
}
