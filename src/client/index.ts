/** The door of `client`: producers, over any Kafka that serves the needed APIs. */
export type { ClientEnv } from './client-env.ts'
export type { KafkaOptions } from './connection-options.ts'
export { Kafka, type KafkaExtras } from './kafka.ts'
export { KafkaError, type KafkaErrorCode } from './kafka-error.ts'
export type { Partitioner, PartitionerInput } from './producer/partitioner.ts'
export type { CloseOptions, Plain, Producer } from './producer/producer.ts'
export type { ProducerOptions } from './producer/producer-options.ts'
export type { HeaderValue, ProducerRecord, RecordMetadata } from './producer/record.ts'
