/**
 * The quorum of `__cluster_metadata` on this node, and what stands on it: the loader that makes images, the snapshots, and,
 * where the node has that role, the controller. Wires `raft` to `metadata` and to the other nodes; decides nothing itself.
 */
import { assert, type Env, present, type Uuid, zeroUuid } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import {
  Controller,
  decodeRecord,
  encodeRecord,
  type KRaftVersion,
  type MetadataImage,
  MetadataLoader,
  type MetadataRecord,
  type MetadataUpdate,
  notController,
  snapshotRecords,
} from '../metadata/index.ts'
import type { Peers } from '../peer/index.ts'
import {
  type CommittedBatch,
  type Endpoint,
  type OutgoingRequest,
  type QuorumTimes,
  RaftDriver,
  type Role,
  SnapshotAbandonedError,
  SnapshotPolicy,
  type SnapshotRead,
} from '../raft/index.ts'
import type { QuorumPort } from '../server/index.ts'
import { ControllerDriver, type ControllerDriverOptions } from './controller-driver.ts'
import { checkSoleVoter, type Membership, membershipOf } from './membership.ts'
import { software } from './node-peers.ts'
import { QuorumChannel } from './quorum-channel.ts'
import { type QuorumView, quorumView } from './quorum-view.ts'

export interface MetadataQuorumOptions {
  readonly env: Env
  readonly config: BrokerConfig
  readonly clusterId: string
  readonly bootstrap: readonly MetadataRecord[]
  readonly peers: Peers
  /** Called with each image, in order. */
  readonly publish: (update: MetadataUpdate) => void
  readonly onFault: (error: unknown) => void
}

/** What the raft driver tells before it is there itself. */
type Event =
  | { readonly kind: 'snapshot'; readonly snapshot: SnapshotRead }
  | { readonly kind: 'batches'; readonly batches: readonly CommittedBatch[] }

/** The controller of this node, and what drives it. */
interface ControllerParts {
  readonly state: Controller
  readonly driver: ControllerDriver
}

export class MetadataQuorum {
  readonly #options: MetadataQuorumOptions
  readonly #loader: MetadataLoader
  readonly #controller: ControllerParts | undefined
  readonly #policy: SnapshotPolicy
  readonly #caughtUp = Promise.withResolvers<void>()
  readonly #channel: QuorumChannel
  readonly #membership: Membership
  #raft: RaftDriver | undefined
  #early: Event[] = []
  #snapshotting: Promise<void> | undefined

