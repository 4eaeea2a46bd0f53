/** Every message of Kafka 4.3.1, by name. */
export { type ProduceRequest, type ProduceResponse, produce } from './messages/00-produce.ts'
export { type FetchRequest, type FetchResponse, fetch } from './messages/01-fetch.ts'
export { type ListOffsetsRequest, type ListOffsetsResponse, listOffsets } from './messages/02-list-offsets.ts'
export { type MetadataRequest, type MetadataResponse, metadata } from './messages/03-metadata.ts'
export { type OffsetCommitRequest, type OffsetCommitResponse, offsetCommit } from './messages/08-offset-commit.ts'
export { type OffsetFetchRequest, type OffsetFetchResponse, offsetFetch } from './messages/09-offset-fetch.ts'
export {
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
  findCoordinator,
} from './messages/10-find-coordinator.ts'
export { type JoinGroupRequest, type JoinGroupResponse, joinGroup } from './messages/11-join-group.ts'
export { type HeartbeatRequest, type HeartbeatResponse, heartbeat } from './messages/12-heartbeat.ts'
export { type LeaveGroupRequest, type LeaveGroupResponse, leaveGroup } from './messages/13-leave-group.ts'
export { type SyncGroupRequest, type SyncGroupResponse, syncGroup } from './messages/14-sync-group.ts'
export {
  type DescribeGroupsRequest,
  type DescribeGroupsResponse,
  describeGroups,
} from './messages/15-describe-groups.ts'
export { type ListGroupsRequest, type ListGroupsResponse, listGroups } from './messages/16-list-groups.ts'
export { type SaslHandshakeRequest, type SaslHandshakeResponse, saslHandshake } from './messages/17-sasl-handshake.ts'
export { type ApiVersionsRequest, type ApiVersionsResponse, apiVersions } from './messages/18-api-versions.ts'
export { type CreateTopicsRequest, type CreateTopicsResponse, createTopics } from './messages/19-create-topics.ts'
export { type DeleteTopicsRequest, type DeleteTopicsResponse, deleteTopics } from './messages/20-delete-topics.ts'
export { type DeleteRecordsRequest, type DeleteRecordsResponse, deleteRecords } from './messages/21-delete-records.ts'
export {
  type InitProducerIdRequest,
  type InitProducerIdResponse,
  initProducerId,
} from './messages/22-init-producer-id.ts'
export {
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
  offsetForLeaderEpoch,
} from './messages/23-offset-for-leader-epoch.ts'
export {
  type AddPartitionsToTxnRequest,
  type AddPartitionsToTxnResponse,
  addPartitionsToTxn,
} from './messages/24-add-partitions-to-txn.ts'
export {
  type AddOffsetsToTxnRequest,
  type AddOffsetsToTxnResponse,
  addOffsetsToTxn,
} from './messages/25-add-offsets-to-txn.ts'
export { type EndTxnRequest, type EndTxnResponse, endTxn } from './messages/26-end-txn.ts'
export {
  type WriteTxnMarkersRequest,
  type WriteTxnMarkersResponse,
  writeTxnMarkers,
} from './messages/27-write-txn-markers.ts'
export {
  type TxnOffsetCommitRequest,
  type TxnOffsetCommitResponse,
  txnOffsetCommit,
} from './messages/28-txn-offset-commit.ts'
export { type DescribeAclsRequest, type DescribeAclsResponse, describeAcls } from './messages/29-describe-acls.ts'
export { type CreateAclsRequest, type CreateAclsResponse, createAcls } from './messages/30-create-acls.ts'
export { type DeleteAclsRequest, type DeleteAclsResponse, deleteAcls } from './messages/31-delete-acls.ts'
export {
  type DescribeConfigsRequest,
  type DescribeConfigsResponse,
  describeConfigs,
} from './messages/32-describe-configs.ts'
export { type AlterConfigsRequest, type AlterConfigsResponse, alterConfigs } from './messages/33-alter-configs.ts'
export {
  type AlterReplicaLogDirsRequest,
  type AlterReplicaLogDirsResponse,
  alterReplicaLogDirs,
} from './messages/34-alter-replica-log-dirs.ts'
export {
  type DescribeLogDirsRequest,
  type DescribeLogDirsResponse,
  describeLogDirs,
} from './messages/35-describe-log-dirs.ts'
export {
  type SaslAuthenticateRequest,
  type SaslAuthenticateResponse,
  saslAuthenticate,
} from './messages/36-sasl-authenticate.ts'
export {
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  createPartitions,
} from './messages/37-create-partitions.ts'
export {
  type CreateDelegationTokenRequest,
  type CreateDelegationTokenResponse,
  createDelegationToken,
} from './messages/38-create-delegation-token.ts'
export {
  type RenewDelegationTokenRequest,
  type RenewDelegationTokenResponse,
  renewDelegationToken,
} from './messages/39-renew-delegation-token.ts'
export {
  type ExpireDelegationTokenRequest,
  type ExpireDelegationTokenResponse,
  expireDelegationToken,
} from './messages/40-expire-delegation-token.ts'
export {
  type DescribeDelegationTokenRequest,
  type DescribeDelegationTokenResponse,
  describeDelegationToken,
} from './messages/41-describe-delegation-token.ts'
export { type DeleteGroupsRequest, type DeleteGroupsResponse, deleteGroups } from './messages/42-delete-groups.ts'
export { type ElectLeadersRequest, type ElectLeadersResponse, electLeaders } from './messages/43-elect-leaders.ts'
export {
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
  incrementalAlterConfigs,
} from './messages/44-incremental-alter-configs.ts'
export {
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsResponse,
  alterPartitionReassignments,
} from './messages/45-alter-partition-reassignments.ts'
export {
  type ListPartitionReassignmentsRequest,
  type ListPartitionReassignmentsResponse,
  listPartitionReassignments,
} from './messages/46-list-partition-reassignments.ts'
export { type OffsetDeleteRequest, type OffsetDeleteResponse, offsetDelete } from './messages/47-offset-delete.ts'
export {
  type DescribeClientQuotasRequest,
  type DescribeClientQuotasResponse,
  describeClientQuotas,
} from './messages/48-describe-client-quotas.ts'
export {
  type AlterClientQuotasRequest,
  type AlterClientQuotasResponse,
  alterClientQuotas,
} from './messages/49-alter-client-quotas.ts'
export {
  type DescribeUserScramCredentialsRequest,
  type DescribeUserScramCredentialsResponse,
  describeUserScramCredentials,
} from './messages/50-describe-user-scram-credentials.ts'
export {
  type AlterUserScramCredentialsRequest,
  type AlterUserScramCredentialsResponse,
  alterUserScramCredentials,
} from './messages/51-alter-user-scram-credentials.ts'
export { type VoteRequest, type VoteResponse, vote } from './messages/52-vote.ts'
export {
  type BeginQuorumEpochRequest,
  type BeginQuorumEpochResponse,
  beginQuorumEpoch,
} from './messages/53-begin-quorum-epoch.ts'
export {
  type EndQuorumEpochRequest,
  type EndQuorumEpochResponse,
  endQuorumEpoch,
} from './messages/54-end-quorum-epoch.ts'
export {
  type DescribeQuorumRequest,
  type DescribeQuorumResponse,
  describeQuorum,
} from './messages/55-describe-quorum.ts'
export {
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  alterPartition,
} from './messages/56-alter-partition.ts'
export {
  type UpdateFeaturesRequest,
  type UpdateFeaturesResponse,
  updateFeatures,
} from './messages/57-update-features.ts'
export { type EnvelopeRequest, type EnvelopeResponse, envelope } from './messages/58-envelope.ts'
export { type FetchSnapshotRequest, type FetchSnapshotResponse, fetchSnapshot } from './messages/59-fetch-snapshot.ts'
export {
  type DescribeClusterRequest,
  type DescribeClusterResponse,
  describeCluster,
} from './messages/60-describe-cluster.ts'
export {
  type DescribeProducersRequest,
  type DescribeProducersResponse,
  describeProducers,
} from './messages/61-describe-producers.ts'
export {
  type BrokerRegistrationRequest,
  type BrokerRegistrationResponse,
  brokerRegistration,
} from './messages/62-broker-registration.ts'
export {
  type BrokerHeartbeatRequest,
  type BrokerHeartbeatResponse,
  brokerHeartbeat,
} from './messages/63-broker-heartbeat.ts'
export {
  type UnregisterBrokerRequest,
  type UnregisterBrokerResponse,
  unregisterBroker,
} from './messages/64-unregister-broker.ts'
export {
  type DescribeTransactionsRequest,
  type DescribeTransactionsResponse,
  describeTransactions,
} from './messages/65-describe-transactions.ts'
export {
  type ListTransactionsRequest,
  type ListTransactionsResponse,
  listTransactions,
} from './messages/66-list-transactions.ts'
export {
  type AllocateProducerIdsRequest,
  type AllocateProducerIdsResponse,
  allocateProducerIds,
} from './messages/67-allocate-producer-ids.ts'
export {
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  consumerGroupHeartbeat,
} from './messages/68-consumer-group-heartbeat.ts'
export {
  type ConsumerGroupDescribeRequest,
  type ConsumerGroupDescribeResponse,
  consumerGroupDescribe,
} from './messages/69-consumer-group-describe.ts'
export {
  type ControllerRegistrationRequest,
  type ControllerRegistrationResponse,
  controllerRegistration,
} from './messages/70-controller-registration.ts'
export {
  type GetTelemetrySubscriptionsRequest,
  type GetTelemetrySubscriptionsResponse,
  getTelemetrySubscriptions,
} from './messages/71-get-telemetry-subscriptions.ts'
export { type PushTelemetryRequest, type PushTelemetryResponse, pushTelemetry } from './messages/72-push-telemetry.ts'
export {
  type AssignReplicasToDirsRequest,
  type AssignReplicasToDirsResponse,
  assignReplicasToDirs,
} from './messages/73-assign-replicas-to-dirs.ts'
export {
  type ListConfigResourcesRequest,
  type ListConfigResourcesResponse,
  listConfigResources,
} from './messages/74-list-config-resources.ts'
export {
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
  describeTopicPartitions,
} from './messages/75-describe-topic-partitions.ts'
export {
  type ShareGroupHeartbeatRequest,
  type ShareGroupHeartbeatResponse,
  shareGroupHeartbeat,
} from './messages/76-share-group-heartbeat.ts'
export {
  type ShareGroupDescribeRequest,
  type ShareGroupDescribeResponse,
  shareGroupDescribe,
} from './messages/77-share-group-describe.ts'
export { type ShareFetchRequest, type ShareFetchResponse, shareFetch } from './messages/78-share-fetch.ts'
export {
  type ShareAcknowledgeRequest,
  type ShareAcknowledgeResponse,
  shareAcknowledge,
} from './messages/79-share-acknowledge.ts'
export { type AddRaftVoterRequest, type AddRaftVoterResponse, addRaftVoter } from './messages/80-add-raft-voter.ts'
export {
  type RemoveRaftVoterRequest,
  type RemoveRaftVoterResponse,
  removeRaftVoter,
} from './messages/81-remove-raft-voter.ts'
export {
  type UpdateRaftVoterRequest,
  type UpdateRaftVoterResponse,
  updateRaftVoter,
} from './messages/82-update-raft-voter.ts'
export {
  type InitializeShareGroupStateRequest,
  type InitializeShareGroupStateResponse,
  initializeShareGroupState,
} from './messages/83-initialize-share-group-state.ts'
export {
  type ReadShareGroupStateRequest,
  type ReadShareGroupStateResponse,
  readShareGroupState,
} from './messages/84-read-share-group-state.ts'
export {
  type WriteShareGroupStateRequest,
  type WriteShareGroupStateResponse,
  writeShareGroupState,
} from './messages/85-write-share-group-state.ts'
export {
  type DeleteShareGroupStateRequest,
  type DeleteShareGroupStateResponse,
  deleteShareGroupState,
} from './messages/86-delete-share-group-state.ts'
export {
  type ReadShareGroupStateSummaryRequest,
  type ReadShareGroupStateSummaryResponse,
  readShareGroupStateSummary,
} from './messages/87-read-share-group-state-summary.ts'
export {
  type StreamsGroupHeartbeatRequest,
  type StreamsGroupHeartbeatResponse,
  streamsGroupHeartbeat,
} from './messages/88-streams-group-heartbeat.ts'
export {
  type StreamsGroupDescribeRequest,
  type StreamsGroupDescribeResponse,
  streamsGroupDescribe,
} from './messages/89-streams-group-describe.ts'
export {
  type DescribeShareGroupOffsetsRequest,
  type DescribeShareGroupOffsetsResponse,
  describeShareGroupOffsets,
} from './messages/90-describe-share-group-offsets.ts'
export {
  type AlterShareGroupOffsetsRequest,
  type AlterShareGroupOffsetsResponse,
  alterShareGroupOffsets,
} from './messages/91-alter-share-group-offsets.ts'
export {
  type DeleteShareGroupOffsetsRequest,
  type DeleteShareGroupOffsetsResponse,
  deleteShareGroupOffsets,
} from './messages/92-delete-share-group-offsets.ts'
export {
  type GroupMetadataKey,
  type GroupMetadataValue,
  groupMetadataKey,
  groupMetadataValue,
  type LegacyOffsetCommitKey,
  type LegacyOffsetCommitValue,
  legacyOffsetCommitKey,
  legacyOffsetCommitValue,
  type OffsetCommitKey,
  type OffsetCommitValue,
  offsetCommitKey,
  offsetCommitValue,
} from './messages/classic-group-records.ts'
export {
  type ConsumerGroupCurrentMemberAssignmentKey,
  type ConsumerGroupCurrentMemberAssignmentValue,
  type ConsumerGroupMemberMetadataKey,
  type ConsumerGroupMemberMetadataValue,
  type ConsumerGroupMetadataKey,
  type ConsumerGroupMetadataValue,
  type ConsumerGroupPartitionMetadataKey,
  type ConsumerGroupPartitionMetadataValue,
  type ConsumerGroupRegularExpressionKey,
  type ConsumerGroupRegularExpressionValue,
  type ConsumerGroupTargetAssignmentMemberKey,
  type ConsumerGroupTargetAssignmentMemberValue,
  type ConsumerGroupTargetAssignmentMetadataKey,
  type ConsumerGroupTargetAssignmentMetadataValue,
  consumerGroupCurrentMemberAssignmentKey,
  consumerGroupCurrentMemberAssignmentValue,
  consumerGroupMemberMetadataKey,
  consumerGroupMemberMetadataValue,
  consumerGroupMetadataKey,
  consumerGroupMetadataValue,
  consumerGroupPartitionMetadataKey,
  consumerGroupPartitionMetadataValue,
  consumerGroupRegularExpressionKey,
  consumerGroupRegularExpressionValue,
  consumerGroupTargetAssignmentMemberKey,
  consumerGroupTargetAssignmentMemberValue,
  consumerGroupTargetAssignmentMetadataKey,
  consumerGroupTargetAssignmentMetadataValue,
} from './messages/consumer-group-records.ts'
export {
  type ConsumerProtocolAssignment,
  type ConsumerProtocolSubscription,
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from './messages/consumer-protocol.ts'
export {
  type ControlRecordTypeSchema,
  controlRecordTypeSchema,
  type EndTxnMarker,
  endTxnMarker,
  type KRaftVersionRecord,
  kRaftVersionRecord,
  type LeaderChangeMessage,
  leaderChangeMessage,
  type SnapshotFooterRecord,
  type SnapshotHeaderRecord,
  snapshotFooterRecord,
  snapshotHeaderRecord,
  type VotersRecord,
  votersRecord,
} from './messages/control-records.ts'
export { type DefaultPrincipalData, defaultPrincipalData } from './messages/default-principal.ts'
export { type RequestHeader, type ResponseHeader, requestHeader, responseHeader } from './messages/headers.ts'
export {
  type AbortTransactionRecord,
  type AccessControlEntryRecord,
  abortTransactionRecord,
  accessControlEntryRecord,
  type BeginTransactionRecord,
  type BrokerRegistrationChangeRecord,
  beginTransactionRecord,
  brokerRegistrationChangeRecord,
  type ClearElrRecord,
  type ClientQuotaRecord,
  type ConfigRecord,
  clearElrRecord,
  clientQuotaRecord,
  configRecord,
  type DelegationTokenRecord,
  delegationTokenRecord,
  type EndTransactionRecord,
  endTransactionRecord,
  type FeatureLevelRecord,
  type FenceBrokerRecord,
  featureLevelRecord,
  fenceBrokerRecord,
  type NoOpRecord,
  noOpRecord,
  type PartitionChangeRecord,
  type PartitionRecord,
  type ProducerIdsRecord,
  partitionChangeRecord,
  partitionRecord,
  producerIdsRecord,
  type RegisterBrokerRecord,
  type RegisterControllerRecord,
  type RemoveAccessControlEntryRecord,
  type RemoveDelegationTokenRecord,
  type RemoveTopicRecord,
  type RemoveUserScramCredentialRecord,
  registerBrokerRecord,
  registerControllerRecord,
  removeAccessControlEntryRecord,
  removeDelegationTokenRecord,
  removeTopicRecord,
  removeUserScramCredentialRecord,
  type TopicRecord,
  topicRecord,
  type UnfenceBrokerRecord,
  type UnregisterBrokerRecord,
  type UserScramCredentialRecord,
  unfenceBrokerRecord,
  unregisterBrokerRecord,
  userScramCredentialRecord,
  type ZkMigrationStateRecord,
  zkMigrationStateRecord,
} from './messages/metadata-records.ts'
export { type ProducerSnapshot, producerSnapshot } from './messages/producer-snapshot.ts'
export { type QuorumStateData, quorumStateData } from './messages/quorum-state.ts'
export {
  type RemoteLogSegmentMetadataRecord,
  type RemoteLogSegmentMetadataSnapshotRecord,
  type RemoteLogSegmentMetadataUpdateRecord,
  type RemotePartitionDeleteMetadataRecord,
  remoteLogSegmentMetadataRecord,
  remoteLogSegmentMetadataSnapshotRecord,
  remoteLogSegmentMetadataUpdateRecord,
  remotePartitionDeleteMetadataRecord,
} from './messages/remote-log-records.ts'
export {
  type ShareGroupCurrentMemberAssignmentKey,
  type ShareGroupCurrentMemberAssignmentValue,
  type ShareGroupMemberMetadataKey,
  type ShareGroupMemberMetadataValue,
  type ShareGroupMetadataKey,
  type ShareGroupMetadataValue,
  type ShareGroupStatePartitionMetadataKey,
  type ShareGroupStatePartitionMetadataValue,
  type ShareGroupTargetAssignmentMemberKey,
  type ShareGroupTargetAssignmentMemberValue,
  type ShareGroupTargetAssignmentMetadataKey,
  type ShareGroupTargetAssignmentMetadataValue,
  shareGroupCurrentMemberAssignmentKey,
  shareGroupCurrentMemberAssignmentValue,
  shareGroupMemberMetadataKey,
  shareGroupMemberMetadataValue,
  shareGroupMetadataKey,
  shareGroupMetadataValue,
  shareGroupStatePartitionMetadataKey,
  shareGroupStatePartitionMetadataValue,
  shareGroupTargetAssignmentMemberKey,
  shareGroupTargetAssignmentMemberValue,
  shareGroupTargetAssignmentMetadataKey,
  shareGroupTargetAssignmentMetadataValue,
} from './messages/share-group-records.ts'
export {
  type ShareSnapshotKey,
  type ShareSnapshotValue,
  type ShareUpdateKey,
  type ShareUpdateValue,
  shareSnapshotKey,
  shareSnapshotValue,
  shareUpdateKey,
  shareUpdateValue,
} from './messages/share-records.ts'
export {
  type StreamsGroupCurrentMemberAssignmentKey,
  type StreamsGroupCurrentMemberAssignmentValue,
  type StreamsGroupMemberMetadataKey,
  type StreamsGroupMemberMetadataValue,
  type StreamsGroupMetadataKey,
  type StreamsGroupMetadataValue,
  type StreamsGroupTargetAssignmentMemberKey,
  type StreamsGroupTargetAssignmentMemberValue,
  type StreamsGroupTargetAssignmentMetadataKey,
  type StreamsGroupTargetAssignmentMetadataValue,
  type StreamsGroupTopologyKey,
  type StreamsGroupTopologyValue,
  streamsGroupCurrentMemberAssignmentKey,
  streamsGroupCurrentMemberAssignmentValue,
  streamsGroupMemberMetadataKey,
  streamsGroupMemberMetadataValue,
  streamsGroupMetadataKey,
  streamsGroupMetadataValue,
  streamsGroupTargetAssignmentMemberKey,
  streamsGroupTargetAssignmentMemberValue,
  streamsGroupTargetAssignmentMetadataKey,
  streamsGroupTargetAssignmentMetadataValue,
  streamsGroupTopologyKey,
  streamsGroupTopologyValue,
} from './messages/streams-group-records.ts'
export {
  type TransactionLogKey,
  type TransactionLogValue,
  transactionLogKey,
  transactionLogValue,
} from './messages/transaction-records.ts'
