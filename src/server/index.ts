/** The door of `server`. */
export type { AlterServices } from './alter-resources.ts'
export { AutoTopics, type AutoTopicsServices } from './auto-topics.ts'
export { bindForwarded, type ForwardedRequest, type Forwarder } from './forwarding.ts'
export {
  type Answer,
  type BoundHandler,
  closeConnection,
  type Handler,
  noReply,
  type RequestContext,
  Signal,
} from './handler.ts'
export { type ProduceServices, produceHandler } from './handlers/00-produce.ts'
export { type FetchServices, fetchHandler } from './handlers/01-fetch.ts'
export { quorumFetchHandler } from './handlers/01-quorum-fetch.ts'
export { type ListOffsetsServices, listOffsetsHandler } from './handlers/02-list-offsets.ts'
export { type MetadataServices, metadataHandler } from './handlers/03-metadata.ts'
export { type OffsetCommitServices, offsetCommitHandler } from './handlers/08-offset-commit.ts'
export { type OffsetFetchServices, offsetFetchHandler } from './handlers/09-offset-fetch.ts'
export { type FindCoordinatorServices, findCoordinatorHandler } from './handlers/10-find-coordinator.ts'
export { type JoinGroupServices, joinGroupHandler } from './handlers/11-join-group.ts'
export { type HeartbeatServices, heartbeatHandler } from './handlers/12-heartbeat.ts'
export { type LeaveGroupServices, leaveGroupHandler } from './handlers/13-leave-group.ts'
export { type SyncGroupServices, syncGroupHandler } from './handlers/14-sync-group.ts'
export { type DescribeGroupsServices, describeGroupsHandler } from './handlers/15-describe-groups.ts'
export { type ListGroupsServices, listGroupsHandler } from './handlers/16-list-groups.ts'
export { saslHandshakeHandler } from './handlers/17-sasl-handshake.ts'
export { type ApiVersionsServices, apiVersionsHandler, type Features } from './handlers/18-api-versions.ts'
export { type CreateTopicsServices, createTopicsHandler } from './handlers/19-create-topics.ts'
export { type DeleteTopicsServices, deleteTopicsHandler } from './handlers/20-delete-topics.ts'
export { type DeleteRecordsServices, deleteRecordsHandler } from './handlers/21-delete-records.ts'
export { type InitProducerIdServices, initProducerIdHandler } from './handlers/22-init-producer-id.ts'
export {
  type OffsetForLeaderEpochServices,
  offsetForLeaderEpochHandler,
} from './handlers/23-offset-for-leader-epoch.ts'
export { type DescribeAclsServices, describeAclsHandler } from './handlers/29-describe-acls.ts'
export { type CreateAclsServices, createAclsHandler } from './handlers/30-create-acls.ts'
export { type DeleteAclsServices, deleteAclsHandler } from './handlers/31-delete-acls.ts'
export { type DescribeConfigsServices, describeConfigsHandler } from './handlers/32-describe-configs.ts'
export { alterConfigsHandler } from './handlers/33-alter-configs.ts'
export { type AlterReplicaLogDirsServices, alterReplicaLogDirsHandler } from './handlers/34-alter-replica-log-dirs.ts'
export { type DescribeLogDirsServices, describeLogDirsHandler } from './handlers/35-describe-log-dirs.ts'
export { type CreatePartitionsServices, createPartitionsHandler } from './handlers/37-create-partitions.ts'
export { type DeleteGroupsServices, deleteGroupsHandler } from './handlers/42-delete-groups.ts'
export { type ElectLeadersServices, electLeadersHandler } from './handlers/43-elect-leaders.ts'
export { incrementalAlterConfigsHandler } from './handlers/44-incremental-alter-configs.ts'
export {
  type AlterPartitionReassignmentsServices,
  alterPartitionReassignmentsHandler,
} from './handlers/45-alter-partition-reassignments.ts'
export {
  type ListPartitionReassignmentsServices,
  listPartitionReassignmentsHandler,
} from './handlers/46-list-partition-reassignments.ts'
export { type OffsetDeleteServices, offsetDeleteHandler } from './handlers/47-offset-delete.ts'
export { type DescribeClientQuotasServices, describeClientQuotasHandler } from './handlers/48-describe-client-quotas.ts'
export { type AlterClientQuotasServices, alterClientQuotasHandler } from './handlers/49-alter-client-quotas.ts'
export { voteHandler } from './handlers/52-vote.ts'
export { beginQuorumEpochHandler } from './handlers/53-begin-quorum-epoch.ts'
export { endQuorumEpochHandler } from './handlers/54-end-quorum-epoch.ts'
export {
  type DescribeQuorumServices,
  describeQuorumHandler,
  type QuorumDescription,
  type QuorumReplica,
} from './handlers/55-describe-quorum.ts'
export { type AlterPartitionServices, alterPartitionHandler } from './handlers/56-alter-partition.ts'
export { type UpdateFeaturesServices, updateFeaturesHandler } from './handlers/57-update-features.ts'
export { type EnvelopeServices, envelopeHandler } from './handlers/58-envelope.ts'
export { fetchSnapshotHandler } from './handlers/59-fetch-snapshot.ts'
export { type DescribeClusterServices, describeClusterHandler } from './handlers/60-describe-cluster.ts'
export { type DescribeProducersServices, describeProducersHandler } from './handlers/61-describe-producers.ts'
export { type BrokerRegistrationServices, brokerRegistrationHandler } from './handlers/62-broker-registration.ts'
export { type BrokerHeartbeatServices, brokerHeartbeatHandler } from './handlers/63-broker-heartbeat.ts'
export { type UnregisterBrokerServices, unregisterBrokerHandler } from './handlers/64-unregister-broker.ts'
export { type AllocateProducerIdsServices, allocateProducerIdsHandler } from './handlers/67-allocate-producer-ids.ts'
export {
  type ConsumerGroupHeartbeatServices,
  consumerGroupHeartbeatHandler,
} from './handlers/68-consumer-group-heartbeat.ts'
export {
  type ConsumerGroupDescribeServices,
  consumerGroupDescribeHandler,
} from './handlers/69-consumer-group-describe.ts'
export {
  type ControllerRegistrationServices,
  controllerRegistrationHandler,
} from './handlers/70-controller-registration.ts'
export {
  type AssignReplicasToDirsServices,
  assignReplicasToDirsHandler,
} from './handlers/73-assign-replicas-to-dirs.ts'
export { type ListConfigResourcesServices, listConfigResourcesHandler } from './handlers/74-list-config-resources.ts'
export {
  type DescribeTopicPartitionsServices,
  describeTopicPartitionsHandler,
} from './handlers/75-describe-topic-partitions.ts'
export { addRaftVoterHandler } from './handlers/80-add-raft-voter.ts'
export { removeRaftVoterHandler } from './handlers/81-remove-raft-voter.ts'
export { updateRaftVoterHandler } from './handlers/82-update-raft-voter.ts'
export { ProducerIds, type ProducerIdsOptions } from './producer-ids.ts'
export type { QuorumPort } from './quorum-port.ts'
export { RareWarning } from './rare-warning.ts'
export { type RequestTally, totalTimeBoundsMs } from './request-tally.ts'
export { bind, Router } from './router.ts'
export { type ListenerOptions, Server, type ServerLimits, type ServerOptions } from './server.ts'
