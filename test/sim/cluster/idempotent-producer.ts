/**
 * A producer of one replicated topic that sends each batch until it is acknowledged, with the same sequence: no value is there twice,
 * and those of a partition are in order (KIP-98).
 */
import assert from 'node:assert/strict'
import { ErrorCode, initProducerId, produce } from '../../../src/protocol/index.ts'
import { buildBatch } from '../../../src/records/index.ts'
import { Unheard } from './calling-client.ts'
import type { ClusterWorld } from './cluster-world.ts'
import type { RecordHistory } from './record-history.ts'
import { type RecordClientOptions, TopicClient } from './topic-client.ts'

const replicationMs = 3000
const valuesMax = 16
/** Before a batch is sent again. */
const retryMs = 100

/** How often a batch is sent again when all is well. */
const lastAttemptsMax = 20

/**
 * What a leader tells that misses something of what came before: one that is none any more, and has not heard of it. When all is well
 * nobody may.
 */
const outOfOrder: ReadonlySet<number> = new Set([
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.DUPLICATE_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
])

const unfair: ReadonlySet<number> = new Set([
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.INVALID_RECORD,
  ErrorCode.UNKNOWN_SERVER_ERROR,
])

export class IdempotentProducer {
  readonly #cluster: ClusterWorld
  readonly #history: RecordHistory
  readonly #name: string
  readonly #client: TopicClient
  #producer: { readonly producerId: number; readonly producerEpoch: number } | undefined
  readonly #sequences = new Map<number, number>()
  #lastCode: number = ErrorCode.NONE
  #count = 0

  constructor(options: RecordClientOptions) {
    this.#cluster = options.cluster
    this.#history = options.history
    this.#name = options.name
    this.#client = new TopicClient(options)
    options.history.ordered.push(options.name)
  }

  async run(isOver: () => boolean): Promise<void> {
    const isEnding = (): boolean => isOver() || this.#cluster.failure !== undefined
    while (!isEnding()) {
      await this.#cluster.sleep(this.#client.draw.exponential(this.#cluster.options.thinkMs / 3))
      if (this.#producer === undefined) await this.#begin()
      else await this.#send(this.#producer, isEnding)
    }
    this.#client.close()
  }

  async #begin(): Promise<void> {
    try {
      const { errorCode, producerId, producerEpoch } = await this.#client.ask(
        this.#client.anyBroker(),
        initProducerId,
        {
          transactionalId: null,
          transactionTimeoutMs: 0,
        },
      )
      if (errorCode !== ErrorCode.NONE) return
      this.#history.startsProducer(Number(producerId))
      this.#producer = { producerId: Number(producerId), producerEpoch }
    } catch (error) {
      if (!(error instanceof Unheard)) throw error
    }
  }

  async #send(
    producer: { readonly producerId: number; readonly producerEpoch: number },
    isEnding: () => boolean,
  ): Promise<void> {
    const { draw } = this.#client
    const partition = draw.below(this.#client.partitions)
    const values = Array.from({ length: 1 + draw.below(valuesMax) }, () => `${this.#name}-${this.#count++}`)
    // What is known of a producer ends a day after its last record.
    const timestampMs = this.#cluster.clientEnv.clock.now()
    const baseSequence = this.#sequences.get(partition) ?? 0
    const records = buildBatch(
      values.map((value) => ({ value: Buffer.from(value), timestampMs })),
      { ...producer, baseSequence },
    )
    for (const value of values) this.#history.send(value)
    for (let attemptsLeft = lastAttemptsMax; attemptsLeft > 0; ) {
      try {
        this.#history.acknowledged(partition, await this.#offer(partition, records), values)
        this.#sequences.set(partition, baseSequence + values.length)
        return
      } catch (error) {
        if (!(error instanceof Unheard)) throw error
      }
      if (isEnding()) attemptsLeft--
      this.#history.counts.batchesSentAgain++
      await this.#client.refresh()
      await this.#cluster.sleep(retryMs)
    }
    const text = `${this.#name} is answered ${this.#lastCode} for sequence ${baseSequence} of partition ${partition}`
    assert.ok(this.#cluster.failure !== undefined || !outOfOrder.has(this.#lastCode), text)
  }

  /** Its base offset. Throws Unheard. */
  async #offer(partition: number, records: Uint8Array): Promise<number> {
    const topicData = [{ ...this.#client.named, partitionData: [{ index: partition, records }] }]
    const request = { acks: this.#history.acks, timeoutMs: replicationMs, topicData }
    const reply = await this.#client.call(partition, produce, request)
    const { errorCode = -1, baseOffset = -1 } = reply.responses[0]?.partitionResponses[0] ?? {}
    this.#lastCode = errorCode
    if (errorCode === ErrorCode.NONE) return baseOffset
    assert.ok(!unfair.has(errorCode), `${this.#name} is answered ${errorCode}`)
    throw new Unheard(`error ${errorCode}`)
  }
}
