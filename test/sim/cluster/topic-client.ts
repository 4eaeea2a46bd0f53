/** What clients of one replicated topic share: they find the leaders by the metadata, and whoever comes first makes the topic. */
import assert from 'node:assert/strict'
import type { Uuid } from '../../../src/base/index.ts'
import { type Api, createTopics, ErrorCode, type Fields, type Infer, metadata } from '../../../src/protocol/index.ts'
import type { SeededStream } from '../../../src/sim/index.ts'
import { Wire } from '../../wire.ts'
import { Unheard } from './calling-client.ts'
import { brokerPort, nodeName } from './cluster-node.ts'
import type { ClusterWorld } from './cluster-world.ts'
import { minIsr, replicationFactor } from './options.ts'
import { partitionsInitially, type RecordHistory } from './record-history.ts'

/** A client's own time-out. */
const callMsMax = 15_000

export interface RecordClientOptions {
  readonly cluster: ClusterWorld
  readonly history: RecordHistory
  readonly name: string
}

export class TopicClient {
  readonly draw: SeededStream
  readonly #cluster: ClusterWorld
  readonly #topic: string
  readonly #lines = new Map<string, Wire>()
  /** Undefined before it was heard of. */
  topicId: Uuid | undefined
  #leaders: readonly number[] = []
  readonly #gone = new Set<Uuid>()

  constructor({ cluster, history, name }: RecordClientOptions) {
    this.#cluster = cluster
    this.#topic = history.topic
    this.draw = cluster.world.random.stream(name)
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

  /** The topic is gone: another one may come by its name. */
  forget(): void {
    if (this.topicId !== undefined) this.#gone.add(this.topicId)
    this.topicId = undefined
    this.#leaders = []
  }

  /** As a request names it. */
  get named(): { readonly topic: string; readonly name: string; readonly topicId?: Uuid } {
    return { topic: this.#topic, name: this.#topic, ...(this.topicId !== undefined && { topicId: this.topicId }) }
  }

  /** Asks some broker who leads; makes the topic where there is none. What could not be heard comes with the next one. */
  async refresh(): Promise<void> {
    try {
      await this.#ask()
      if (this.topicId === undefined) await this.#create()
    } catch (error) {
      if (!(error instanceof Unheard)) throw error
    }
  }

  async #ask(): Promise<void> {
    const topic = this.#topic
    const reply = await this.ask(this.anyBroker(), metadata, {
      topics: [{ name: topic }],
      allowAutoTopicCreation: false,
    })
    const [known] = reply.topics
    // Of one that is gone a broker may not have heard yet.
    if (known?.errorCode !== ErrorCode.NONE || this.#gone.has(known.topicId)) return
    if (known.topicId !== this.topicId) this.forget()
    this.topicId = known.topicId
    const leaders: number[] = []
    for (const { partitionIndex, leaderId } of known.partitions) leaders[partitionIndex] = leaderId
    this.#leaders = leaders
  }

  anyBroker(): string {
    const { brokers } = this.#cluster
    const broker = brokers[this.draw.below(brokers.length)]
    assert.ok(broker !== undefined)
    return broker.name
  }

  /** Throws Unheard. */
  async ask<Q extends Fields, S extends Fields>(
    name: string,
    api: Api<Q, S>,
    request: Parameters<Api<Q, S>['request']['create']>[0],
    version?: number,
  ): Promise<Infer<S>> {
    const { clock, network } = this.#cluster.clientEnv
    const over = Promise.withResolvers<never>()
    const timer = clock.after(callMsMax, () => over.reject(new Error('time is over')))
    const work = async (): Promise<Infer<S>> => {
      const known = this.#lines.get(name)
      const wire = known === undefined || known.isClosed ? await Wire.connect(network, name, brokerPort) : known
      this.#lines.set(name, wire)
      return wire.call(api, request, version)
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

  /** On as many brokers as there are, up to three. */
  async #create(): Promise<void> {
    const { options } = this.#cluster
    const configs = [
      // Clocks are set by hours.
      { name: 'retention.ms', value: '-1' },
      { name: 'internal.segment.bytes', value: String(options.recordSegmentBytes) },
      { name: 'min.insync.replicas', value: String(minIsr(options)) },
    ]
    const sizes = { numPartitions: partitionsInitially, replicationFactor: replicationFactor(options) }
    const topics = [{ name: this.#topic, ...sizes, configs }]
    await this.ask(this.anyBroker(), createTopics, { topics, timeoutMs: 10_000 })
  }

  close(): void {
    for (const wire of this.#lines.values()) wire.destroy()
    this.#lines.clear()
  }
}