  private constructor(options: MetadataQuorumOptions, membership: Membership) {
    const { env, config, clusterId, peers, publish } = options
    this.#options = options
    this.#membership = membership
    this.#controller = config.processRoles.has('controller') ? this.#makeController() : undefined
    const state = this.#controller?.state.state
    this.#loader = new MetadataLoader({ publish, known: (...key) => state?.partition(...key) })
    this.#policy = new SnapshotPolicy({
      bytesMax: config.number('metadata.log.max.record.bytes.between.snapshots'),
      intervalMsMax: config.number('metadata.log.max.snapshot.interval.ms'),
    })
    this.#channel = new QuorumChannel({
      peers,
      names: { clusterId, listenerName: config.controllerListenerNames[0] ?? '' },
      software,
      requestTimeoutMs: config.number('controller.quorum.request.timeout.ms'),
      logger: env.logger.child('raft'),
      isNear: (id) => id < 0 || id === this.#raft?.leaderId || this.#raft?.voters.has(id) !== false,
    })
  }

  #makeController(): ControllerParts {
    const { env, config, clusterId, bootstrap, onFault } = this.#options
    const quorum = (): RaftDriver => present(this.#raft, 'the quorum')
    const kraftVersion: KRaftVersion = {
      level: () => quorum().kraftVersion,
      check: (level) => {
        // The controller hears of it a little later.
        if (!quorum().isLeader) throw notController()
        quorum().upgradeKRaftVersion(level, { isDryRun: true })
      },
    }
    const state = new Controller({ clusterId, config, random: env.random.stream('controller'), kraftVersion })
    const driver = new ControllerDriver({
      controller: state,
      clock: env.clock,
      logger: env.logger.child('controller'),
      log: {
        get endOffset() {
          return quorum().endOffset
        },
        get isLeader() {
          return quorum().isLeader
        },
        propose: (records) => quorum().propose(records),
        raiseKRaftVersion: (level) => quorum().upgradeKRaftVersion(level, { isDryRun: false }),
      },
      bootstrap,
      noOpIntervalMs: config.number('metadata.max.idle.interval.ms'),
      electionIntervalsMs: electionIntervalsMs(config),
      onFault,
    })
    return { state, driver }
  }

  /** Finds out who this node is; it takes part when it is started. */
  static async prepare(options: MetadataQuorumOptions): Promise<MetadataQuorum> {
    return new MetadataQuorum(options, await membershipOf(options.env.disk, options.config))
  }

  /**
   * Opens the log and takes part in the quorum; `caughtUp` tells when this node knows its cluster. `endpoints`: where this
   * node listens for the others; nowhere unless it is a controller. Throws StorageError as `checkSoleVoter`.
   */
  async start(endpoints: readonly Endpoint[]): Promise<void> {
    const { env, config, onFault } = this.#options
    const { metadataLogDir } = config
    const { self, voters, bootstrap } = this.#membership
    const chance = env.random.stream('quorum')
    this.#raft = await RaftDriver.start({
      metadataLogDirectory: metadataLogDir,
      quorum: {
        self,
        listener: config.controllerListenerNames[0] ?? '',
        endpoints,
        voters,
        bootstrap,
        autoJoin: this.#controller !== undefined && config.boolean('controller.quorum.auto.join.enable'),
        times: quorumTimes(config),
        fetchBytesMax: config.number('controller.quorum.fetch.max.bytes'),
        fetchSnapshotBytesMax: config.number('controller.quorum.fetch.snapshot.max.bytes'),
        below: (bound) => chance.below(bound),
      },
      send: (request) => this.#send(request),
      disk: env.disk,
      clock: env.clock,
      logger: env.logger.child('raft'),
      config: {
        segmentBytes:
          config.numberOrNull('internal.metadata.log.segment.bytes') ?? config.number('metadata.log.segment.bytes'),
        segmentMs: config.number('metadata.log.segment.ms'),
      },
      forceRecover: config.own.boolean('odradek.force.recover'),
      onSnapshot: (snapshot) => this.#take({ kind: 'snapshot', snapshot }),
      onCommitted: (batches) => this.#take({ kind: 'batches', batches }),
      onCaughtUp: () => this.#noteCaughtUp(),
      onRole: (role) => this.#became(role),
      onFault,
    })
    checkSoleVoter(metadataLogDir, self, this.#raft.voters)
    if (this.#raft.voters.size === 0) {
      const servers = bootstrap.map(({ host, port }) => `${host}:${port}`).join(',')
      env.logger.child('raft').log('info', 'this directory names no voters: others are asked for them', { servers })
    }
    for (const event of this.#early.splice(0)) this.#handle(event)
  }

  #send(request: OutgoingRequest): void {
    this.#channel.send(request).then(
      (outcome) => present(this.#raft, 'the quorum').settled(request, outcome),
      (error: unknown) => this.#options.onFault(error),
    )
  }

  #became({ kind, epoch, leaderId }: Role): void {
    if (kind !== 'leader') this.#controller?.driver.deactivate()
    this.#options.env.logger.child('raft').log('info', 'this node has another role in the quorum', {
      role: kind,
      epoch,
      leader: leaderId,
    })
  }

  get image(): MetadataImage {
    return this.#loader.image
  }

  /** Of this node; undefined where it does not have that role. */
  get controller(): ControllerDriver | undefined {
    return this.#controller?.driver
  }

  /** Whether the controller of this node is the active one. */
  get isActive(): boolean {
    return this.#controller?.driver.isActive === true
  }

  /** Of the voter with this node's id, where it is another directory than this node has: its disk was emptied, say. */
  get otherDirectory(): Uuid | undefined {
    const { id, directoryId } = this.#membership.self
    const voting = this.view.voters.directoryIdOf(id)
    return voting === undefined || voting === zeroUuid || voting === directoryId ? undefined : voting
  }

  /** Resolves when the image has what the quorum has committed: its controller's first records at least. */
  caughtUp(): Promise<void> {
    return this.#caughtUp.promise
  }

  /** 1 in a dynamic quorum (KIP-853). */
  get kraftVersion(): number {
    return present(this.#raft, 'the quorum').kraftVersion
  }

  /** What other nodes ask of this one's quorum. */
  get port(): QuorumPort {
    const raft = (): RaftDriver => present(this.#raft, 'the quorum')
    return {
      clusterId: this.#options.clusterId,
      logStartOffset: () => raft().logStartOffset,
      leader: () => {
        const { epoch, leaderId, leaderEndpoints } = raft().role
        return { epoch, leaderId, leaderEndpoints }
      },
      receive: (request) => raft().receive(request),
    }
  }

  get view(): QuorumView {
    return quorumView(present(this.#raft, 'the quorum'), this.#options.env.clock)
  }

  #take(event: Event): void {
    if (this.#raft === undefined) this.#early.push(event)
    else this.#handle(event)
  }

  #handle(event: Event): void {
    try {
      if (event.kind === 'snapshot') this.#loadSnapshot(event.snapshot)
      else this.#load(event.batches)
    } catch (error) {
      this.#options.onFault(error)
    }
  }

  /** At start, or while this node follows: then it stands for more than all that was known here. */
  #loadSnapshot({ offset, epoch, timestampMs, records }: SnapshotRead): void {
    assert(!this.isActive, 'who leads has all that is committed')
    const decoded = records.map(decodeRecord)
    this.#controller?.state.loadSnapshot(decoded, offset - 1)
    this.#loader.loadSnapshot({ provenance: { offset: offset - 1, epoch, timestampMs }, records: decoded })
    this.#policy.snapshotTaken()
  }

  #load(batches: readonly CommittedBatch[]): void {
    const decoded = batches.map((batch) => ({ ...batch, records: batch.records.map(decodeRecord) }))
    this.#controller?.driver.committed(decoded)
    this.#loader.loadBatches(decoded)
    for (const { records, timestampMs, sizeInBytes } of batches) {
      this.#policy.committed({ bytes: records.length > 0 ? sizeInBytes : 0, timestampMs })
    }
    this.#activate(batches.at(-1)?.lastOffset ?? -1)
    this.#noteCaughtUp()
    this.#snapshotIfDue()
  }

  /** A leader may decide once its own epoch's first batch is committed: then it has replayed all that came before. */
  #activate(lastOffset: number): void {
    const { epochStartOffset } = present(this.#raft, 'the quorum')
    if (this.#controller === undefined || this.isActive) return
    if (epochStartOffset !== undefined && lastOffset >= epochStartOffset) this.#controller.driver.activate()
  }

  #noteCaughtUp(): void {
    const isTold = this.isActive || this.#raft?.hasCaughtUp === true
    if (isTold && this.image.features.metadataVersion > 0) this.#caughtUp.resolve()
  }

  #snapshotIfDue(): void {
    const { env } = this.#options
    const due = this.#policy.due(env.clock.now())
    if (due === undefined || this.#snapshotting !== undefined || this.#loader.inTransaction) return
    this.#policy.snapshotTaken()
    // Also where no snapshot was made: a disk that has no room for one needs the removal most.
    this.#snapshotting = this.#orTold('a snapshot of the metadata could not be written', this.#snapshot(due))
      .then(() => this.#orTold('old metadata could not be removed', this.#cleanUp()))
      .finally(() => {
        this.#snapshotting = undefined
      })
  }

  /** The log still has everything: the node goes on, and tries again later. */
  async #orTold(what: string, work: Promise<unknown>): Promise<void> {
    try {
      await work
    } catch (error) {
      if (error instanceof SnapshotAbandonedError) return
      const reason = error instanceof Error ? error.message : String(error)
      this.#options.env.logger.child('raft').log('error', what, { reason })
    }
  }

  async #snapshot(reason: string): Promise<void> {
    const { image } = this
    const { offset, epoch, timestampMs } = image.provenance
    const snapshot = { offset: offset + 1, epoch, timestampMs, records: encodedRecords(image) }
    await present(this.#raft, 'the quorum').createSnapshot(snapshot)
    const { logger } = this.#options.env
    logger.child('raft').log('info', 'wrote a snapshot of the metadata', { offset: offset + 1, epoch, reason })
  }

  #cleanUp(): Promise<number> {
    const { env, config } = this.#options
    return present(this.#raft, 'the quorum').cleanUp({
      retentionBytes: config.number('metadata.max.retention.bytes'),
      retentionMs: config.number('metadata.max.retention.ms'),
      nowMs: env.clock.now(),
    })
  }

  async stop(): Promise<void> {
    this.#controller?.driver.deactivate()
    await this.#snapshotting
    await this.#raft?.stop()
    this.#channel.close()
  }
}

