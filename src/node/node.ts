/**
 * One node from start to stop: its storage is checked, its quorum and broker are put together, its listeners opened. The
 * order is that of a promise: nothing is served before it is recovered, nothing is closed before who waits is answered.
 */
import { allSteps, type Env, type FileLock, type Listener, present } from '../base/index.ts'
import { type BrokerConfig, ConfigError, type Endpoint } from '../config/index.ts'
import { DiskReserve, lockDirectory, ReservedDisk } from '../log/index.ts'
import { supportedFeatures } from '../metadata/index.ts'
import { brokerRegistration } from '../protocol/index.ts'
import { Router, Server, type ServerLimits } from '../server/index.ts'
import { bootstrapCheckpointName, readBootstrapCheckpoint } from './bootstrap-checkpoint.ts'
import { Broker } from './broker.ts'
import { BrokerLifecycle } from './broker-lifecycle.ts'
import {
  type BrokerServices,
  brokerHandlers,
  brokerServices,
  controllerHandlers,
  type HandlerParts,
} from './handlers.ts'
import { openStorage, storageDirectories } from './meta-properties-set.ts'
import { MetadataQuorum } from './metadata-quorum.ts'

export interface NodeOptions {
  readonly env: Env
  readonly config: BrokerConfig
  /** What clients are told where a listener has no host: the machine's own name. */
  readonly hostName: string
  /** Released receive buffers are overwritten: shows in tests who kept a view. */
  readonly poison?: boolean
}

export interface BoundListener {
  readonly listener: string
  readonly host: string
  readonly port: number
}

/** Milliseconds that a broker waits for the controller to let it go. */
const leaveMsMax = 10_000
/** And for the replies to those who waited. */
const drainMsMax = 1000
const securityProtocolCodes = { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 } as const

export class Node {
  readonly #options: NodeOptions
  readonly #broker: Broker
  readonly #server: Server
  readonly #quorum: MetadataQuorum
  readonly #reserves: readonly DiskReserve[]
  readonly #metadataLock: FileLock | undefined
  readonly #bound: BoundListener[] = []
  #lifecycle: BrokerLifecycle | undefined
  #stopping: Promise<void> | undefined
  /** The first one, also where it came while the node was stopping. */
  #fault: Error | undefined
  /** Settles when the node begins to stop: what is still starting ends. */
  readonly #leaving = Promise.withResolvers<void>()
  readonly #ended = Promise.withResolvers<Error | undefined>()

