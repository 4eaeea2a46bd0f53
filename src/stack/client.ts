/** What `import 'odradek/client'` gives: clients over the clock, chance and network of the machine. */
import type { LogLevel } from '../base/index.ts'
import { type KafkaOptions as ConnectionOptions, Kafka as KafkaOver } from '../client/index.ts'
import { createEnv } from '../env/index.ts'

export {
  type AclOperation,
  type Admin,
  type AdminOptions,
  type AlterConfigsOptions,
  type AlteredConfigs,
  type AskedConfigs,
  type AskedOffset,
  type Assignment,
  type Assignor,
  type AssignorInput,
  type Broker,
  type CallOptions,
  type CloseOptions,
  type ClusterDescription,
  type ConfigChanges,
  type ConfigEntry,
  type ConfigResource,
  type ConfigResourceType,
  type ConfigSource,
  type ConfigSynonym,
  type Configs,
  type ConfigType,
  type ConfigValue,
  type ConsumedBatch,
  type ConsumedHeader,
  type ConsumedRecord,
  type Consumer,
  type ConsumerOptions,
  type CreatedTopic,
  type DeletedRecords,
  type DescribeClusterOptions,
  type DescribeConfigsOptions,
  type DescribeGroupsOptions,
  type DescribeTopicsOptions,
  type GroupDescription,
  type GroupListing,
  type GroupMember,
  type GroupOffset,
  type GroupOffsets,
  type GroupType,
  type HeaderValue,
  KafkaError,
  type KafkaErrorCode,
  type ListedOffset,
  type ListGroupOffsetsOptions,
  type ListGroupsOptions,
  type ListOffsetsOptions,
  type ListTopicsOptions,
  type MemberDescription,
  type MemberToRemove,
  type MutationOptions,
  type NewPartitions,
  type NewTopic,
  type NewTopicOptions,
  type OffsetOf,
  type OffsetSpec,
  type OffsetToAlter,
  type PartitionDescription,
  type Partitioner,
  type PartitionerInput,
  type Plain,
  type Producer,
  type ProducerOptions,
  type ProducerRecord,
  type RecordMetadata,
  type RecordsToDelete,
  type RemoveMembersOptions,
  type Results,
  SomeFailedError,
  settled,
  type TopicDescription,
  type TopicListing,
  type TopicOffset,
  type TopicPartition,
  type TopicSelection,
  type ValidatedOptions,
} from '../client/index.ts'

export interface KafkaOptions extends ConnectionOptions {
  /** What is told on standard error of what happens: from this level on. Default `warn`. */
  readonly logLevel?: LogLevel
}

export class Kafka extends KafkaOver {
  /** Connects to nothing yet. Throws KafkaError for options that make no sense. */
  constructor({ logLevel = 'warn', ...options }: KafkaOptions) {
    super(createEnv({ level: logLevel, keepsAlive: true }), options)
  }
}