function* encodedRecords(image: MetadataImage): Generator<Uint8Array, void, undefined> {
  for (const record of snapshotRecords(image)) yield encodeRecord(record, image.features.metadataVersion)
}

/** How often the controller looks for leaders to elect by itself. */
function electionIntervalsMs(config: BrokerConfig): ControllerDriverOptions['electionIntervalsMs'] {
  const preferred = config.number('leader.imbalance.check.interval.seconds') * 1000
  return {
    preferred: config.boolean('auto.leader.rebalance.enable') ? preferred : undefined,
    unclean: config.number('unclean.leader.election.interval.ms'),
  }
}

/** A leader holds a fetch back for half a second, as Kafka's. */
const fetchMaxWaitMs = 500

function quorumTimes(config: BrokerConfig): QuorumTimes {
  return {
    electionTimeoutMs: config.number('controller.quorum.election.timeout.ms'),
    electionBackoffMaxMs: config.number('controller.quorum.election.backoff.max.ms'),
    fetchTimeoutMs: config.number('controller.quorum.fetch.timeout.ms'),
    requestTimeoutMs: config.number('controller.quorum.request.timeout.ms'),
    retryBackoffMs: config.number('controller.quorum.retry.backoff.ms'),
    fetchMaxWaitMs,
  }
}
