/**
 * The active controller: every decision on the cluster's metadata, one typed method per request. Pure but for `replay`,
 * `commit` and `revert`, which follow the log, and for the times at which brokers were heard of. Its driver appends the
 * records of a decision, replays them at once, and sends the reply when they are committed. Throws ApiError where a
 * request fails as a whole.
 */
import { ApiError, type RandomStream } from '../../base/index.ts'
import type { BrokerConfig } from '../../config/index.ts'
import {
  type AllocateProducerIdsRequest,
  type AllocateProducerIdsResponse,
  type AlterClientQuotasRequest,
  type AlterClientQuotasResponse,
  type AlterConfigsRequest,
  type AlterConfigsResponse,
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsResponse,
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  type AssignReplicasToDirsRequest,
  type AssignReplicasToDirsResponse,
  abortTransactionRecord,
  allocateProducerIds,
  type BrokerHeartbeatRequest,
  type BrokerHeartbeatResponse,
  type BrokerRegistrationRequest,
  type BrokerRegistrationResponse,
  type ControllerRegistrationRequest,
  type ControllerRegistrationResponse,
  type CreateAclsRequest,
  type CreateAclsResponse,
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  type CreateTopicsRequest,
  type CreateTopicsResponse,
  controllerRegistration,
  type DeleteAclsRequest,
  type DeleteAclsResponse,
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
  type ElectLeadersRequest,
  type ElectLeadersResponse,
  ErrorCode,
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
  type ListPartitionReassignmentsRequest,
  type ListPartitionReassignmentsResponse,
  noOpRecord,
  producerIdsRecord,
  registerControllerRecord,
  type UnregisterBrokerRequest,
  type UnregisterBrokerResponse,
  type UpdateFeaturesRequest,
  type UpdateFeaturesResponse,
  unregisterBroker,
} from '../../protocol/index.ts'
import { type ClientLimit, limitOf, mutationRateKey, type QuotaClient } from '../client-quota.ts'
import { controllerRegistrationLevel, metadataVersionFeature } from '../features.ts'
import type { MetadataRecord } from '../record.ts'
import { Acls } from './acls.ts'
import { BrokerSessions } from './broker-sessions.ts'
import { Brokers } from './brokers.ts'
import { alterQuotas } from './client-quotas.ts'
import { Configs } from './configs.ts'
import type { Asker } from './controller-channel.ts'
import { ControllerState } from './controller-state.ts'
import { atomically, type Decision, type DecisionContext, type KRaftVersion, oneByOne } from './decision.ts'
import { assignDirectories } from './directory-assignments.ts'
import { Features } from './features.ts'
import { IsrChanges } from './isr-changes.ts'
import { LeaderElections, type WilledElection } from './leader-elections.ts'
import { type MutationQuota, MutationQuotas, mutatorOf, strictSince } from './mutation-quotas.ts'
import type { TopicPartition } from './partition-sets.ts'
import { listReassignments, Reassignments } from './reassignments.ts'
import { checkRegistrant } from './registrant.ts'
import { Settings } from './settings.ts'
import { Topics } from './topics.ts'

/** Of one block (KIP-730). */
const producerIdBlockSize = 1000

export interface ControllerOptions {
  readonly clusterId: string
  /** Of this node; dynamic values are the controller's own to know. */
  readonly config: BrokerConfig
  /** Ids of topics, and where placement starts. */
  readonly random: RandomStream
  readonly kraftVersion: KRaftVersion
}

/** Who asks for a mutation, and when. Without an asker there is no limit. */
export interface MutationContext {
  readonly asker?: Asker | undefined
  readonly nowMs?: number
}

interface Parts {
  readonly state: ControllerState
  readonly settings: Settings
  readonly brokers: Brokers
  readonly topics: Topics
  readonly configs: Configs
  readonly features: Features
  readonly acls: Acls
}

export class Controller {
  readonly #options: ControllerOptions
  readonly #sessions: BrokerSessions
  readonly #mutationQuotas: MutationQuotas
  #parts: Parts

