/**
 * The broker role of a node from the first lock to the last heartbeat: nothing is served before it is recovered, and the
 * controller is told what this broker can do, and when it goes.
 */
import type { Env, Uuid } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import {
  type ControllerChannel,
  directoryAssignmentLevel,
  type MetadataUpdate,
  metadataVersionFeature,
  supportedFeatures,
} from '../metadata/index.ts'
import type { Peers } from '../peer/index.ts'
import { brokerRegistration } from '../protocol/index.ts'
import type { BoundHandler, Forwarder, Router } from '../server/index.ts'
import type { BoundListener } from './bound-listener.ts'
import { Broker } from './broker.ts'
import { brokerHandlers, brokerServices } from './broker-handlers.ts'
import { BrokerLifecycle } from './broker-lifecycle.ts'
import type { MetadataQuorum } from './metadata-quorum.ts'

export interface BrokerRoleOptions {
  readonly env: Env
  readonly config: BrokerConfig
  readonly hostName: string
  readonly clusterId: string
  /** Ids of the directories that can be used, by path. */
  readonly directoryIds: ReadonlyMap<string, Uuid>
  /** The active controller, wherever it is; asked for with each request. */
  readonly controller: () => ControllerChannel
  /** Ways to other brokers. */
  readonly peers: Peers
  /** Registers this broker with the active controller. */
  readonly register: ControllerChannel['registerBroker']
  readonly listeners: () => readonly BoundListener[]
  readonly onFault: (error: unknown) => void
}

/** Kafka's, in milliseconds, but for a broker that nobody answers: where the quorum is gone, nobody ever will. */
const leaveMsMax = { whole: 5 * 60_000, unanswered: 10_000 }
const securityProtocolCodes = { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 } as const

export class BrokerRole {
  readonly broker: Broker
  readonly #options: BrokerRoleOptions
  readonly #lifecycle: BrokerLifecycle
  #hasRegistered = false

  private constructor(options: BrokerRoleOptions, broker: Broker, lifecycle: BrokerLifecycle) {
    this.#options = options
    this.broker = broker
    this.#lifecycle = lifecycle
  }

  /** Takes the log directories for this process; nothing in them is read. Throws DiskError `EBUSY`. */
  static async lock(options: BrokerRoleOptions): Promise<BrokerRole> {
    const { env, config, clusterId, directoryIds, controller, peers, onFault } = options
    let role: BrokerRole | undefined
    const broker = await Broker.lock({
      env,
      config,
      clusterId,
      directoryIds,
      controller,
      peers,
      brokerEpoch: () => role?.epoch ?? -1,
      onDirectoryFailure: () => role?.directoryFailed(),
      onCordoned: () => role?.directoryCordoned(),
      onFault,
    })
    role = new BrokerRole(options, broker, lifecycleOf(options, broker))
    return role
  }

  /** What its listeners serve. `forwarder`: to the active controller; undefined while that is in this process. */
  handlers(
    quorum: MetadataQuorum,
    forwarder: () => Forwarder | undefined,
  ): (router: () => Router) => readonly BoundHandler[] {
    const services = brokerServices({ broker: this.broker, quorum, brokerEpoch: () => this.epoch, forwarder })
    return (router) => brokerHandlers(services, router)
  }

  publish(update: MetadataUpdate): void {
    this.broker.publish(update)
    if (lacksDirectories(update, this.#options.config.nodeId)) this.#lifecycle.renewRegistration()
  }

  /** Registers, and resolves when the controller has unfenced the broker. `waitedMs`: see `BrokerLifecycle.register`. */
  async register(waitedMs: number): Promise<void> {
    this.#hasRegistered = true
    await this.#lifecycle.register(waitedMs)
    await this.#lifecycle.readyToUnfence()
  }

  /** As the controller gave it; -1 before. */
  get epoch(): number {
    return this.#lifecycle.brokerEpoch
  }

  get isUnfenced(): boolean {
    return this.#hasRegistered && !this.#lifecycle.isFenced
  }

  /** A log directory has failed: the controller is told, if the broker is registered; else it learns with that. */
  directoryFailed(): void {
    if (this.epoch >= 0) this.#lifecycle.directoryFailed()
  }

  /** The controller is told at once which directories take no new replicas. */
  directoryCordoned(): void {
    if (this.epoch >= 0) this.#lifecycle.hasten()
  }

  /** Hands leadership over, where the configuration wants that. */
  async leave(): Promise<void> {
    if (this.#options.config.boolean('controlled.shutdown.enable')) await this.#lifecycle.leave()
  }

  /** No more heartbeats: who does not leave is missed. */
  silence(): void {
    this.#lifecycle.stop()
  }
}

/**
 * The level has directories now (KIP-858), and the registration is of a time when it had none. Told where either changes, as
 * in Kafka: not with each image until the new one is there.
 */
function lacksDirectories({ image, changes }: MetadataUpdate, nodeId: number): boolean {
  const { featuresChanged, brokersChanged } = changes
  const mayHaveChanged =
    featuresChanged.includes(metadataVersionFeature) || brokersChanged.some(({ brokerId }) => brokerId === nodeId)
  if (!mayHaveChanged || image.features.metadataVersion < directoryAssignmentLevel) return false
  return image.cluster.brokers.get(nodeId)?.logDirs.length === 0
}

function lifecycleOf(options: BrokerRoleOptions, broker: Broker): BrokerLifecycle {
  const { env, config, register, controller, onFault } = options
  return new BrokerLifecycle({
    channel: { registerBroker: register, brokerHeartbeat: (request) => controller().brokerHeartbeat(request) },
    clock: env.clock,
    logger: env.logger.child('lifecycle'),
    registration: registrationOf(options, broker),
    heartbeatIntervalMs: config.number('broker.heartbeat.interval.ms'),
    registrationTimeoutMs: config.number('initial.broker.registration.timeout.ms'),
    metadataOffset: () => broker.metadataOffset,
    offlineLogDirs: () => broker.offlineLogDirs,
    cordonedLogDirs: () => broker.cordonedLogDirs,
    directoryFailureTimeoutMs: () => broker.config.number('log.dir.failure.timeout.ms'),
    leaveMsMax,
    onFault,
  })
}

function registrationOf({ env, config, hostName, listeners }: BrokerRoleOptions, broker: Broker) {
  const port = (name: string): number => listeners().find(({ listener }) => listener === name)?.port ?? 0
  const incarnationId = env.random.stream('incarnation').uuid()
  return () =>
    brokerRegistration.request.create({
      brokerId: config.nodeId,
      clusterId: broker.clusterId,
      incarnationId,
      listeners: config.advertisedListeners.map((endpoint) => ({
        name: endpoint.listener,
        host: endpoint.host ?? hostName,
        port: endpoint.port === 0 ? port(endpoint.listener) : endpoint.port,
        securityProtocol: securityProtocolCodes[endpoint.securityProtocol],
      })),
      features: supportedFeatures.map(({ name, minLevel, maxLevel }) => ({
        name,
        minSupportedVersion: minLevel,
        maxSupportedVersion: maxLevel,
      })),
      rack: config.textOrNull('broker.rack'),
      logDirs: [...broker.directoryIds],
      previousBrokerEpoch: broker.previousBrokerEpoch,
    })
}
