/**
 * The active controller as those see it who ask it: brokers for themselves, handlers for their clients. One method per
 * request; a reply comes when its records are committed. In a node that has both roles it is a call, elsewhere it goes
 * over the network. Every method rejects with ApiError: 41 NOT_CONTROLLER where none is active, else what the controller
 * answers for the request as a whole.
 */
import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
  AlterConfigsRequest,
  AlterConfigsResponse,
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
  AlterPartitionRequest,
  AlterPartitionResponse,
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponse,
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  ElectLeadersRequest,
  ElectLeadersResponse,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from '../../protocol/index.ts'

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
  createTopics(request: CreateTopicsRequest): Promise<CreateTopicsResponse>
  deleteTopics(request: DeleteTopicsRequest): Promise<DeleteTopicsResponse>
  createPartitions(request: CreatePartitionsRequest): Promise<CreatePartitionsResponse>
  incrementalAlterConfigs(request: IncrementalAlterConfigsRequest): Promise<IncrementalAlterConfigsResponse>
  alterConfigs(request: AlterConfigsRequest): Promise<AlterConfigsResponse>
  updateFeatures(request: UpdateFeaturesRequest): Promise<UpdateFeaturesResponse>
  allocateProducerIds(request: AllocateProducerIdsRequest): Promise<AllocateProducerIdsResponse>
}
