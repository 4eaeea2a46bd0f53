/** For tests of handlers: a cluster that is its controller and the image of its records, asked as if over the network. */
import { ApiError, type Clock, type RandomStream, type Timer, type Uuid, uuidFromLatin1 } from '../../base/index.ts'
import { BrokerConfig } from '../../config/index.ts'
import {
  anonymous,
  Controller,
  type ControllerChannel,
  configsOf,
  type Decision,
  type MetadataImage,
  MetadataLoader,
  type MetadataRecord,
  resourceType,
  supportedFeatures,
} from '../../metadata/index.ts'
import { brokerHeartbeat, brokerRegistration, createTopics } from '../../protocol/index.ts'
import { type Answer, type Answering, type Handler, LateAnswer, type RequestContext, Signal } from '../handler.ts'

export const id = (text: string): Uuid => uuidFromLatin1(text.padEnd(16, '-'))

/** A clock that stands until it is moved. */
export class ManualClock implements Clock {
  #nowMs = 0
  #timers: { readonly atMs: number; readonly fire: () => void }[] = []

  now(): number {
    return this.#nowMs
  }

  monotonic(): number {
    return this.#nowMs
  }

  after(delayMs: number, fire: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, fire }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((it) => it !== timer)
      },
    }
  }

  afterDrain(then: () => void): void {
    this.after(0, then)
  }

  get waiting(): number {
    return this.#timers.length
  }

  advance(ms: number): void {
    this.#nowMs += ms
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs)
    this.#timers = this.#timers.filter((timer) => !due.includes(timer))
    for (const { fire } of due) fire()
  }
}

export function countingStream(): RandomStream {
  let count = 0
  return {
    u32: () => count++,
    below: (bound) => count++ % bound,
    float: () => 0.5,
    uuid: () => id(`t${count++}`),
  }
}

type BrokerGiven = Partial<Parameters<typeof brokerRegistration.request.create>[0]>

export class ClusterFixture {
  readonly clusterId = 'cluster'
  readonly controller: Controller
  readonly clock = new ManualClock()
  readonly channel: ControllerChannel
  readonly #static: BrokerConfig
  readonly #loader = new MetadataLoader({ publish: () => undefined })
  #nextOffset = 0

