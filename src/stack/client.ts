/** What `import 'odradek/client'` gives: clients over the clock, chance and network of the machine. */
import type { LogLevel } from '../base/index.ts'
import { type KafkaOptions as ConnectionOptions, Kafka as KafkaOver } from '../client/index.ts'
import { createEnv } from '../env/index.ts'

export {
  type Assignment,
  type Assignor,
  type AssignorInput,
  type CloseOptions,
  type ConsumedBatch,
  type ConsumedHeader,
  type ConsumedRecord,
  type Consumer,
  type ConsumerOptions,
  type GroupMember,
  type HeaderValue,
  KafkaError,
  type KafkaErrorCode,
  type OffsetOf,
  type Partitioner,
  type PartitionerInput,
  type Plain,
  type Producer,
  type ProducerOptions,
  type ProducerRecord,
  type RecordMetadata,
  type TopicOffset,
  type TopicPartition,
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
