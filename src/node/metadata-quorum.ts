/**
 * The quorum of `__cluster_metadata` on this node, and what stands on it: the controller, the loader that makes images,
 * and the snapshots. Wires `raft` to `metadata`; decides nothing itself.
 */
import { assert, type Env, present, type Uuid } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import {
  Controller,
  decodeRecord,
  encodeRecord,
  type MetadataImage,
  MetadataLoader,
  type MetadataRecord,
  type MetadataUpdate,
  snapshotRecords,
} from '../metadata/index.ts'
import {
  type CommittedBatch,
  type QuorumTimes,
  RaftDriver,
  SnapshotPolicy,
  type SnapshotRead,
  VoterSet,
} from '../raft/index.ts'
import { ControllerDriver, type ControllerDriverOptions } from './controller-driver.ts'
import { ownVote } from './dynamic-quorum.ts'

export interface MetadataQuorumOptions {
  readonly env: Env
  readonly config: BrokerConfig
  readonly clusterId: string
  readonly bootstrap: readonly MetadataRecord[]
  /** Called with each image, in order. */
  readonly publish: (update: MetadataUpdate) => void
  readonly onFault: (error: unknown) => void
}

/** The quorum as DescribeQuorum tells it. */
export interface QuorumView {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
  readonly voters: readonly {
    readonly replicaId: number
    readonly directoryId: Uuid
    readonly logEndOffset: number
    readonly lastFetchTimestamp: number
    readonly lastCaughtUpTimestamp: number
  }[]
}

/** What the raft driver tells before it is there itself. */
type Event =
  | { readonly kind: 'snapshot'; readonly snapshot: SnapshotRead }
  | { readonly kind: 'batches'; readonly batches: readonly CommittedBatch[] }

export class MetadataQuorum {
  readonly #options: MetadataQuorumOptions
  readonly #loader: MetadataLoader
  readonly #controller: Controller
  readonly controller: ControllerDriver
  readonly #policy: SnapshotPolicy
  readonly #caughtUp = Promise.withResolvers<void>()
  #raft: RaftDriver | undefined
  #kraftVersion = 0
  #early: Event[] = []
  #snapshotting: Promise<void> | undefined

