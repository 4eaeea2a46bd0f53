/**
 * One node from start to stop, in the roles of `process.roles`: its storage is checked, its quorum and broker are put
 * together, its listeners opened. The order is that of a promise: nothing is served before it is recovered, nothing is
 * closed before who waits is answered.
 */
import {
  ApiError,
  allSteps,
  type Env,
  type FileLock,
  type Listener,
  present,
  type Timer,
  uuidToString,
} from '../base/index.ts'
import { type BrokerConfig, ConfigError, type Endpoint } from '../config/index.ts'
import { DiskReserve, lockDirectory, ReservedDisk } from '../log/index.ts'
import { type ControllerChannel, notEnforced } from '../metadata/index.ts'
import type { Peers } from '../peer/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import type { Endpoint as QuorumEndpoint } from '../raft/index.ts'
import { type BoundHandler, Router, Server, type ServerLimits } from '../server/index.ts'
import { ActiveController } from './active-controller.ts'
import { bootstrapCheckpointName, readBootstrapCheckpoint } from './bootstrap-checkpoint.ts'
import type { BoundListener } from './bound-listener.ts'
import type { Broker } from './broker.ts'
import type { BrokerRole } from './broker-role.ts'
import { controllerHandlers } from './controller-handlers.ts'
import { ControllerRegistration } from './controller-registration.ts'
import { type NodeStorage, openStorage, storageDirectories } from './meta-properties-set.ts'
import { MetadataQuorum } from './metadata-quorum.ts'
import { nodePeers } from './node-peers.ts'

export interface NodeOptions {
  readonly env: Env
  readonly config: BrokerConfig
  /** What clients are told where a listener has no host: the machine's own name. */
  readonly hostName: string
  /** Released receive buffers are overwritten: shows in tests who kept a view. */
  readonly poison?: boolean
  /** A node that still starts ends as soon as it may: a quorum may not be there for hours. */
  readonly stopWanted?: AbortSignal
}

/** Somebody wanted it; all that was begun has been ended. */
export class StoppedWhileStartingError extends Error {
  override readonly name = 'StoppedWhileStartingError'
}

/** While it waits, in milliseconds. */
const tellEveryMs = 10_000
/** Replies to those who waited may take so long, in milliseconds. */
const drainMsMax = 1000

export class Node {
  readonly #options: NodeOptions
  readonly #server: Server
  readonly #peers: Peers
  readonly #reserves: readonly DiskReserve[]
  readonly #bound: BoundListener[] = []
  readonly #guests: (() => Promise<void>)[] = []
  #isLeaving = false
  #clusterId: string | undefined
  #role: BrokerRole | undefined
  #quorum: MetadataQuorum | undefined
  #active: ActiveController | undefined
  #registration: ControllerRegistration | undefined
  /** Of the metadata's directory, where the broker role does not hold it. */
  #metadataLock: FileLock | undefined
  /** The controller listeners serve. */
  #hasQuorum = false
  /** The broker listeners serve, and the node is ready. */
  #isOpen = false
  #stopping: Promise<void> | undefined
  /** The first one, also where it came while the node was stopping. */
  #fault: Error | undefined
  /** Settles when the node begins to stop: what is still starting ends. */
  readonly #leaving = Promise.withResolvers<void>()
  readonly #ended = Promise.withResolvers<Error | undefined>()

