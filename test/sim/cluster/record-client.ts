/** Clients of one replicated topic: some produce with acks=all, one reads. They find the leaders by the metadata. */
import assert from 'node:assert/strict'
import type { Uuid } from '../../../src/base/index.ts'
import {
  type Api,
  createTopics,
  ErrorCode,
  type Fields,
  fetch,
  type Infer,
  metadata,
  produce,
} from '../../../src/protocol/index.ts'
import { BatchCursor, buildBatch, readRecords } from '../../../src/records/index.ts'
import type { SeededStream } from '../../../src/sim/index.ts'
import { Wire } from '../../wire.ts'
import { brokerPort, nodeName } from './cluster-node.ts'
import type { ClusterWorld } from './cluster-world.ts'
import { partitionsInitially, type RecordHistory } from './record-history.ts'

/** A client's own time-out, and that of acks=all. */
const callMsMax = 15_000
const replicationMsMax = [2000, 12_000] as const
const bytesMax = 1_000_000

/** Nothing was heard, or nobody leads: what became of the request is not known. */
class Unheard extends Error {}

class Leaders {
  readonly #cluster: ClusterWorld
  readonly #draw: SeededStream
  readonly #lines = new Map<string, Wire>()
  topicId: Uuid | undefined
  #leaders: readonly number[] = []

  constructor(cluster: ClusterWorld, draw: SeededStream) {
    this.#cluster = cluster
    this.#draw = draw
  }

