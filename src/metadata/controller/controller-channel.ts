/**
 * The active controller as those see it who ask it: brokers for themselves, handlers for their clients. One method per
 * request; a reply comes when its records are committed. In a node that has both roles it is a call, elsewhere it goes
 * over the network. Every method rejects with ApiError: 41 NOT_CONTROLLER where none is active, else what the controller
 * answers for the request as a whole.
 */
import { ApiError } from '../../base/index.ts'
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
  type UnregisterBrokerRequest,
  type UnregisterBrokerResponse,
  type UpdateFeaturesRequest,
  type UpdateFeaturesResponse,
} from '../../protocol/index.ts'
import type { Principal } from '../principal.ts'

/**
 * The client for whom a broker asks, where the request is not the client's own: what of it the controller sees, so that it
 * decides as if the client had come to it.
 */
export interface Asker {
  readonly clientId: string | null
  readonly correlationId: number
  /** An IP address as text. */
  readonly clientHost: string
  readonly principal: Principal
  /** Of the request, where the client sent one of its kind; else the newest is taken. */
  readonly apiVersion?: number
}

/** Where `asker` is left out, the node asks for itself. */
export interface ControllerChannel {
  registerBroker(request: BrokerRegistrationRequest, apiVersion: number): Promise<BrokerRegistrationResponse>
  brokerHeartbeat(request: BrokerHeartbeatRequest): Promise<BrokerHeartbeatResponse>
  assignReplicasToDirs(request: AssignReplicasToDirsRequest): Promise<AssignReplicasToDirsResponse>
  alterPartition(request: AlterPartitionRequest): Promise<AlterPartitionResponse>
  electLeaders(request: ElectLeadersRequest): Promise<ElectLeadersResponse>
  alterPartitionReassignments(request: AlterPartitionReassignmentsRequest): Promise<AlterPartitionReassignmentsResponse>
  listPartitionReassignments(request: ListPartitionReassignmentsRequest): Promise<ListPartitionReassignmentsResponse>
  unregisterBroker(request: UnregisterBrokerRequest): Promise<UnregisterBrokerResponse>
  registerController(request: ControllerRegistrationRequest): Promise<ControllerRegistrationResponse>
  createTopics(request: CreateTopicsRequest, asker?: Asker): Promise<CreateTopicsResponse>
  deleteTopics(request: DeleteTopicsRequest, asker?: Asker): Promise<DeleteTopicsResponse>
  createPartitions(request: CreatePartitionsRequest, asker?: Asker): Promise<CreatePartitionsResponse>
  incrementalAlterConfigs(
    request: IncrementalAlterConfigsRequest,
    asker?: Asker,
  ): Promise<IncrementalAlterConfigsResponse>
  alterConfigs(request: AlterConfigsRequest, asker?: Asker): Promise<AlterConfigsResponse>
  alterClientQuotas(request: AlterClientQuotasRequest): Promise<AlterClientQuotasResponse>
  createAcls(request: CreateAclsRequest): Promise<CreateAclsResponse>
  deleteAcls(request: DeleteAclsRequest): Promise<DeleteAclsResponse>
  updateFeatures(request: UpdateFeaturesRequest): Promise<UpdateFeaturesResponse>
  allocateProducerIds(request: AllocateProducerIdsRequest): Promise<AllocateProducerIdsResponse>
}

export const notController = (): ApiError =>
  new ApiError(ErrorCode.NOT_CONTROLLER, 'This is not the correct controller for this cluster.')

export const isNotController = (error: unknown): boolean =>
  error instanceof ApiError && error.code === ErrorCode.NOT_CONTROLLER