  private constructor(parts: {
    readonly options: NodeOptions
    readonly broker: Broker
    readonly quorum: MetadataQuorum
    readonly reserves: readonly DiskReserve[]
    readonly metadataLock: FileLock | undefined
    readonly onFault: (error: unknown) => void
  }) {
    const { options, broker, quorum, reserves } = parts
    this.#options = options
    this.#broker = broker
    this.#quorum = quorum
    this.#reserves = reserves
    this.#metadataLock = parts.metadataLock
    const { env } = options
    this.#server = new Server({
      network: env.network,
      clock: env.clock,
      logger: env.logger.child('server'),
      limits: () => limitsOf(broker.config),
      onFault: parts.onFault,
      poison: options.poison ?? false,
    })
  }

  /**
   * Resolves when the node serves. Throws ConfigError and StorageError for what the operator can mend, DiskError where the
   * disk refuses (`EBUSY`: the directory is in use), and the network's Error where a port is taken.
   */
  static async start(options: NodeOptions): Promise<Node> {
    const { config } = options
    const reserves = diskReserves(options)
    const env = { ...options.env, disk: new ReservedDisk(options.env.disk, reserves) }
    checkRoles(config)
    const storage = await openStorage({ ...env, config })
    const bootstrap = await readBootstrapCheckpoint(env.disk, `${config.metadataLogDir}/${bootstrapCheckpointName}`)
    let node: Node | undefined
    let early: Error | undefined
    const onFault = (error: unknown): void => {
      const fault = error instanceof Error ? error : new Error(String(error))
      env.logger.log('error', 'the node stops: its state can no longer be trusted', {
        reason: fault.stack ?? fault.message,
      })
      if (node === undefined) early ??= fault
      else void node.#fail(fault)
    }
    const { clusterId, directoryIds } = storage
    let quorum: MetadataQuorum | undefined
    let metadataLock: FileLock | undefined
    const broker = await Broker.lock({
      env,
      config,
      clusterId,
      directoryIds,
      controller: () => present(quorum, 'the quorum').controller,
      brokerEpoch: () => node?.brokerEpoch ?? -1,
      onDirectoryFailure: () => node?.directoryFailed(),
      onCordoned: () => node?.directoryCordoned(),
      onFault,
    })
    try {
      if (!config.logDirs.includes(config.metadataLogDir)) {
        metadataLock = await lockDirectory(env.disk, config.metadataLogDir)
      }
      for (const reserve of reserves) await reserve.open()
      quorum = await MetadataQuorum.start({
        env,
        config,
        clusterId,
        bootstrap: bootstrap ?? [],
        publish: (update) => broker.publish(update),
        onFault,
      })
      node = new Node({ options: { ...options, env }, broker, quorum, reserves, metadataLock, onFault })
      if (early !== undefined) void node.#fail(early)
      await node.#open()
      return node
    } catch (error) {
      if (node !== undefined) await node.stop()
      else {
        const stopping = allSteps(
          () => quorum?.stop(),
          () => broker.stop(-1),
          ...reserves.map((reserve) => () => reserve.stop()),
          () => metadataLock?.release(),
        )
        // Why it could not start is the news, not what stopping runs into.
        await stopping.catch((failure: unknown) => logUncleanStop(env, failure))
      }
      throw error
    }
  }

  async #open(): Promise<void> {
    const { env, config } = this.#options
    await this.#unlessLeaving(this.#quorum.caughtUp())
    await this.#unlessLeaving(this.#broker.load(this.#quorum.image))
    const brokerEpoch = (): number => this.brokerEpoch
    const parts = { broker: this.#broker, quorum: this.#quorum, config, brokerEpoch }
    const services = brokerServices(parts)
    for (const endpoint of config.listeners) await this.#unlessLeaving(this.#listen(endpoint, { parts, services }))
    this.#lifecycle = this.#makeLifecycle()
    await this.#unlessLeaving(this.#lifecycle.register())
    await this.#unlessLeaving(this.#lifecycle.readyToUnfence())
    await this.#unlessLeaving(this.#broker.applied(this.#quorum.image.provenance.offset))
    this.#server.open()
    for (const reserve of this.#reserves) reserve.keep()
    env.logger.log('info', 'the node is ready', {
      node: config.nodeId,
      listeners: this.#bound.map(({ listener, host, port }) => `${listener}://${host}:${port}`).join(','),
    })
  }

  /** Settles with `work`, or rejects as soon as the node begins to stop: with why, if that was not its owner. */
  async #unlessLeaving<T>(work: Promise<T>): Promise<T> {
    const left = this.#leaving.promise.then(() => {
      throw new Error('the node was stopped while it started')
    })
    try {
      return await Promise.race([work, left])
    } catch (error) {
      throw this.#fault ?? error
    }
  }

  async #listen(
    { listener: name, host, port }: Endpoint,
    { parts, services }: { readonly parts: HandlerParts; readonly services: BrokerServices },
  ): Promise<void> {
    const { env, config } = this.#options
    const isController = config.controllerListenerNames.includes(name)
    const logger = env.logger.child('server')
    const router: Router = new Router(
      isController ? controllerHandlers(parts, () => router) : brokerHandlers(services, () => router),
      logger,
    )
    const bound: Listener = await this.#server.listen({
      name,
      host: host ?? '::',
      port,
      router,
      waitsForOpen: !isController,
    })
    this.#bound.push({ listener: name, host: host ?? this.#options.hostName, port: bound.port })
  }

  /** Where each listener is, with the port that the system chose. */
  get listeners(): readonly BoundListener[] {
    return this.#bound
  }

  get clusterId(): string {
    return this.#broker.clusterId
  }

  get nodeId(): number {
    return this.#broker.nodeId
  }

  /** As the controller gave it; -1 before. */
  get brokerEpoch(): number {
    return this.#lifecycle?.brokerEpoch ?? -1
  }

  /** A log directory has failed: the controller is told, if the broker is registered; else it learns with that. */
  directoryFailed(): void {
    if (this.brokerEpoch >= 0) this.#lifecycle?.directoryFailed()
  }

  /** The controller is told at once which directories take no new replicas. */
  directoryCordoned(): void {
    if (this.brokerEpoch >= 0) this.#lifecycle?.hasten()
  }

  get isReady(): boolean {
    return this.#lifecycle !== undefined && !this.#lifecycle.isFenced
  }

  /** Settles when the node has stopped: with what made it stop, or undefined when it was told to. */
  get ended(): Promise<Error | undefined> {
    return this.#ended.promise
  }

  get broker(): Broker {
    return this.#broker
  }

  get quorum(): MetadataQuorum {
    return this.#quorum
  }

  get server(): Server {
    return this.#server
  }

  #makeLifecycle(): BrokerLifecycle {
    const { env, config, hostName } = this.#options
    const port = (name: string): number => this.#bound.find(({ listener }) => listener === name)?.port ?? 0
    const incarnationId = env.random.stream('incarnation').uuid()
    const registration = () =>
      brokerRegistration.request.create({
        brokerId: config.nodeId,
        clusterId: this.#broker.clusterId,
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
        logDirs: [...this.#broker.directoryIds],
        previousBrokerEpoch: this.#broker.previousBrokerEpoch,
      })
    return new BrokerLifecycle({
      channel: {
        registerBroker: this.#quorum.controller.registerOwnBroker,
        brokerHeartbeat: this.#quorum.controller.brokerHeartbeat,
      },
      clock: env.clock,
      logger: env.logger.child('lifecycle'),
      registration,
      heartbeatIntervalMs: config.number('broker.heartbeat.interval.ms'),
      registrationTimeoutMs: config.number('initial.broker.registration.timeout.ms'),
      metadataOffset: () => this.#broker.metadataOffset,
      offlineLogDirs: () => this.#broker.offlineLogDirs,
      cordonedLogDirs: () => this.#broker.cordonedLogDirs,
      directoryFailureTimeoutMs: () => this.#broker.config.number('log.dir.failure.timeout.ms'),
      onFault: (error) => void this.#fail(error instanceof Error ? error : new Error(String(error))),
    })
  }

  /** Stops under control: leadership is handed over, who waits is answered, everything is flushed. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop(undefined)
    return this.#stopping
  }

  async #fail(fault: Error): Promise<void> {
    this.#fault ??= fault
    this.#lifecycle?.stop()
    this.#stopping ??= this.#stop(fault)
    await this.#stopping
  }

  async #stop(fault: Error | undefined): Promise<void> {
    const { env, config } = this.#options
    const mayLeave = fault === undefined && config.boolean('controlled.shutdown.enable') && this.#quorum.isActive
    this.#leaving.resolve()
    try {
      await allSteps(
        () => (mayLeave ? this.#lifecycle?.leave(leaveMsMax) : undefined),
        () => this.#lifecycle?.stop(),
        () => this.#server.stopListening(),
        () => this.#endRequests(),
        () => this.#server.close(),
        () => this.#broker.stop(this.#fault === undefined ? this.brokerEpoch : -1),
        () => this.#quorum.stop(),
        ...this.#reserves.map((reserve) => () => reserve.stop()),
        () => this.#metadataLock?.release(),
      )
    } catch (error) {
      this.#fault ??= error instanceof Error ? error : new Error(String(error))
      logUncleanStop(env, this.#fault)
    }
    if (this.#fault === undefined) env.logger.log('info', 'the node has stopped', { node: config.nodeId })
    this.#ended.resolve(this.#fault)
  }

  async #endRequests(): Promise<void> {
    const drained = this.#server.drain(drainMsMax)
    this.#broker.endWaiting()
    await drained
  }
}

function logUncleanStop({ logger }: Env, failure: unknown): void {
  const reason = failure instanceof Error ? failure.message : String(failure)
  logger.log('error', 'the stop was not clean', { reason })
}

/** What is built today; several nodes come with the quorum. */
function checkRoles(config: BrokerConfig): void {
  if (config.processRoles.size !== 2) {
    throw new ConfigError('process.roles must be broker,controller: nodes with one of the two roles are not built yet')
  }
  const others = config.voters.filter(({ id }) => id !== config.nodeId)
  if (others.length > 0) {
    throw new ConfigError(
      `controller.quorum.voters names other nodes (${others.map(({ id }) => id).join(', ')}): a quorum of several voters is not built yet`,
    )
  }
  for (const { listener, securityProtocol } of config.listeners) {
    if (securityProtocol !== 'PLAINTEXT') {
      throw new ConfigError(`Listener ${listener} is ${securityProtocol}: only PLAINTEXT is built yet`)
    }
  }
}

function diskReserves({ env, config }: NodeOptions): readonly DiskReserve[] {
  const { disk, clock } = env
  const sizeInBytes = config.own.number('odradek.log.dir.reserve.bytes')
  const random = env.random.stream('disk-reserve')
  const logger = env.logger.child('log')
  return storageDirectories(config).map(
    (directory) => new DiskReserve({ directory, sizeInBytes, disk, clock, random, logger }),
  )
}

function limitsOf(config: BrokerConfig): ServerLimits {
  return {
    requestBytesMax: config.number('socket.request.max.bytes'),
    connectionsMax: config.number('max.connections'),
    connectionsPerAddressMax: config.number('max.connections.per.ip'),
    connectionsPerAddressOverrides: config.maxConnectionsPerIpOverrides,
    idleMsMax: config.number('connections.max.idle.ms'),
    queuedReplyBytesMax: config.own.number('odradek.queued.reply.bytes'),
    inFlightMax: config.own.number('odradek.produce.requests.in.flight'),
  }
}