  /** That are known. */
  get partitions(): number {
    return Math.max(1, this.#leaders.length)
  }

  /** Throws Unheard. */
  async call<Q extends Fields, S extends Fields>(
    partition: number,
    api: Api<Q, S>,
    request: Parameters<Api<Q, S>['request']['create']>[0],
  ): Promise<Infer<S>> {
    const leader = this.#leaders[partition] ?? -1
    if (leader < 0) throw new Unheard('nobody is known to lead')
    return this.ask(nodeName(leader), api, request)
  }

  async refresh(topic: string): Promise<void> {
    const reply = await this.ask(this.anyBroker(), metadata, {
      topics: [{ name: topic }],
      allowAutoTopicCreation: false,
    })
    const [known] = reply.topics
    if (known?.errorCode !== ErrorCode.NONE) return
    this.topicId = known.topicId
    const leaders: number[] = []
    for (const { partitionIndex, leaderId } of known.partitions) leaders[partitionIndex] = leaderId
    this.#leaders = leaders
  }

  anyBroker(): string {
    const { brokers } = this.#cluster
    const broker = brokers[this.#draw.below(brokers.length)]
    assert.ok(broker !== undefined)
    return broker.name
  }

  /** Throws Unheard. */
  async ask<Q extends Fields, S extends Fields>(
    name: string,
    api: Api<Q, S>,
    request: Parameters<Api<Q, S>['request']['create']>[0],
  ): Promise<Infer<S>> {
    const { clock, network } = this.#cluster.clientEnv
    const over = Promise.withResolvers<never>()
    const timer = clock.after(callMsMax, () => over.reject(new Error('time is over')))
    const work = async (): Promise<Infer<S>> => {
      const known = this.#lines.get(name)
      const wire = known === undefined || known.isClosed ? await Wire.connect(network, name, brokerPort) : known
      this.#lines.set(name, wire)
      return wire.call(api, request)
    }
    try {
      return await Promise.race([work(), over.promise])
    } catch (error) {
      this.#lines.get(name)?.destroy()
      this.#lines.delete(name)
      throw new Unheard(name, { cause: error })
    } finally {
      timer.cancel()
    }
  }

  close(): void {
    for (const wire of this.#lines.values()) wire.destroy()
    this.#lines.clear()
  }
}

export interface RecordClientOptions {
  readonly cluster: ClusterWorld
  readonly history: RecordHistory
  readonly name: string
}

/** Sends one batch after the other; where nobody knows what became of one, its values are not sent again. */
export class RecordProducer {
  readonly #cluster: ClusterWorld
  readonly #history: RecordHistory
  readonly #name: string
  readonly #draw: SeededStream
  readonly #leaders: Leaders
  #count = 0

  constructor({ cluster, history, name }: RecordClientOptions) {
    this.#cluster = cluster
    this.#history = history
    this.#name = name
    this.#draw = cluster.world.random.stream(name)
    this.#leaders = new Leaders(cluster, this.#draw)
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver() && this.#cluster.failure === undefined) {
      await this.#cluster.sleep(this.#draw.exponential(this.#cluster.options.thinkMs / 4))
      try {
        await this.#send()
      } catch (error) {
        if (!(error instanceof Unheard)) throw error
        await this.#refresh()
      }
    }
    this.#leaders.close()
  }

  async #refresh(): Promise<void> {
    const { topic } = this.#history
    try {
      await this.#leaders.refresh(topic)
      if (this.#leaders.topicId === undefined) await this.#create()
    } catch (error) {
      if (!(error instanceof Unheard)) throw error
    }
  }

  /** Whoever comes first makes it, on as many brokers as there are, up to three. */
  async #create(): Promise<void> {
    const { topic } = this.#history
    const { brokers, options } = this.#cluster
    const replicationFactor = Math.min(3, brokers.length)
    const losesPower = options.faults.some((kind) => kind === 'power' || kind === 'in-operation')
    const configs = [
      // Clocks are set by hours.
      { name: 'retention.ms', value: '-1' },
      { name: 'internal.segment.bytes', value: String(options.recordSegmentBytes) },
      { name: 'min.insync.replicas', value: String(Math.max(1, Math.min(options.minIsrMax, replicationFactor - 1))) },
      // What is only in memory is on as many machines as are in sync, and the power of all of them may go.
      ...(losesPower ? [{ name: 'flush.messages', value: '1' }] : []),
    ]
    const topics = [{ name: topic, numPartitions: partitionsInitially, replicationFactor, configs }]
    await this.#leaders.ask(this.#leaders.anyBroker(), createTopics, { topics, timeoutMs: 10_000 })
  }

  async #send(): Promise<void> {
    const { topic } = this.#history
    const { topicId, partitions } = this.#leaders
    const partition = this.#draw.below(partitions)
    const values = Array.from({ length: 1 + this.#draw.below(9) }, () => `${this.#name}-${this.#count++}`)
    const records = buildBatch(values.map((value) => ({ value: Buffer.from(value), timestampMs: 0 })))
    for (const value of values) this.#history.send(value)
    const topicData = [{ name: topic, ...(topicId && { topicId }), partitionData: [{ index: partition, records }] }]
    const timeoutMs = replicationMsMax[this.#draw.below(replicationMsMax.length)] ?? replicationMsMax[0]
    const request = { acks: -1, timeoutMs, topicData }
    const reply = await this.#leaders.call(partition, produce, request)
    const { errorCode, baseOffset = -1 } = reply.responses[0]?.partitionResponses[0] ?? {}
    if (errorCode !== ErrorCode.NONE) throw new Unheard(`error ${errorCode}`)
    for (const [i, value] of values.entries()) this.#history.acknowledged(partition, baseOffset + i, value)
  }
}

interface RecordReaderOptions extends RecordClientOptions {
  /** From whom it happens upon, leader or follower (KIP-392), instead of leaders alone. */
  readonly isRoaming?: boolean
}

/** Reads what is committed, from the first record on, again and again. */
export class RecordReader {
  readonly #cluster: ClusterWorld
  readonly #history: RecordHistory
  readonly #draw: SeededStream
  readonly #leaders: Leaders
  readonly #nextOffsets: number[] = []
  readonly #isRoaming: boolean

  constructor({ cluster, history, name, isRoaming = false }: RecordReaderOptions) {
    this.#cluster = cluster
    this.#history = history
    this.#isRoaming = isRoaming
    this.#draw = cluster.world.random.stream(name)
    this.#leaders = new Leaders(cluster, this.#draw)
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver() && this.#cluster.failure === undefined) {
      await this.#cluster.sleep(this.#draw.exponential(this.#cluster.options.thinkMs))
      try {
        const partition = this.#draw.below(this.#leaders.partitions)
        if (!(await this.readOn(partition))) await this.#leaders.refresh(this.#history.topic)
      } catch (error) {
        if (!(error instanceof Unheard)) throw error
        await this.#leaders.refresh(this.#history.topic).catch(() => undefined)
      }
    }
    this.#leaders.close()
  }

  /** One fetch; false where it was refused. Throws Unheard. */
  async readOn(partition: number): Promise<boolean> {
    const { topic } = this.#history
    const { topicId } = this.#leaders
    const fetchOffset = this.#nextOffsets[partition] ?? 0
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: bytesMax }]
    const topics = [{ topic, ...(topicId && { topicId }), partitions }]
    const request = { maxBytes: bytesMax, maxWaitMs: 0, topics }
    const reply = this.#isRoaming
      ? await this.#leaders.ask(this.#leaders.anyBroker(), fetch, request)
      : await this.#leaders.call(partition, fetch, request)
    const { errorCode, records, highWatermark = 0 } = reply.responses[0]?.partitions[0] ?? {}
    if (reply.errorCode !== ErrorCode.NONE || errorCode !== ErrorCode.NONE) return false
    for (const [offset, value] of valuesIn(records instanceof Uint8Array ? records : new Uint8Array(0))) {
      assert.ok(offset < highWatermark, `${partition}:${offset} was read behind the high watermark ${highWatermark}`)
      if (offset < fetchOffset) continue
      this.#history.read(partition, offset, value)
      this.#nextOffsets[partition] = offset + 1
    }
    return true
  }
}

/** By offset. */
export function valuesIn(records: Uint8Array): ReadonlyMap<number, string> {
  const values = new Map<number, string>()
  const cursor = new BatchCursor(records, 0, records.length)
  while (cursor.next()) {
    for (const { offset, value } of readRecords(records.subarray(cursor.position), 0, bytesMax)) {
      values.set(offset, Buffer.from(value ?? []).toString())
    }
  }
  return values
}