  constructor(options: ControllerOptions) {
    this.#options = options
    this.#sessions = new BrokerSessions(options.config.number('broker.session.timeout.ms'))
    this.#parts = this.#over(new ControllerState())
    const { config } = options
    this.#mutationQuotas = new MutationQuotas({
      limitOf: (client) => this.#limitOf(client),
      burstSeconds:
        config.number('controller.quota.window.num') * config.number('controller.quota.window.size.seconds'),
    })
  }

  #over(state: ControllerState): Parts {
    const { config, clusterId, random, kraftVersion } = this.#options
    const settings = new Settings(config, state)
    const configs = new Configs(state, settings)
    return {
      state,
      settings,
      configs,
      brokers: new Brokers({ state, settings, clusterId, sessions: this.#sessions }),
      topics: new Topics({ state, settings, configs, random }),
      features: new Features({ state, settings, kraftVersion }),
      acls: new Acls({ state, settings, random }),
    }
  }

  /** Newest, and committed: see `VersionedMap`. */
  get state(): ControllerState {
    return this.#parts.state
  }

  /** Every record of the log, on every controller, active or not. */
  replay(record: MetadataRecord, offset: number): void {
    this.#parts.state.replay(record, offset)
  }

  commit(offset: number): void {
    this.#parts.state.commit(offset)
  }

  /** What was not committed was never decided. */
  revert(): void {
    this.#parts.state.revert()
  }

  /** Replaces all that is known; `offset` is that of the last record that the snapshot covers. */
  loadSnapshot(records: Iterable<MetadataRecord>, offset: number): void {
    const state = new ControllerState(offset - 1)
    state.load(records, offset)
    this.#parts = this.#over(state)
  }

  /**
   * To be called when this node has become leader and has replayed its whole log, before any request. Ends what another
   * left half done, and begins a cluster that is new.
   */
  activate({ nowMs }: DecisionContext, bootstrap?: readonly MetadataRecord[]): Decision<undefined> {
    const { state, brokers, features } = this.#parts
    brokers.startSessions(nowMs)
    const left = state.inTransaction
    const reason = 'the controller that began it is gone'
    const aborts: readonly MetadataRecord[] = left
      ? [{ kind: 'abortTransaction', value: abortTransactionRecord.create({ reason }) }]
      : []
    // A cluster whose only transaction was left open is as new.
    const isNew = !(left ? state.features.committed : state.features).has(metadataVersionFeature)
    return atomically([...aborts, ...(isNew ? features.bootstrap(bootstrap) : [])], undefined)
  }

  /** So that brokers see the log move when nothing happens (KIP-835). */
  noOp(): Decision<undefined> {
    return oneByOne([{ kind: 'noOp', value: noOpRecord.create() }], undefined)
  }

  /**
   * `apiVersion`: of the request. `isPredecessorGone`: the asker holds what its predecessor held, the locks of the log
   * directories; a broker that was killed then need not wait for its old session. Throws ApiError 35, 101, 102, 104
   * or 119.
   */
  registerBroker(
    request: BrokerRegistrationRequest,
    context: DecisionContext & { readonly apiVersion: number; readonly isPredecessorGone?: boolean },
  ): Decision<BrokerRegistrationResponse> {
    const { apiVersion, isPredecessorGone = false } = context
    const detectsCleanShutdown = apiVersion >= 3
    return this.#parts.brokers.register(request, { ...context, detectsCleanShutdown, isPredecessorGone })
  }

  /** Throws ApiError 77. */
  brokerHeartbeat(request: BrokerHeartbeatRequest, context: DecisionContext): Decision<BrokerHeartbeatResponse> {
    return this.#parts.brokers.heartbeat(request, context)
  }

  /** Throws ApiError 35 or 77. */
  assignReplicasToDirs(request: AssignReplicasToDirsRequest): Decision<AssignReplicasToDirsResponse> {
    return assignDirectories(request, this.#parts)
  }

  /** Throws ApiError 77. */
  alterPartition(request: AlterPartitionRequest): Decision<AlterPartitionResponse> {
    this.#parts.brokers.check(request.brokerId, request.brokerEpoch)
    return new IsrChanges(this.#parts).decide(request)
  }

  /** Throws ApiError 42 or 44. */
  electLeaders(request: ElectLeadersRequest): Decision<ElectLeadersResponse> {
    return new LeaderElections(this.#parts).decide(request)
  }

  /** Partitions that may be in want of such an election, as of now. */
  wantingElection(kind: WilledElection): readonly TopicPartition[] {
    const { imbalanced, leaderless } = this.#parts.state.partitionSets
    return [...(kind === 'preferred' ? imbalanced : leaderless).values()]
  }

  /** Of the controller's own accord: some of those that `wantingElection` told. */
  electOwn(kind: WilledElection, partitions: readonly TopicPartition[]): Decision<number> {
    return new LeaderElections(this.#parts).decideOwn(kind, partitions)
  }

  alterPartitionReassignments(
    request: AlterPartitionReassignmentsRequest,
  ): Decision<AlterPartitionReassignmentsResponse> {
    return new Reassignments(this.#parts).decide(request)
  }

  listPartitionReassignments(request: ListPartitionReassignmentsRequest): Decision<ListPartitionReassignmentsResponse> {
    return atomically([], listReassignments(request, this.#parts.state))
  }

  /** One broker at a time: append and replay, then ask again. */
  fenceStaleBroker(context: DecisionContext): Decision<{ readonly fencedBrokerId: number | undefined }> {
    return this.#parts.brokers.fenceStaleBroker(context.nowMs)
  }

  nextSessionDeadlineMs(): number | undefined {
    return this.#parts.brokers.nextDeadlineMs()
  }

  /** Throws ApiError 102. */
  unregisterBroker({ brokerId }: UnregisterBrokerRequest): Decision<UnregisterBrokerResponse> {
    const { records } = this.#parts.brokers.unregister(brokerId)
    return oneByOne(records, unregisterBroker.response.create())
  }

  /** Throws ApiError 35 or 119. */
  registerController(request: ControllerRegistrationRequest): Decision<ControllerRegistrationResponse> {
    if (this.#parts.state.metadataVersion < controllerRegistrationLevel) {
      const reason = 'The current metadata.version is too old for registrations of controllers'
      throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, reason)
    }
    const { controllerId, incarnationId, listeners, features } = request
    checkRegistrant(controllerId, listeners)
    // There is no migration any more, whatever the controller says of its own.
    const given = { controllerId, incarnationId, zkMigrationReady: false, endPoints: listeners, features }
    const value = registerControllerRecord.create(given)
    const reply = controllerRegistration.response.create()
    return atomically([{ kind: 'registerController', value }], reply)
  }

  /** Authorization is the caller's; `describable` says of which topics the asker may see the configs. Throws ApiError 44. */
  createTopics(
    request: CreateTopicsRequest,
    {
      describable = () => true,
      ...asked
    }: MutationContext & { readonly describable?: (topic: string) => boolean } = {},
  ): Decision<CreateTopicsResponse> {
    return this.#parts.topics.create(request, { describable, quota: this.#quotaFor(asked, 'createTopics') })
  }

  deleteTopics(request: DeleteTopicsRequest, asked: MutationContext = {}): Decision<DeleteTopicsResponse> {
    return this.#parts.topics.delete(request, this.#quotaFor(asked, 'deleteTopics'))
  }

  createPartitions(request: CreatePartitionsRequest, asked: MutationContext = {}): Decision<CreatePartitionsResponse> {
    return this.#parts.topics.createPartitions(request, this.#quotaFor(asked, 'createPartitions'))
  }

  #quotaFor({ asker, nowMs = 0 }: MutationContext, request: keyof typeof strictSince): MutationQuota {
    return this.#mutationQuotas.quotaFor(asker && mutatorOf(asker, strictSince[request]), nowMs)
  }

  #limitOf(client: QuotaClient): ClientLimit | undefined {
    const { state } = this.#parts
    if (state.clientQuotas.size === 0) return undefined
    return limitOf(client, (entity) => state.clientQuota(entity, mutationRateKey))
  }

  /** Throws ApiError 44. */
  incrementalAlterConfigs(request: IncrementalAlterConfigsRequest): Decision<IncrementalAlterConfigsResponse> {
    return this.#parts.configs.incrementalAlter(request)
  }

  /** Throws ApiError 44. */
  alterConfigs(request: AlterConfigsRequest): Decision<AlterConfigsResponse> {
    return this.#parts.configs.alter(request)
  }

  /** Throws ApiError 44. */
  alterClientQuotas(request: AlterClientQuotasRequest): Decision<AlterClientQuotasResponse> {
    return alterQuotas(request, this.#parts.state)
  }

  /** Throws ApiError 54, 44, or -1. */
  createAcls(request: CreateAclsRequest): Decision<CreateAclsResponse> {
    return this.#parts.acls.create(request)
  }

  /** Throws ApiError 54, 44, or 42. */
  deleteAcls(request: DeleteAclsRequest): Decision<DeleteAclsResponse> {
    return this.#parts.acls.delete(request)
  }

  /** Throws ApiError 95. */
  updateFeatures(request: UpdateFeaturesRequest): Decision<UpdateFeaturesResponse> {
    return this.#parts.features.update(request)
  }

  /** Throws ApiError 77, and -1 when there are no more. */
  allocateProducerIds(request: AllocateProducerIdsRequest): Decision<AllocateProducerIdsResponse> {
    const { brokerId, brokerEpoch } = request
    this.#parts.brokers.check(brokerId, brokerEpoch)
    const producerIdStart = Math.max(this.#parts.state.nextProducerId, 0)
    const nextProducerId = producerIdStart + producerIdBlockSize
    if (!Number.isSafeInteger(nextProducerId)) {
      throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, 'There are no producer ids left')
    }
    const value = producerIdsRecord.create({ brokerId, brokerEpoch, nextProducerId })
    const reply = allocateProducerIds.response.create({ producerIdStart, producerIdLen: producerIdBlockSize })
    return oneByOne([{ kind: 'producerIds', value }], reply)
  }
}
