/**
 * The active controller over its log: decide, replay, append, commit, reply. The shell between the pure controller and
 * the quorum; where another node is active, it replays and answers NOT_CONTROLLER.
 */
import { ApiError, assert, type Clock, type Logger, type Timer } from '../base/index.ts'
import {
  type Controller,
  type ControllerChannel,
  type Decision,
  type DecisionContext,
  encodeRecord,
  isEnforcedQuota,
  isNotController,
  type MetadataBatch,
  type MetadataRecord,
  notController,
  type WilledElection,
} from '../metadata/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import { PeriodicElections } from './periodic-elections.ts'

/** The quorum as the controller uses it. */
interface ControllerLog {
  readonly endOffset: number
  /** Only a leader takes records. */
  readonly isLeader: boolean
  /** Takes records for one batch; returns the offset of its last one. */
  propose(records: readonly Uint8Array[]): number
  /** Before what is proposed after it. Throws ApiError 95. */
  raiseKRaftVersion(level: number): void
}

export interface ControllerDriverOptions {
  readonly controller: Controller
  readonly clock: Clock
  readonly logger: Logger
  readonly log: ControllerLog
  /** Records with which a cluster begins that has none. */
  readonly bootstrap: readonly MetadataRecord[]
  /** `metadata.max.idle.interval.ms`; 0: never. */
  readonly noOpIntervalMs: number
  /** How often the controller elects leaders by itself; undefined: never. */
  readonly electionIntervalsMs: Readonly<Record<WilledElection, number | undefined>>
  readonly onFault: (error: unknown) => void
}

/** A reply that waits until the log is committed up to `offset`. */
interface Waiting {
  readonly offset: number
  readonly committed: () => void
  readonly failed: (error: ApiError) => void
}

/** Records of one batch at most: the rest of a decision that need not be atomic goes into the next. */
const batchRecordsMax = 10_000
/** The oldest sessions are looked for at least this often. */
const sessionCheckMsMax = 1000

export class ControllerDriver implements ControllerChannel {
  readonly #options: ControllerDriverOptions
  readonly #controller: Controller
  /** In the order of their offsets. */
  #waiting: Waiting[] = []
  #isActive = false
  #sessionTimer: Timer | undefined
  #noOpTimer: Timer | undefined
  readonly #elections: readonly PeriodicElections[]

