/**
 * The life of brokers (KIP-631): they register, send heartbeats, are fenced and unfenced, leave under control. Decides;
 * a heartbeat also counts as heard of, which is in no record. What a broker's coming and going does to its partitions may be
 * more than one batch holds.
 */
import { ApiError, type Uuid, uuidToString } from '../../base/index.ts'
import {
  type BrokerHeartbeatRequest,
  type BrokerHeartbeatResponse,
  type BrokerRegistrationRequest,
  type BrokerRegistrationResponse,
  brokerHeartbeat,
  brokerRegistration,
  brokerRegistrationChangeRecord,
  ErrorCode,
  registerBrokerRecord,
  unregisterBrokerRecord,
} from '../../protocol/index.ts'
import {
  cordonedDirectoriesLevel,
  directoryAssignmentLevel,
  kraftVersionFeature,
  metadataVersionFeature,
} from '../features.ts'
import type { BrokerImage } from '../image/metadata-image.ts'
import { directoryOf, noLeader } from '../image/partition-image.ts'
import type { MetadataRecord } from '../record.ts'
import type { BrokerSessions } from './broker-sessions.ts'
import type { ControllerState, RegisteredBroker } from './controller-state.ts'
import { type Decision, type DecisionContext, oneByOne } from './decision.ts'
import { Leadership } from './leadership.ts'
import { checkRegistrant } from './registrant.ts'
import type { Settings } from './settings.ts'

/** `fenced` of a BrokerRegistrationChangeRecord. */
const fencing = { fence: 1, unfence: -1 } as const

/** Kafka keeps the first hundred ids of the space to itself. */
const isReserved = (directory: Uuid): boolean => directory.startsWith('\0'.repeat(15)) && directory.charCodeAt(15) < 100

type BrokerMode = 'fenced' | 'unfenced' | 'controlled-shutdown' | 'shutdown-now'

export interface BrokersOptions {
  readonly state: ControllerState
  readonly settings: Settings
  readonly sessions: BrokerSessions
  readonly clusterId: string
}

export interface RegistrationContext extends DecisionContext {
  readonly detectsCleanShutdown: boolean
  /** It is known that nobody else can be this broker any more: its session is not waited for. */
  readonly isPredecessorGone: boolean
}

export class Brokers {
  readonly #state: ControllerState
  readonly #settings: Settings
  readonly #sessions: BrokerSessions
  readonly #clusterId: string

  constructor({ state, settings, sessions, clusterId }: BrokersOptions) {
    this.#state = state
    this.#settings = settings
    this.#sessions = sessions
    this.#clusterId = clusterId
  }