  constructor(texts: Readonly<Record<string, string>> = {}) {
    const given = {
      'node.id': '1',
      'process.roles': 'broker,controller',
      listeners: 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
      'controller.listener.names': 'CONTROLLER',
      'controller.quorum.voters': '1@127.0.0.1:9093',
      ...texts,
    }
    this.#static = BrokerConfig.parse(new Map(Object.entries(given)))
    this.controller = new Controller({
      clusterId: this.clusterId,
      config: this.#static,
      random: countingStream(),
      kraftVersion: { level: () => 0, check: () => undefined },
    })
    this.take(this.controller.activate(this.#context))
    this.channel = this.#channel()
  }

  get #context() {
    return { nowMs: this.clock.now(), nextOffset: this.#nextOffset }
  }

  get image(): MetadataImage {
    return this.#loader.image
  }

  /** Of node 1, dynamic values in it. */
  get config(): BrokerConfig {
    const texts = (resourceName: string) => configsOf(this.image, { resourceType: resourceType.broker, resourceName })
    return this.#static.withDynamic({ dynamicDefault: texts(''), dynamicBroker: texts('1') })
  }

  get services() {
    return {
      image: () => this.image,
      config: () => this.config,
      channel: this.channel,
      clock: this.clock,
      clusterId: this.clusterId,
    }
  }

  append(...records: readonly MetadataRecord[]): void {
    const baseOffset = this.#nextOffset
    for (const record of records) this.controller.replay(record, this.#nextOffset++)
    if (records.length === 0) return
    const lastOffset = this.#nextOffset - 1
    this.controller.commit(lastOffset)
    this.#loader.loadBatches([{ baseOffset, lastOffset, epoch: 1, timestampMs: 0, records }])
  }

  take<R>({ records, reply }: Decision<R>): R {
    this.append(...records)
    return reply
  }

  #channel(): ControllerChannel {
    const { controller } = this
    const later = async <R>(decide: () => Decision<R>): Promise<R> => this.take(decide())
    return {
      registerBroker: (request, apiVersion) =>
        later(() => controller.registerBroker(request, { ...this.#context, apiVersion })),
      brokerHeartbeat: (request) => later(() => controller.brokerHeartbeat(request, this.#context)),
      assignReplicasToDirs: (request) => later(() => controller.assignReplicasToDirs(request)),
      alterPartition: (request) => later(() => controller.alterPartition(request)),
      electLeaders: (request) => later(() => controller.electLeaders(request)),
      alterPartitionReassignments: (request) => later(() => controller.alterPartitionReassignments(request)),
      listPartitionReassignments: (request) => later(() => controller.listPartitionReassignments(request)),
      unregisterBroker: (request) => later(() => controller.unregisterBroker(request)),
      registerController: (request) => later(() => controller.registerController(request)),
      createTopics: (request, asker) => later(() => controller.createTopics(request, { ...this.#context, asker })),
      deleteTopics: (request, asker) => later(() => controller.deleteTopics(request, { ...this.#context, asker })),
      createPartitions: (request, asker) =>
        later(() => controller.createPartitions(request, { ...this.#context, asker })),
      incrementalAlterConfigs: (request) => later(() => controller.incrementalAlterConfigs(request)),
      alterConfigs: (request) => later(() => controller.alterConfigs(request)),
      alterClientQuotas: (request) => later(() => controller.alterClientQuotas(request)),
      createAcls: (request) => later(() => controller.createAcls(request)),
      deleteAcls: (request) => later(() => controller.deleteAcls(request)),
      updateFeatures: (request) => later(() => controller.updateFeatures(request)),
      allocateProducerIds: (request) => later(() => controller.allocateProducerIds(request)),
    }
  }

  /** Registered, and fenced until `heartbeat`. */
  register(brokerId: number, given: BrokerGiven = {}): void {
    const features = supportedFeatures.map(({ name, minLevel, maxLevel }) => ({
      name,
      minSupportedVersion: minLevel,
      maxSupportedVersion: maxLevel,
    }))
    const request = brokerRegistration.request.create({
      brokerId,
      clusterId: this.clusterId,
      incarnationId: id(`i${brokerId}`),
      listeners: [{ name: 'PLAINTEXT', host: `host${brokerId}`, port: 9092, securityProtocol: 0 }],
      features,
      logDirs: [id(`d${brokerId}`)],
      rack: null,
      ...given,
    })
    this.take(this.controller.registerBroker(request, { ...this.#context, apiVersion: 4 }))
  }

  heartbeat(brokerId: number, given: { readonly wantFence?: boolean; readonly offlineLogDirs?: readonly Uuid[] } = {}) {
    const brokerEpoch = this.controller.state.brokers.get(brokerId)?.registration.brokerEpoch ?? -1
    const currentMetadataOffset = this.#nextOffset - 1
    const request = brokerHeartbeat.request.create({ brokerId, brokerEpoch, currentMetadataOffset, ...given })
    this.take(this.controller.brokerHeartbeat(request, this.#context))
  }

  start(...brokerIds: readonly number[]): void {
    for (const brokerId of brokerIds) {
      this.register(brokerId)
      this.heartbeat(brokerId)
    }
  }

  /** By name: the replicas of each partition. */
  createTopics(topics: Readonly<Record<string, readonly (readonly number[])[]>>): void {
    const request = createTopics.request.create({
      topics: Object.entries(topics).map(([name, partitions]) => ({
        name,
        numPartitions: -1,
        replicationFactor: -1,
        assignments: partitions.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
      })),
    })
    this.take(this.controller.createTopics(request))
  }
}

export const contextOf = (apiKey: number, given: Partial<RequestContext>): RequestContext => ({
  apiKey,
  apiVersion: 0,
  correlationId: 1,
  clientId: 'test',
  listenerName: 'PLAINTEXT',
  clientHost: '127.0.0.1',
  principal: anonymous,
  client: { name: '', version: '' },
  proceed: () => undefined,
  afterEarlier: () => undefined,
  throttle: () => undefined,
  onClose: () => undefined,
  ...given,
})

/** An answer in any of its forms, for who can wait for a promise. */
export const awaited = <Response>(answer: Answering<Response>): Promise<Answer<Response>> =>
  new Promise((resolve) => {
    if (answer instanceof LateAnswer) answer.whenSettled(resolve)
    else resolve(answer)
  })

/** As the router calls it: an ApiError becomes what `fail` makes of it. Version: the newest unless told. */
export async function ask<Request, Response>(
  handler: Handler<Request, Response>,
  request: Request,
  given: Partial<RequestContext> = {},
): Promise<Response> {
  const context = contextOf(handler.api.key, { apiVersion: handler.api.versions[1], ...given })
  const settled = async (): Promise<Answer<Response>> => awaited(handler.handle(request, context))
  try {
    const answer = await settled()
    if (answer instanceof Signal) throw new RangeError(answer.what)
    return answer
  } catch (error) {
    if (!(error instanceof ApiError) || handler.fail === undefined) throw error
    return handler.fail(request, error, context)
  }
}
