/** The door of `client`: producers, consumers and admin clients, over any Kafka that serves the needed APIs. */
export type { AclOperation } from './admin/acl-operations.ts'
export type { AclBinding, AclFilter, AclResourceType } from './admin/acls.ts'
export { aclText } from './admin/acls.ts'
export type { Admin, Results } from './admin/admin.ts'
export type { AdminOptions, CallOptions } from './admin/admin-options.ts'
export type { Broker, ClusterDescription, DescribeClusterOptions } from './admin/cluster.ts'
export type { ConfigEntry, ConfigSource, ConfigSynonym, ConfigType, ConfigValue } from './admin/config-entry.ts'
export type {
  AlterConfigsOptions,
  AlteredConfigs,
  AskedConfigs,
  ConfigChanges,
  ConfigResource,
  ConfigResourceType,
  Configs,
  DescribeConfigsOptions,
  ListConfigResourcesOptions,
} from './admin/configs.ts'
export type {
  CreateTokenOptions,
  DelegationToken,
  DescribeTokensOptions,
  ExpireTokenOptions,
  RenewTokenOptions,
} from './admin/delegation-tokens.ts'
export type {
  DescribeFeaturesOptions,
  Features,
  FeatureUpdate,
  LevelRange,
  UpdateFeaturesOptions,
} from './admin/features.ts'
export type { DescribeGroupsOptions, GroupDescription, MemberDescription } from './admin/group-descriptions.ts'
export type { GroupOffset, GroupOffsets, ListGroupOffsetsOptions, OffsetToAlter } from './admin/group-offsets.ts'
export type {
  GroupListing,
  GroupType,
  ListGroupsOptions,
  MemberToRemove,
  RemoveMembersOptions,
} from './admin/groups.ts'
export type { BrokerLogDirs, DescribeLogDirsOptions, LogDir, ReplicaInLogDir, ReplicaToMove } from './admin/log-dirs.ts'
export type {
  AskedOffset,
  DeletedRecords,
  ListedOffset,
  ListOffsetsOptions,
  OffsetSpec,
  RecordsToDelete,
} from './admin/offsets.ts'
export type {
  NewRaftVoter,
  QuorumEndpoint,
  QuorumInfo,
  QuorumReplica,
  RaftVoter,
  RaftVoterOptions,
} from './admin/quorum.ts'
export type {
  AlteredQuotas,
  AlterQuotasOptions,
  ClientQuotas,
  DescribeQuotasOptions,
  QuotaEntity,
  QuotaEntityType,
  QuotaFilter,
} from './admin/quotas.ts'
export { quotaEntityText } from './admin/quotas.ts'
export type {
  AlterReassignmentsOptions,
  ElectedLeader,
  ElectLeadersOptions,
  ListReassignmentsOptions,
  NewReassignment,
  PartitionReassignment,
} from './admin/replicas.ts'
export { SomeFailedError, settled } from './admin/results.ts'
export type {
  DeletedScramCredential,
  NewScramCredential,
  ScramCredential,
  ScramMechanism,
  UserScramCredentials,
} from './admin/scram.ts'
export type {
  ListShareGroupOffsetsOptions,
  ShareGroupDescription,
  ShareGroupOffset,
  ShareGroupOffsets,
  ShareMemberDescription,
  ShareOffsetToAlter,
} from './admin/share-groups.ts'
export type {
  StreamsAssignment,
  StreamsGroupDescription,
  StreamsMemberDescription,
  StreamsSubtopology,
  StreamsTasks,
  StreamsTopic,
} from './admin/streams-groups.ts'
export type {
  DescribeTopicsOptions,
  ListTopicsOptions,
  PartitionDescription,
  TopicDescription,
  TopicListing,
  TopicSelection,
} from './admin/topic-descriptions.ts'
export type {
  CreatedTopic,
  MutationOptions,
  NewPartitions,
  NewTopic,
  NewTopicOptions,
  ValidatedOptions,
} from './admin/topics.ts'
export type {
  AbortedTransaction,
  DescribeProducersOptions,
  FencedProducer,
  ListTransactionsOptions,
  PartitionProducers,
  ProducerState,
  TransactionDescription,
  TransactionListing,
} from './admin/transactions.ts'

export type { ClientEnv } from './client-env.ts'
export type { BatchTrace, ClientTrace, FetchTrace, RebalanceTrace, RequestTrace } from './client-trace.ts'
export type { SaslOptions, SaslSession } from './cluster/sasl.ts'
export type { KafkaOptions, SslOptions } from './connection-options.ts'
export type {
  Assignment,
  Assignor,
  AssignorInput,
  GroupMember,
  OwnedPartitions,
  TopicPartition,
} from './consumer/assignors/assignor.ts'
export type { OffsetOf } from './consumer/commits.ts'
export type {
  ConsumedBatch,
  ConsumedBatchOf,
  ConsumedHeader,
  ConsumedRecord,
  ConsumedRecordOf,
} from './consumer/consumed-record.ts'
export type { Consumer } from './consumer/consumer.ts'
export type { ConsumerOptions, TopicOffset } from './consumer/consumer-options.ts'
export type { ConsumedRecords } from './consumer/records-loop.ts'
export type { TopicPattern } from './consumer/subscribed-topics.ts'
export type { CustomMember } from './group/custom-member.ts'
export type {
  CustomAssignment,
  CustomGroup,
  CustomMemberOptions,
  CustomProtocol,
} from './group/custom-member-options.ts'
export { Kafka, type KafkaExtras } from './kafka.ts'
export { KafkaError, type KafkaErrorCode } from './kafka-error.ts'
export type { Partitioner, PartitionerInput } from './producer/partitioner.ts'
export type { CloseOptions, Producer } from './producer/producer.ts'
export type { ProducerOptions } from './producer/producer-options.ts'
export type {
  GivenHeaders,
  HeaderValue,
  Plain,
  ProducerRecord,
  ProducerRecordOf,
  RecordMetadata,
} from './producer/record.ts'
export { bytes } from './serdes/bytes.ts'
export { boolean, float32, float64, int16, int32, int64 } from './serdes/fixed-size.ts'
export { type JsonOptions, json } from './serdes/json.ts'
export { orNull, voidSerde } from './serdes/null-serdes.ts'
export type {
  DeserializeContext,
  Deserializer,
  Serde,
  SerdeHeader,
  SerializeContext,
  Serializer,
} from './serdes/serde.ts'
export { string, uuid } from './serdes/text.ts'
export type { ShareRecord } from './share/delivery.ts'
export type { Acknowledged, Acknowledgement } from './share/pending-acknowledgement.ts'
export type { ShareConsumer } from './share/share-consumer.ts'
export type { ShareConsumerOptions } from './share/share-options.ts'
export type { ShareRecordOf, ShareRecords } from './share/share-records.ts'
export {
  defineTopic,
  type ReadableTopic,
  type TopicSerdes,
  type TypedTopic,
  type WritableTopic,
} from './typed-topic.ts'