  private constructor(options: NodeOptions, reserves: readonly DiskReserve[]) {
    const { env, config, poison = false } = options
    this.#options = options
    this.#reserves = reserves
    this.#server = new Server({
      network: env.network,
      clock: env.clock,
      logger: env.logger.child('server'),
      limits: () => limitsOf(this.#config),
      onFault: this.#onFault,
      poison,
    })
    this.#peers = nodePeers(env, config, poison)
    const leave = (): void => this.#leaving.resolve()
    if (options.stopWanted?.aborted === true) leave()
    else options.stopWanted?.addEventListener('abort', leave, { once: true })
  }

  /**
   * Resolves when the node serves. Throws ConfigError and StorageError for what the operator can mend, DiskError where the
   * disk refuses (`EBUSY`: the directory is in use), the network's Error where a port is taken, and of a broker ApiError: why it
   * is not registered within `initial.broker.registration.timeout.ms`. StoppedWhileStartingError where `stopWanted` came first.
   */
  static async start(options: NodeOptions): Promise<Node> {
    checkProtocols(options.config)
    const reserves = diskReserves(options)
    const env = { ...options.env, disk: new ReservedDisk(options.env.disk, reserves) }
    const node = new Node({ ...options, env }, reserves)
    try {
      await node.#start()
      return node
    } catch (error) {
      // Why it could not start is the news, not what stopping runs into.
      await node.stop()
      throw error
    }
  }

  async #start(): Promise<void> {
    const { env, config } = this.#options
    const storage = await openStorage({ ...env, config })
    this.#clusterId = storage.clusterId
    const bootstrap = await readBootstrapCheckpoint(env.disk, `${config.metadataLogDir}/${bootstrapCheckpointName}`)
    await this.#lock(storage)
    for (const reserve of this.#reserves) await reserve.open()
    const quorum = await MetadataQuorum.prepare({
      env,
      config,
      clusterId: storage.clusterId,
      bootstrap: bootstrap ?? [],
      peers: this.#peers,
      publish: (update) => {
        this.#role?.publish(update)
        this.#registration?.published(update.image)
      },
      onFault: this.#onFault,
    })
    this.#quorum = quorum
    this.#active = this.#makeActive(quorum)
    if (quorum.controller !== undefined) await this.#listenForControllers(quorum, quorum.controller)
    await quorum.start(this.#controllerEndpoints())
    void quorum.caughtUp().then(() => this.#registration?.caughtUp())
    this.#hasQuorum = true
    this.#server.open()
    const waitedMs = await this.#findCluster(quorum)
    for (const warning of notEnforced(quorum.image)) env.logger.log('warn', warning)
    this.#warnOfDirectory(quorum)
    if (this.#role !== undefined) await this.#startBroker(this.#role, waitedMs)
    this.#isOpen = true
    this.#server.open()
    for (const reserve of this.#reserves) reserve.keep()
    env.logger.log('info', 'the node is ready', {
      node: config.nodeId,
      listeners: this.#bound.map(({ listener, host, port }) => `${listener}://${host}:${port}`).join(','),
    })
  }

  async #lock({ clusterId, directoryIds }: NodeStorage): Promise<void> {
    const { env, config, hostName } = this.#options
    const isBroker = config.processRoles.has('broker')
    if (isBroker) {
      // A controller alone does without groups, replicas and the rest of a broker: 5 MB of its memory.
      const { BrokerRole } = await import('./broker-role.ts')
      this.#role = await BrokerRole.lock({
        env,
        config,
        hostName,
        clusterId,
        directoryIds,
        controller: () => this.#controller.channel,
        peers: this.#peers,
        register: (...request) => this.#controller.registerOwnBroker(...request),
        listeners: () => this.#bound,
        onFault: this.#onFault,
      })
    }
    if (!isBroker || !config.logDirs.includes(config.metadataLogDir)) {
      this.#metadataLock = await lockDirectory(env.disk, config.metadataLogDir)
    }
  }

  /**
   * Resolves when the node knows its cluster, with how many milliseconds that took: a controller waits for as long as it takes,
   * a broker as long as for its registration, which Kafka's sends before.
   */
  async #findCluster(quorum: MetadataQuorum): Promise<number> {
    const { env, config } = this.#options
    const sinceMs = env.clock.monotonic()
    const isOver = Promise.withResolvers<never>()
    const name = 'initial.broker.registration.timeout.ms'
    const limitMs = config.number(name)
    const giveUp = (): void =>
      isOver.reject(new ApiError(ErrorCode.REQUEST_TIMED_OUT, `no quorum was found within ${limitMs} ms (${name})`))
    const timer = this.#role === undefined ? undefined : env.clock.after(limitMs, giveUp)
    const telling = this.#tellOfWaiting(quorum)
    try {
      await this.#unlessLeaving(Promise.race([quorum.caughtUp(), isOver.promise]))
    } finally {
      timer?.cancel()
      telling.cancel()
    }
    return env.clock.monotonic() - sinceMs
  }

  #tellOfWaiting(quorum: MetadataQuorum): { readonly cancel: () => void } {
    const { clock, logger } = this.#options.env
    const what = 'this node waits for its cluster: a majority of the voters has to be there'
    let timer: Timer
    const wait = (): void => {
      timer = clock.after(tellEveryMs, () => {
        const { leaderId, voters } = quorum.view
        logger.log('warn', what, { leader: leaderId, voters: voters.ids().join() })
        wait()
      })
    }
    wait()
    return { cancel: () => timer.cancel() }
  }

  async #startBroker(role: BrokerRole, waitedMs: number): Promise<void> {
    const { config } = this.#options
    const { broker } = role
    const { quorum } = this
    await this.#unlessLeaving(broker.load(quorum.image))
    const handlers = role.handlers(quorum, () => this.#controller.forwarder)
    for (const endpoint of config.listeners) {
      if (!config.isControllerListener(endpoint)) {
        await this.#unlessLeaving(this.#listen(endpoint, handlers))
      }
    }
    await this.#unlessLeaving(role.register(waitedMs))
    await this.#unlessLeaving(broker.applied(quorum.image.provenance.offset))
  }

  /** It has no vote, though its id has; nothing else tells of it. */
  #warnOfDirectory({ otherDirectory }: MetadataQuorum): void {
    const { env, config } = this.#options
    if (otherDirectory === undefined || !config.processRoles.has('controller')) return
    const what =
      'the quorum has this node.id with another directory, so that this node only observes: remove that voter and add this one'
    env.logger.log('warn', what, { 'node.id': config.nodeId, 'directory.id': uuidToString(otherDirectory) })
  }

  #makeActive(quorum: MetadataQuorum): ActiveController {
    const { env, config } = this.#options
    return new ActiveController({
      quorum,
      config,
      peers: this.#peers,
      clock: env.clock,
      logger: env.logger.child('to-controller'),
    })
  }

  get #controller(): ActiveController {
    return present(this.#active, 'the active controller, wherever it is')
  }

  /** Other voters may ask before this node has found its place: their requests wait for the quorum. */
  async #listenForControllers(quorum: MetadataQuorum, controller: ControllerChannel): Promise<void> {
    const { env, config } = this.#options
    const parts = { env, clusterId: this.clusterId, quorum, controller, config: () => this.#config }
    for (const endpoint of config.listeners) {
      if (config.isControllerListener(endpoint)) {
        await this.#listen(endpoint, (router) => controllerHandlers(parts, router))
      }
    }
    this.#registration = new ControllerRegistration({
      ...env,
      nodeId: config.nodeId,
      endpoints: this.#controllerEndpoints(),
      register: (request) => this.#controller.channel.registerController(request),
      logger: env.logger.child('registration'),
      onFault: this.#onFault,
    })
  }

  /** Settles with `work`, or rejects as soon as the node begins to stop: with why, if that was not its owner. */
  async #unlessLeaving<T>(work: Promise<T>): Promise<T> {
    const left = this.#leaving.promise.then(() => {
      throw new StoppedWhileStartingError('the node was stopped while it started')
    })
    try {
      return await Promise.race([work, left])
    } catch (error) {
      throw this.#fault ?? error
    }
  }

  async #listen(
    { listener: name, host, port }: Endpoint,
    handlers: (router: () => Router) => readonly BoundHandler[],
  ): Promise<void> {
    const { env, config } = this.#options
    const isController = config.controllerListenerNames.includes(name)
    const router: Router = new Router(
      handlers(() => router),
      env.logger.child('server'),
    )
    const bound: Listener = await this.#server.listen({
      name,
      host: host ?? '::',
      port,
      router,
      isOpen: () => (isController ? this.#hasQuorum : this.#isOpen),
    })
    this.#bound.push({ listener: name, host: host ?? this.#options.hostName, port: bound.port })
  }

  /** Where this node's controller is told to be, the port that the system chose among it. */
  #controllerEndpoints(): readonly QuorumEndpoint[] {
    const { config, hostName } = this.#options
    const port = (name: string): number => this.#bound.find(({ listener }) => listener === name)?.port ?? 0
    return config.advertisedControllerListeners.map((endpoint) => ({
      name: endpoint.listener,
      host: endpoint.host ?? hostName,
      port: endpoint.port === 0 ? port(endpoint.listener) : endpoint.port,
    }))
  }

  /** With what was changed while it ran. */
  get #config(): BrokerConfig {
    return this.#role?.broker.config ?? this.#options.config
  }

  /** Where each listener is, in the order of the configuration, with the port that the system chose. */
  get listeners(): readonly BoundListener[] {
    const order = this.#options.config.listeners.map(({ listener }) => listener)
    return this.#bound.toSorted((a, b) => order.indexOf(a.listener) - order.indexOf(b.listener))
  }

  /** Those for clients. */
  get brokerListeners(): readonly BoundListener[] {
    const { controllerListenerNames } = this.#options.config
    return this.listeners.filter(({ listener }) => !controllerListenerNames.includes(listener))
  }

  /** That by which brokers reach each other. */
  get interBrokerListener(): BoundListener | undefined {
    return this.#bound.find(({ listener }) => listener === this.#options.config.interBrokerListenerName)
  }

  get clusterId(): string {
    return present(this.#clusterId, 'the id of the cluster')
  }

  get nodeId(): number {
    return this.#options.config.nodeId
  }

  /** As the controller gave it; -1 before. */
  get brokerEpoch(): number {
    return this.#role?.epoch ?? -1
  }

  get isReady(): boolean {
    return this.#isOpen && this.#role?.isUnfenced !== false
  }

  /** Settles when the node has stopped: with what made it stop, or undefined when it was told to. */
  get ended(): Promise<Error | undefined> {
    return this.#ended.promise
  }

  /** Of a node that has that role. */
  get broker(): Broker {
    return present(this.#role, 'the role of a broker').broker
  }

  get isBroker(): boolean {
    return this.#role !== undefined
  }

  get quorum(): MetadataQuorum {
    return present(this.#quorum, 'the quorum')
  }

  get server(): Server {
    return this.#server
  }

  readonly #onFault = (error: unknown): void => {
    const fault = error instanceof Error ? error : new Error(String(error))
    this.#options.env.logger.log('error', 'the node stops: its state can no longer be trusted', {
      reason: fault.stack ?? fault.message,
    })
    void this.#fail(fault)
  }

  /** What runs on this node, and needs it: it is ended before anything of the node is, and should not take long. */
  beforeLeaving(end: () => Promise<void>): void {
    this.#guests.push(end)
    if (this.#isLeaving) void this.#endGuests()
  }

  /** The first step of a stop, before a controller of this node has its turn: the broker hands leadership over and is gone. */
  async leave(): Promise<void> {
    await this.#endGuests()
    await this.#role?.leave()
  }

  /** One that fails does not keep the broker from handing leadership over. */
  async #endGuests(): Promise<void> {
    this.#isLeaving = true
    for (const ended of await Promise.allSettled(this.#guests.splice(0).map((end) => end())))
      if (ended.status === 'rejected') logUncleanStop(this.#options.env, ended.reason)
  }

  /** Stops under control: leadership is handed over, who waits is answered, everything is flushed. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop(undefined)
    return this.#stopping
  }

  async #fail(fault: Error): Promise<void> {
    this.#fault ??= fault
    this.#role?.silence()
    this.#stopping ??= this.#stop(fault)
    await this.#stopping
  }

  async #stop(fault: Error | undefined): Promise<void> {
    const { env, config } = this.#options
    this.#leaving.resolve()
    try {
      await allSteps(
        () => this.#endGuests(),
        () => (fault === undefined ? this.#role?.leave() : undefined),
        () => this.#role?.silence(),
        () => this.#server.stopListening(),
        () => this.#endRequests(),
        () => this.#server.close(),
        () => this.#role?.broker.stop(this.#fault === undefined ? this.brokerEpoch : -1),
        () => this.#registration?.stop(),
        () => this.#active?.close(),
        () => this.#quorum?.stop(),
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
    this.#role?.broker.endWaiting()
    await drained
  }
}

function logUncleanStop({ logger }: Env, failure: unknown): void {
  const reason = failure instanceof Error ? failure.message : String(failure)
  logger.log('error', 'the stop was not clean', { reason })
}

function checkProtocols({ listeners }: BrokerConfig): void {
  for (const { listener, securityProtocol } of listeners) {
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