  private constructor(options: MetadataQuorumOptions) {
    const { env, config, clusterId, bootstrap, onFault, publish } = options
    this.#options = options
    this.#loader = new MetadataLoader({ publish })
    this.#controller = new Controller({ clusterId, config, random: env.random.stream('controller') })
    const quorum = (): RaftDriver => present(this.#raft, 'the quorum')
    this.controller = new ControllerDriver({
      controller: this.#controller,
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
      },
      bootstrap,
      noOpIntervalMs: config.number('metadata.max.idle.interval.ms'),
      electionIntervalsMs: electionIntervalsMs(config),
      onFault,
    })
    this.#policy = new SnapshotPolicy({
      bytesMax: config.number('metadata.log.max.record.bytes.between.snapshots'),
      intervalMsMax: config.number('metadata.log.max.snapshot.interval.ms'),
    })
  }

  /** Opens the log and stands for election; `caughtUp` tells when this node knows its cluster. */
  static async start(options: MetadataQuorumOptions): Promise<MetadataQuorum> {
    const quorum = new MetadataQuorum(options)
    await quorum.#start()
    return quorum
  }

  async #start(): Promise<void> {
    const { env, config, onFault } = this.#options
    const { kraftVersion, directoryId } = await ownVote(env.disk, config)
    this.#kraftVersion = kraftVersion
    const chance = env.random.stream('quorum')
    this.#raft = await RaftDriver.start({
      metadataLogDirectory: config.metadataLogDir,
      quorum: {
        self: { id: config.nodeId, directoryId },
        endpoints: [],
        voters: new VoterSet([{ id: config.nodeId, directoryId, endpoints: [] }]),
        bootstrap: [],
        times: quorumTimes(config),
        fetchBytesMax: config.number('controller.quorum.fetch.max.bytes'),
        below: (bound) => chance.below(bound),
      },
      send: ({ to }) => assert(false, `a sole voter asks nobody, not ${to.id}`),
      disk: env.disk,
      clock: env.clock,
      logger: env.logger.child('raft'),
      config: {
        segmentBytes: config.number('metadata.log.segment.bytes'),
        segmentMs: config.number('metadata.log.segment.ms'),
      },
      forceRecover: config.own.boolean('odradek.force.recover'),
      onSnapshot: (snapshot) => this.#take({ kind: 'snapshot', snapshot }),
      onCommitted: (batches) => this.#take({ kind: 'batches', batches }),
      onRole: (role) => {
        if (role.kind !== 'leader') this.controller.deactivate()
      },
      onFault,
    })
    for (const event of this.#early.splice(0)) this.#handle(event)
  }

  get image(): MetadataImage {
    return this.#loader.image
  }

  get isActive(): boolean {
    return this.controller.isActive
  }

  /** Resolves when a controller is active and its first records are in the image. */
  caughtUp(): Promise<void> {
    return this.#caughtUp.promise
  }

  /** 1 in a dynamic quorum (KIP-853). */
  get kraftVersion(): number {
    return this.#kraftVersion
  }

  get view(): QuorumView {
    const raft = present(this.#raft, 'the quorum')
    const now = this.#options.env.clock.now()
    return {
      leaderId: raft.leaderId,
      leaderEpoch: raft.epoch,
      highWatermark: raft.highWatermark,
      voters: raft.voters.all().map(({ id, directoryId }) => ({
        replicaId: id,
        directoryId,
        logEndOffset: raft.endOffset,
        lastFetchTimestamp: now,
        lastCaughtUpTimestamp: now,
      })),
    }
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

  #loadSnapshot({ offset, epoch, timestampMs, records }: SnapshotRead): void {
    const decoded = records.map(decodeRecord)
    this.#controller.loadSnapshot(decoded, offset - 1)
    this.#loader.loadSnapshot({ provenance: { offset: offset - 1, epoch, timestampMs }, records: decoded })
  }

  #load(batches: readonly CommittedBatch[]): void {
    const decoded = batches.map((batch) => ({ ...batch, records: batch.records.map(decodeRecord) }))
    this.controller.committed(decoded)
    this.#loader.loadBatches(decoded)
    for (const { records, timestampMs } of batches) {
      this.#policy.committed({ bytes: records.reduce((sum, record) => sum + record.length, 0), timestampMs })
    }
    this.#activate(batches)
    this.#snapshotIfDue()
  }

  /** A leader may decide once its own epoch's first batch is committed: then it has replayed all that came before. */
  #activate(batches: readonly CommittedBatch[]): void {
    const raft = present(this.#raft, 'the quorum')
    const lastOffset = batches.at(-1)?.lastOffset ?? -1
    if (this.controller.isActive) {
      if (this.image.features.metadataVersion > 0) this.#caughtUp.resolve()
      return
    }
    const { epochStartOffset } = raft
    if (epochStartOffset === undefined || lastOffset < epochStartOffset) return
    this.controller.activate()
    if (this.image.features.metadataVersion > 0) this.#caughtUp.resolve()
  }

  #snapshotIfDue(): void {
    const { env } = this.#options
    const due = this.#policy.due(env.clock.now())
    if (due === undefined || this.#snapshotting !== undefined || this.#loader.inTransaction) return
    this.#policy.snapshotTaken()
    this.#snapshotting = this.#snapshot(due)
      .catch((error: unknown) => {
        // The log still has everything: the node goes on, and tries again later.
        const reason = error instanceof Error ? error.message : String(error)
        env.logger.child('raft').log('error', 'a snapshot of the metadata could not be written', { reason })
      })
      .finally(() => {
        this.#snapshotting = undefined
      })
  }

  async #snapshot(reason: string): Promise<void> {
    const { env, config } = this.#options
    const raft = present(this.#raft, 'the quorum')
    const { image } = this
    const { offset, epoch, timestampMs } = image.provenance
    await raft.createSnapshot({ offset: offset + 1, epoch, timestampMs, records: encodedRecords(image) })
    env.logger.child('raft').log('info', 'wrote a snapshot of the metadata', { offset: offset + 1, epoch, reason })
    await raft.cleanUp({
      retentionBytes: config.number('metadata.max.retention.bytes'),
      retentionMs: config.number('metadata.max.retention.ms'),
      nowMs: env.clock.now(),
    })
  }

  async stop(): Promise<void> {
    this.controller.deactivate()
    await this.#snapshotting
    await this.#raft?.stop()
  }
}

function* encodedRecords(image: MetadataImage): Generator<Uint8Array, void, undefined> {
  for (const record of snapshotRecords(image)) yield encodeRecord(record)
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