  get #knowsDirectories(): boolean {
    return this.#state.metadataVersion >= directoryAssignmentLevel
  }

  get #knowsCordons(): boolean {
    return this.#state.metadataVersion >= cordonedDirectoriesLevel
  }

  /** Throws ApiError STALE_BROKER_EPOCH unless the broker is registered in that epoch. */
  check(brokerId: number, brokerEpoch: number): RegisteredBroker {
    const broker = this.#state.brokers.get(brokerId)
    if (broker === undefined) {
      throw new ApiError(ErrorCode.STALE_BROKER_EPOCH, `No broker registration found for broker id ${brokerId}`)
    }
    const known = broker.registration.brokerEpoch
    if (known !== brokerEpoch) {
      const reason = `Expected broker epoch ${known}, but got broker epoch ${brokerEpoch}`
      throw new ApiError(ErrorCode.STALE_BROKER_EPOCH, reason)
    }
    return broker
  }

  /**
   * Throws ApiError 104, 101, 102, 119 or 35. A broker that did not go in order, by the epoch that it remembers, may have lost
   * the end of its logs; brokers before version 3 of the request cannot tell (`detectsCleanShutdown` false).
   */
  register(request: BrokerRegistrationRequest, context: RegistrationContext): Decision<BrokerRegistrationResponse> {
    const { brokerId, incarnationId } = request
    const existing = this.#state.brokers.get(brokerId)?.registration
    this.#checkRegistration(request, existing, context)
    const leadership = new Leadership(this.#state, this.#settings)
    const amends = existing?.incarnationId === incarnationId
    if (!amends) {
      const isClean = !context.detectsCleanShutdown || existing?.brokerEpoch === request.previousBrokerEpoch
      this.#forgetIncarnation(leadership, brokerId, isClean)
    }
    const brokerEpoch = amends ? existing.brokerEpoch : context.nextOffset
    const value = registerBrokerRecord.create({
      brokerId,
      incarnationId,
      brokerEpoch,
      endPoints: request.listeners,
      features: request.features,
      rack: request.rack,
      logDirs: this.#knowsDirectories ? request.logDirs : [],
      isMigratingZkBroker: request.isMigratingZkBroker,
      fenced: amends ? existing.fenced : true,
      inControlledShutdown: amends ? existing.inControlledShutdown : false,
      cordonedLogDirs: amends && this.#knowsCordons ? existing.cordonedLogDirs : null,
    })
    leadership.add({ kind: 'registerBroker', value })
    // A session begins with the first heartbeat: who has sent none can be followed by another incarnation at once.
    if (!amends) this.#sessions.remove(brokerId)
    // The registration comes last: whoever leads after a failure in between is asked for it again, and does what is left.
    return oneByOne(leadership.records, brokerRegistration.response.create({ brokerEpoch }))
  }

  #checkRegistration(
    request: BrokerRegistrationRequest,
    existing: BrokerImage | undefined,
    { nowMs, isPredecessorGone }: RegistrationContext,
  ): void {
    const { brokerId, clusterId, incarnationId } = request
    if (clusterId !== this.#clusterId) {
      const reason = `Expected cluster ID ${this.#clusterId}, but got cluster ID ${clusterId}`
      throw new ApiError(ErrorCode.INCONSISTENT_CLUSTER_ID, reason)
    }
    if (
      existing !== undefined &&
      existing.incarnationId !== incarnationId &&
      !isPredecessorGone &&
      this.#sessions.isValid(brokerId, existing.brokerEpoch, nowMs)
    ) {
      const reason = `Another broker is registered with broker id ${brokerId}. If it was restarted, its old session ends by itself.`
      throw new ApiError(ErrorCode.DUPLICATE_BROKER_REGISTRATION, reason)
    }
    if (request.isMigratingZkBroker) {
      const reason = 'Controller does not support registering ZK brokers.'
      throw new ApiError(ErrorCode.BROKER_ID_NOT_REGISTERED, reason)
    }
    checkRegistrant(brokerId, request.listeners)
    if (this.#knowsDirectories) this.#checkDirectories(request)
    this.#checkFeatures(request)
  }

  #checkDirectories({ brokerId, logDirs }: BrokerRegistrationRequest): void {
    const refuse = (reason: string): never => {
      throw new ApiError(ErrorCode.INVALID_REGISTRATION, reason)
    }
    if (logDirs.length === 0) refuse('No directories specified in request')
    if (logDirs.some(isReserved)) refuse('Reserved directory ID in request')
    if (new Set(logDirs).size !== logDirs.length) refuse('Duplicate directory ID in request')
    const owners = new Map<Uuid, number>()
    for (const [id, { registration }] of this.#state.brokers.entries()) {
      if (id !== brokerId) for (const directory of registration.logDirs) owners.set(directory, id)
    }
    for (const directory of logDirs) {
      const id = owners.get(directory)
      if (id !== undefined) refuse(`Broker ${id} is already registered with directory ${uuidToString(directory)}`)
    }
  }

  /** What the broker cannot do that is on, and what it must have that is off, as if it had said it of each feature. */
  #checkFeatures({ features }: BrokerRegistrationRequest): void {
    if (!features.some(({ name }) => name === metadataVersionFeature)) {
      throw new ApiError(
        ErrorCode.INVALID_REGISTRATION,
        `The broker does not say which ${metadataVersionFeature} it supports`,
      )
    }
    const ranges = new Map(features.map((feature) => [feature.name, feature]))
    for (const name of new Set([...ranges.keys(), ...this.#state.features.keys()])) {
      // Of the quorum's own level the records say nothing.
      if (name === kraftVersionFeature) continue
      const level = this.#state.features.get(name) ?? 0
      const range = ranges.get(name)
      const min = range?.minSupportedVersion ?? 0
      const max = range?.maxSupportedVersion ?? 0
      if (level >= min && level <= max) continue
      const wants = `It wants a version between ${min} and ${max}, inclusive.`
      const reason = `Unable to register because the broker does not support version ${level} of ${name}. ${wants}`
      throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, reason)
    }
    if (!this.#state.features.has(metadataVersionFeature)) {
      throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, 'The cluster has no metadata.version yet')
    }
  }

  /** What was before is over: it leads nothing, and is in no ISR. */
  #forgetIncarnation(leadership: Leadership, brokerId: number, isClean: boolean): void {
    if (isClean || !this.#settings.elrEnabled) {
      leadership.change({ partitions: (it) => it.isr.includes(brokerId), brokerToRemove: brokerId })
      return
    }
    leadership.change({
      partitions: (it) => it.isr.includes(brokerId) || it.eligibleLeaderReplicas.includes(brokerId),
      uncleanShutdown: brokerId,
    })
  }

  /** Throws ApiError 77. */
  heartbeat(request: BrokerHeartbeatRequest, context: DecisionContext): Decision<BrokerHeartbeatResponse> {
    const { brokerId, brokerEpoch, currentMetadataOffset } = request
    const broker = this.check(brokerId, brokerEpoch)
    const leadership = new Leadership(this.#state, this.#settings)
    const current = this.#mode(broker.registration)
    const next = this.#nextMode(request, broker)
    if (next !== current) this.#enter(leadership, broker.registration, next)
    this.#sessions.touch({ brokerId, brokerEpoch, nowMs: context.nowMs, metadataOffset: currentMetadataOffset })
    this.#directories(leadership, broker.registration, request)
    const lastOffset = context.nextOffset + leadership.records.length - 1
    if (next === 'controlled-shutdown') this.#sessions.beginShutdown(brokerId, lastOffset)
    else this.#sessions.endShutdown(brokerId)
    const reply = brokerHeartbeat.response.create({
      isCaughtUp: currentMetadataOffset >= broker.recordOffset,
      isFenced: next === 'fenced' || next === 'shutdown-now',
      shouldShutDown: next === 'shutdown-now',
    })
    return oneByOne(leadership.records, reply)
  }

  #mode(broker: BrokerImage): BrokerMode {
    if (broker.fenced) return 'fenced'
    return this.#sessions.shutdownOffset(broker.brokerId) === undefined ? 'unfenced' : 'controlled-shutdown'
  }

  /**
   * fenced -> shutdown-now (wants to shut down), unfenced (has read its registration and wants no fence)
   * unfenced -> shutdown-now (leads nothing, or wants both), fenced (wants it), controlled-shutdown (leads something)
   * controlled-shutdown -> shutdown-now (leads nothing, and the others know it)
   */
  #nextMode(request: BrokerHeartbeatRequest, broker: RegisteredBroker): BrokerMode {
    const { brokerId, wantFence, wantShutDown } = request
    const { partitionSets } = this.#state
    switch (this.#mode(broker.registration)) {
      case 'fenced':
        if (wantShutDown) return 'shutdown-now'
        return !wantFence && request.currentMetadataOffset >= broker.recordOffset ? 'unfenced' : 'fenced'
      case 'unfenced':
        if (wantFence) return wantShutDown ? 'shutdown-now' : 'fenced'
        if (!wantShutDown) return 'unfenced'
        return partitionSets.leads(brokerId) ? 'controlled-shutdown' : 'shutdown-now'
      default:
        if (partitionSets.leads(brokerId)) return 'controlled-shutdown'
        return this.#othersKnow(brokerId) ? 'shutdown-now' : 'controlled-shutdown'
    }
  }

  /** Every active broker has read that this one leads no more. */
  #othersKnow(brokerId: number): boolean {
    const offset = this.#sessions.shutdownOffset(brokerId) ?? -1
    for (const id of this.#state.brokers.keys()) {
      if (id !== brokerId && this.#state.isActive(id) && this.#sessions.metadataOffset(id) < offset) return false
    }
    return true
  }

  #enter(leadership: Leadership, broker: BrokerImage, mode: BrokerMode): void {
    const { brokerId, brokerEpoch } = broker
    switch (mode) {
      case 'unfenced':
        leadership.add(registrationChange({ brokerId, brokerEpoch, fenced: fencing.unfence }))
        leadership.change({ partitions: (it) => it.leader === noLeader, brokerToAdd: brokerId })
        return
      case 'controlled-shutdown':
        if (!broker.inControlledShutdown) {
          leadership.add(registrationChange({ brokerId, brokerEpoch, inControlledShutdown: 1 }))
        }
        leadership.change({ partitions: (it) => it.isr.includes(brokerId), brokerToRemove: brokerId })
        return
      default:
        this.#fence(leadership, broker)
    }
  }

  #fence(leadership: Leadership, { brokerId, brokerEpoch, fenced }: BrokerImage): void {
    leadership.change({ partitions: (it) => it.isr.includes(brokerId), brokerToRemove: brokerId })
    if (!fenced) leadership.add(registrationChange({ brokerId, brokerEpoch, fenced: fencing.fence }))
  }

  /** Directories that failed (KIP-858) take their replicas out of the ISR; those that are cordoned are noted (KIP-1066). */
  #directories(leadership: Leadership, broker: BrokerImage, request: BrokerHeartbeatRequest): void {
    const { brokerId, brokerEpoch, logDirs } = broker
    const { offlineLogDirs, cordonedLogDirs } = request
    const failed = this.#knowsDirectories ? logDirs.filter((directory) => offlineLogDirs.includes(directory)) : []
    if (failed.length > 0) {
      const onFailed = (directory: Uuid | undefined): boolean => directory !== undefined && failed.includes(directory)
      leadership.change({
        partitions: (it) => onFailed(directoryOf(it, brokerId)),
        brokerToRemove: brokerId,
      })
      const online = logDirs.filter((directory) => !failed.includes(directory))
      leadership.add(registrationChange({ brokerId, brokerEpoch, logDirs: online }))
    }
    if (cordonedLogDirs === null || !this.#knowsCordons) return
    const known = broker.cordonedLogDirs
    const same = known?.length === cordonedLogDirs.length && cordonedLogDirs.every((it) => known.includes(it))
    if (!same) leadership.add(registrationChange({ brokerId, brokerEpoch, cordonedLogDirs }))
  }

  /**
   * Fences the broker that is silent for longest, if one is past its session; call again until there are no records. To be
   * asked only when the sockets have been drained since the deadline.
   */
  fenceStaleBroker(nowMs: number): Decision<{ readonly fencedBrokerId: number | undefined }> {
    const leadership = new Leadership(this.#state, this.#settings)
    const [stale] = this.#deadlines().filter(({ deadlineMs }) => deadlineMs <= nowMs)
    if (stale === undefined) return oneByOne([], { fencedBrokerId: undefined })
    this.#fence(leadership, stale.broker)
    this.#sessions.endShutdown(stale.broker.brokerId)
    return oneByOne(leadership.records, { fencedBrokerId: stale.broker.brokerId })
  }

  /** When `fenceStaleBroker` is to be asked next; undefined: nobody is unfenced. */
  nextDeadlineMs(): number | undefined {
    return this.#deadlines()[0]?.deadlineMs
  }

  #deadlines(): readonly { readonly broker: BrokerImage; readonly deadlineMs: number }[] {
    const unfenced = [...this.#state.brokers.values()].map((it) => it.registration).filter((it) => !it.fenced)
    return unfenced
      .map((broker) => ({ broker, deadlineMs: this.#sessions.deadlineMs(broker.brokerId) ?? 0 }))
      .sort((a, b) => a.deadlineMs - b.deadlineMs || a.broker.brokerId - b.broker.brokerId)
  }

  /** Throws ApiError 102. */
  unregister(brokerId: number): Decision<undefined> {
    const broker = this.#state.brokers.get(brokerId)?.registration
    if (broker === undefined) {
      throw new ApiError(ErrorCode.BROKER_ID_NOT_REGISTERED, `Broker ID ${brokerId} is not currently registered`)
    }
    const leadership = new Leadership(this.#state, this.#settings)
    leadership.change({
      partitions: (it) => it.isr.includes(brokerId) || it.eligibleLeaderReplicas.includes(brokerId),
      brokerToRemove: brokerId,
    })
    const value = unregisterBrokerRecord.create({ brokerId, brokerEpoch: broker.brokerEpoch })
    leadership.add({ kind: 'unregisterBroker', value })
    this.#sessions.remove(brokerId)
    return oneByOne(leadership.records, undefined)
  }

  /** This node leads from now on: nobody could be heard before. */
  startSessions(nowMs: number): void {
    this.#sessions.clear()
    for (const { registration } of this.#state.brokers.values()) {
      const { brokerId, brokerEpoch, fenced } = registration
      // Nobody waits for the end of a session that nobody has: a broker that is fenced may come back at once.
      if (fenced) continue
      this.#sessions.touch({ brokerId, brokerEpoch, nowMs, metadataOffset: -1 })
    }
  }
}

type RegistrationChange = Parameters<typeof brokerRegistrationChangeRecord.create>[0]

const registrationChange = (given: RegistrationChange): MetadataRecord => ({
  kind: 'brokerRegistrationChange',
  value: brokerRegistrationChangeRecord.create(given),
})