  constructor(options: ControllerDriverOptions) {
    this.#options = options
    this.#controller = options.controller
    const kinds: readonly WilledElection[] = ['preferred', 'unclean']
    this.#elections = kinds.flatMap((kind) => {
      const intervalMs = options.electionIntervalsMs[kind]
      return intervalMs === undefined ? [] : [this.#electing(kind, intervalMs)]
    })
  }

  get isActive(): boolean {
    return this.#isActive
  }

  get activeCount(): number {
    return this.#isActive ? 1 : 0
  }

  // ---- from the quorum

  /** Committed batches in order: replayed here unless this controller has done so when it decided on them. */
  committed(batches: readonly MetadataBatch[]): void {
    for (const { baseOffset, lastOffset, records } of batches) {
      const { state } = this.#controller
      if (lastOffset > state.offset) {
        for (const [i, record] of records.entries()) this.#controller.replay(record, baseOffset + i)
      }
      const offset = Math.min(lastOffset, state.offset)
      if (offset > state.committedOffset) this.#controller.commit(offset)
      this.#answerUpTo(lastOffset)
    }
  }

  #answerUpTo(offset: number): void {
    let count = 0
    for (const waiting of this.#waiting) {
      if (waiting.offset > offset) break
      count++
    }
    for (const waiting of this.#waiting.splice(0, count)) waiting.committed()
  }

  /** This node leads the quorum and has replayed its whole log. */
  activate(): void {
    assert(!this.#isActive, 'a controller is made active once per epoch')
    this.#isActive = true
    this.#run((context) => this.#controller.activate(context, this.#options.bootstrap)).catch((error: unknown) => {
      // Who no longer leads has not begun anything: whoever does begins with its own.
      if (!isNotController(error)) this.#options.onFault(error)
    })
    this.#watchSessions()
    this.#keepMoving()
    for (const elections of this.#elections) elections.start()
  }

  /** Leadership is lost: what was not committed was never decided. */
  deactivate(): void {
    if (!this.#isActive) return
    this.#isActive = false
    this.#sessionTimer?.cancel()
    this.#noOpTimer?.cancel()
    for (const elections of this.#elections) elections.stop()
    this.#controller.revert()
    for (const { failed } of this.#waiting.splice(0)) failed(notController())
  }

  // ---- decisions

  async #run<R>(decide: (context: DecisionContext) => Decision<R>): Promise<R> {
    if (!this.#isActive) throw notController()
    const { clock, log } = this.#options
    const { records, reply, atomic, kraftVersion } = decide({ nowMs: clock.monotonic(), nextOffset: log.endOffset })
    if (kraftVersion !== undefined) this.#raise(kraftVersion)
    let lastOffset = this.#controller.state.offset
    for (let start = 0; start < records.length; start += batchRecordsMax) {
      const batch = atomic ? records : records.slice(start, start + batchRecordsMax)
      lastOffset = this.#append(batch)
      if (atomic) break
    }
    // A reply without records still waits for what it was decided on.
    if (lastOffset > this.#controller.state.committedOffset) await this.#whenCommitted(lastOffset)
    return reply
  }

  /** The records of the decision come behind those of the quorum: committed with them, or later. */
  #raise(kraftVersion: number): void {
    const { log, logger } = this.#options
    if (!log.isLeader) throw notController()
    const { endOffset } = log
    log.raiseKRaftVersion(kraftVersion)
    if (log.endOffset === endOffset) return
    logger.log('info', 'the quorum is raised: from here on its log names the voters', {
      kraftVersion,
      offset: endOffset,
    })
  }

  #append(records: readonly MetadataRecord[]): number {
    const { log } = this.#options
    if (!log.isLeader) throw notController()
    const baseOffset = log.endOffset
    const encoded = records.map((record, i) => {
      // Before the quorum has it: what cannot be replayed must not become durable.
      this.#controller.replay(record, baseOffset + i)
      // At the level that is in force from this record on: that of a new cluster is in one of the first.
      return encodeRecord(record, this.#controller.state.metadataVersion)
    })
    const lastOffset = log.propose(encoded)
    assert(lastOffset === baseOffset + records.length - 1, 'the quorum gives the offsets that were replayed')
    return lastOffset
  }

  #whenCommitted(offset: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ offset, committed: resolve, failed: reject })
    })
  }

  /** Fences brokers whose session is over, once the sockets have been read since. */
  #watchSessions(): void {
    const { clock, logger, onFault } = this.#options
    const deadlineMs = this.#controller.nextSessionDeadlineMs()
    const delayMs = deadlineMs === undefined ? sessionCheckMsMax : deadlineMs - clock.monotonic()
    this.#sessionTimer = clock.after(Math.max(1, Math.min(delayMs, sessionCheckMsMax)), () => {
      // A deadline that passes while the sockets are drained has seen no drain of its own: it is for the next round.
      const nowMs = clock.monotonic()
      clock.afterDrain(() => {
        if (!this.#isActive) return
        const next = this.#controller.nextSessionDeadlineMs()
        if (next !== undefined && next <= nowMs) {
          this.#run((context) => this.#controller.fenceStaleBroker({ ...context, nowMs })).then(
            ({ fencedBrokerId }) => {
              if (fencedBrokerId === undefined) return
              logger.log('warn', 'fenced a broker: no heartbeat within its session', { broker: fencedBrokerId })
            },
            onFaultUnlessApi(onFault),
          )
        }
        this.#watchSessions()
      })
    })
  }

  /** So that those who follow see the log move (KIP-835). */
  #keepMoving(): void {
    const { clock, noOpIntervalMs, onFault } = this.#options
    if (noOpIntervalMs <= 0) return
    this.#noOpTimer = clock.after(noOpIntervalMs, () => {
      if (!this.#isActive) return
      this.#run(() => this.#controller.noOp()).catch(onFaultUnlessApi(onFault))
      this.#keepMoving()
    })
  }

  #electing(kind: WilledElection, intervalMs: number): PeriodicElections {
    const { controller, clock, logger, onFault } = this.#options
    return new PeriodicElections({
      kind,
      intervalMs,
      clock,
      logger,
      wanting: () => controller.wantingElection(kind),
      elect: (partitions) => this.#run(() => controller.electOwn(kind, partitions)),
      onFailure: onFaultUnlessApi(onFault),
    })
  }

  // ---- requests

  registerBroker: ControllerChannel['registerBroker'] = (request, apiVersion) =>
    this.#run((context) => this.#controller.registerBroker(request, { ...context, apiVersion }))

  /** The broker in this process, which holds the locks of its directories: no predecessor of it can be alive. */
  readonly registerOwnBroker: ControllerChannel['registerBroker'] = (request, apiVersion) =>
    this.#run((context) =>
      this.#controller.registerBroker(request, { ...context, apiVersion, isPredecessorGone: true }),
    )

  brokerHeartbeat: ControllerChannel['brokerHeartbeat'] = (request) =>
    this.#run((context) => this.#controller.brokerHeartbeat(request, context))

  assignReplicasToDirs: ControllerChannel['assignReplicasToDirs'] = (request) =>
    this.#run(() => this.#controller.assignReplicasToDirs(request))

  alterPartition: ControllerChannel['alterPartition'] = (request) =>
    this.#run(() => this.#controller.alterPartition(request))

  electLeaders: ControllerChannel['electLeaders'] = (request) => this.#run(() => this.#controller.electLeaders(request))

  alterPartitionReassignments: ControllerChannel['alterPartitionReassignments'] = (request) =>
    this.#run(() => this.#controller.alterPartitionReassignments(request))

  listPartitionReassignments: ControllerChannel['listPartitionReassignments'] = (request) =>
    this.#run(() => this.#controller.listPartitionReassignments(request))

  unregisterBroker: ControllerChannel['unregisterBroker'] = (request) =>
    this.#run(() => this.#controller.unregisterBroker(request))

  registerController: ControllerChannel['registerController'] = (request) =>
    this.#run(() => this.#controller.registerController(request))

  createTopics: ControllerChannel['createTopics'] = async (request, asker) => {
    const reply = await this.#run((context) => this.#controller.createTopics(request, { ...context, asker }))
    if (!request.validateOnly) this.#tell('created topics', reply.topics)
    return reply
  }

  deleteTopics: ControllerChannel['deleteTopics'] = async (request, asker) => {
    const reply = await this.#run((context) => this.#controller.deleteTopics(request, { ...context, asker }))
    this.#tell('deleted topics', reply.responses)
    return reply
  }

  createPartitions: ControllerChannel['createPartitions'] = async (request, asker) => {
    const reply = await this.#run((context) => this.#controller.createPartitions(request, { ...context, asker }))
    if (!request.validateOnly) this.#tell('added partitions to topics', reply.results)
    return reply
  }

  /** Who looks for a topic finds in the log when it came and when it went. */
  #tell(what: string, results: readonly { readonly name: string | null; readonly errorCode: number }[]): void {
    const names = results.filter(({ errorCode }) => errorCode === ErrorCode.NONE).map(({ name }) => name)
    if (names.length > 0) this.#options.logger.log('info', what, { topics: names.join(',') })
  }

  incrementalAlterConfigs: ControllerChannel['incrementalAlterConfigs'] = (request) =>
    this.#run(() => this.#controller.incrementalAlterConfigs(request))

  alterConfigs: ControllerChannel['alterConfigs'] = (request) => this.#run(() => this.#controller.alterConfigs(request))

  alterClientQuotas: ControllerChannel['alterClientQuotas'] = async (request) => {
    const reply = await this.#run(() => this.#controller.alterClientQuotas(request))
    const keys = new Set(
      request.entries.flatMap(({ ops }) => ops.filter(({ remove }) => !remove).map(({ key }) => key)),
    )
    const isStored = !request.validateOnly && reply.entries.some(({ errorCode }) => errorCode === ErrorCode.NONE)
    if (isStored && ![...keys].every(isEnforcedQuota)) {
      this.#options.logger.log(
        'warn',
        'client quotas were stored of which only controller_mutation_rate has an effect yet',
      )
    }
    return reply
  }

  createAcls: ControllerChannel['createAcls'] = async (request) => {
    const reply = await this.#run(() => this.#controller.createAcls(request))
    if (reply.results.some(({ errorCode }) => errorCode === ErrorCode.NONE)) {
      this.#options.logger.log('warn', 'ACLs were stored that are not enforced: everybody may still do everything')
    }
    return reply
  }

  deleteAcls: ControllerChannel['deleteAcls'] = (request) => this.#run(() => this.#controller.deleteAcls(request))

  updateFeatures: ControllerChannel['updateFeatures'] = (request) =>
    this.#run(() => this.#controller.updateFeatures(request))

  allocateProducerIds: ControllerChannel['allocateProducerIds'] = (request) =>
    this.#run(() => this.#controller.allocateProducerIds(request))
}

/** An ApiError of work that nobody waits for means that the leadership is gone; all else is our fault. */
const onFaultUnlessApi =
  (onFault: (error: unknown) => void) =>
  (error: unknown): void => {
    if (!(error instanceof ApiError)) onFault(error)
  }
