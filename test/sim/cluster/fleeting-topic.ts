/**
 * A topic that one client makes, writes to, reads from and deletes, again and again by the same name: in none of its lives is there
 * anything of a former one, and in each what was acknowledged.
 */
import assert from 'node:assert/strict'
import { type Uuid, zeroUuid } from '../../../src/base/index.ts'
import { deleteTopics, ErrorCode, fetch, produce } from '../../../src/protocol/index.ts'
import { buildBatch } from '../../../src/records/index.ts'
import { Unheard } from './calling-client.ts'
import type { ClusterWorld } from './cluster-world.ts'
import { partitionsInitially, type RecordHistory } from './record-history.ts'
import { valuesIn } from './record-reader.ts'
import { type RecordClientOptions, TopicClient } from './topic-client.ts'

const replicationMs = 5000
const deletionMs = 10_000
const bytesMax = 1_000_000
/** Of so many steps of a life one is its last, on average. */
const stepsMean = 12

interface Life {
  readonly topicId: Uuid
  readonly sent: Set<string>
  /** What was acknowledged or read, by partition and offset. */
  readonly known: Map<string, string>
}

const newLife = (topicId: Uuid): Life => ({ topicId, sent: new Set(), known: new Map() })

export class FleetingTopic {
  readonly #cluster: ClusterWorld
  readonly #history: RecordHistory
  readonly #client: TopicClient
  #life = newLife(zeroUuid)
  #count = 0

  constructor(options: RecordClientOptions) {
    this.#cluster = options.cluster
    this.#history = options.history
    this.#client = new TopicClient(options)
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver() && this.#cluster.failure === undefined) {
      await this.#cluster.sleep(this.#client.draw.exponential(this.#cluster.options.thinkMs / 2))
      try {
        await this.#step()
      } catch (error) {
        if (!(error instanceof Unheard)) throw error
        await this.#client.refresh()
      }
    }
    this.#client.close()
  }

  #step(): Promise<void> {
    const { draw, topicId } = this.#client
    if (topicId === undefined) return this.#client.refresh()
    if (topicId !== this.#life.topicId) this.#begin(topicId)
    const partition = draw.below(partitionsInitially)
    if (draw.below(stepsMean) === 0) return this.#delete()
    return draw.below(3) === 0 ? this.#read(partition) : this.#write(partition)
  }

  #begin(topicId: Uuid): void {
    this.#life = newLife(topicId)
    this.#history.counts.topicLives++
  }

  /** By its id: what comes late is of no other life. */
  async #delete(): Promise<void> {
    const topics = [{ name: null, topicId: this.#life.topicId }]
    const reply = await this.#client.ask(this.#client.anyBroker(), deleteTopics, { topics, timeoutMs: deletionMs })
    const { errorCode = -1 } = reply.responses[0] ?? {}
    // Done by a first sending of it.
    if (errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.UNKNOWN_TOPIC_ID) throw new Unheard(`${errorCode}`)
    this.#client.forget()
  }

  async #write(partition: number): Promise<void> {
    const values = Array.from({ length: 1 + this.#client.draw.below(4) }, () => `${this.#count++}`)
    for (const value of values) this.#life.sent.add(value)
    const records = buildBatch(values.map((value) => ({ value: Buffer.from(value), timestampMs: 0 })))
    const topicData = [{ ...this.#client.named, partitionData: [{ index: partition, records }] }]
    const reply = await this.#client.call(partition, produce, { acks: -1, timeoutMs: replicationMs, topicData })
    const { errorCode, baseOffset = -1 } = reply.responses[0]?.partitionResponses[0] ?? {}
    if (errorCode !== ErrorCode.NONE) throw new Unheard(`error ${errorCode}`)
    for (const [i, value] of values.entries()) this.#is(`${partition}:${baseOffset + i}`, value)
  }

  /** All that there is, from the beginning. */
  async #read(partition: number): Promise<void> {
    const partitions = [{ partition, fetchOffset: 0, partitionMaxBytes: bytesMax }]
    const topics = [{ ...this.#client.named, partitions }]
    const reply = await this.#client.call(partition, fetch, { maxBytes: bytesMax, maxWaitMs: 0, topics })
    const { errorCode, records } = reply.responses[0]?.partitions[0] ?? {}
    if (reply.errorCode !== ErrorCode.NONE || errorCode !== ErrorCode.NONE) throw new Unheard(`error ${errorCode}`)
    const values = valuesIn(records instanceof Uint8Array ? records : new Uint8Array(0))
    for (const [offset, value] of values) this.#is(`${partition}:${offset}`, value)
    const end = Math.max(-1, ...values.keys())
    for (let offset = 0; offset <= end; offset++) assert.ok(values.has(offset), `${partition}:${offset} is missing`)
  }

  #is(place: string, value: string): void {
    const { sent, known } = this.#life
    const text = `${this.#history.topic}-${place} of ${this.#life.topicId}`
    assert.ok(sent.has(value), `${text} is ${value}, which nobody sent to it`)
    const before = known.get(place)
    assert.ok(before === undefined || before === value, `${text} is ${value}, and was ${before}`)
    known.set(place, value)
  }
}
