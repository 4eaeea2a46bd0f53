/** What a producer is told: Kafka's names and defaults, in one word each; times in milliseconds, sizes in bytes. */
import { type CompressionName, CompressionType } from '../../records/index.ts'
import { checkMs, checkNames, defined } from '../connection-options.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Partitioner } from './partitioner.ts'

export interface ProducerOptions {
  /** Who must have a record before it is acknowledged: all replicas in sync, the leader alone, or nobody. Default `all`. */
  readonly acks?: 'all' | -1 | 0 | 1
  /** No record twice and none out of order, also where requests are sent again. Default true, where nothing else contradicts it. */
  readonly enableIdempotence?: boolean
  /** A batch of one partition is sent when it has so many bytes. Default 16,384. */
  readonly batchSize?: number
  /**
   * How long a batch waits for more records. Unless it is told, 5 at most, and only while its broker has another request to answer: who
   * waits for each record does not wait for others, and who sends much sends large batches.
   */
  readonly lingerMs?: number
  /**
   * Of all batches that are not acknowledged yet. Records that are sent nevertheless wait outside of it, each with a copy of its bytes, for
   * as long as `maxBlockMs`: who sends more than that at once waits now and then for what `send` returns. Default 33,554,432.
   */
  readonly bufferMemory?: number
  /** How long a record waits for room, to hear of its topic, and for serializers that take their time. Default 60,000. */
  readonly maxBlockMs?: number
  /** From `send` until it is acknowledged, or given up. Default 120,000. */
  readonly deliveryTimeoutMs?: number
  /** Of a request, and of a record before it is compressed. Default 1,048,576. */
  readonly maxRequestSize?: number
  /** Requests to one broker that are not answered. Default 5, which is the most with idempotence. */
  readonly maxInFlightRequestsPerConnection?: number
  /** Default `none`. */
  readonly compressionType?: CompressionName
  /** Of gzip (-1, 1 to 9) and zstd (-131,072 to 22). */
  readonly compressionLevel?: number
  /** Default: by the hash of the key as Kafka's, without a key the one that has least to do (KIP-794). */
  readonly partitioner?: Partitioner
  /** Records without a key go more often where less waits. Default true. */
  readonly partitionerAdaptivePartitioningEnable?: boolean
  /**
   * A partition whose leader has not taken a batch for so long gets no records without a key; without adaptive partitioning of no effect.
   * Default 0: never.
   */
  readonly partitionerAvailabilityTimeoutMs?: number
  /** Default false. */
  readonly partitionerIgnoreKeys?: boolean
  /** Records without a key go to partitions that are led in `clientRack`, while there are any (KIP-1123, Kafka from 4.4 on). Default false. */
  readonly partitionerRackAware?: boolean
  /** Where this producer is, as brokers say it of themselves by `broker.rack`. Default: nowhere. */
  readonly clientRack?: string
  /** Whether brokers may make a topic that is written to, if they are set up so. Default true. */
  readonly allowAutoCreateTopics?: boolean
  /** Topics that nobody writes to are forgotten after so long. Default 300,000. */
  readonly metadataMaxIdleMs?: number
}

export interface ProducerSettings extends Required<Omit<ProducerOptions, 'acks' | 'compressionLevel' | 'partitioner'>> {
  readonly acks: -1 | 0 | 1
  readonly codec: CompressionType
  readonly compressionLevel: number | undefined
  readonly partitioner: Partitioner | undefined
  /** Also where the broker has nothing else to answer. */
  readonly lingersWhenIdle: boolean
}

const defaults = {
  acks: 'all',
  enableIdempotence: true,
  batchSize: 16_384,
  lingerMs: 5,
  bufferMemory: 33_554_432,
  maxBlockMs: 60_000,
  deliveryTimeoutMs: 120_000,
  maxRequestSize: 1_048_576,
  maxInFlightRequestsPerConnection: 5,
  compressionType: 'none',
  compressionLevel: undefined,
  partitioner: undefined,
  partitionerAdaptivePartitioningEnable: true,
  partitionerAvailabilityTimeoutMs: 0,
  partitionerIgnoreKeys: false,
  partitionerRackAware: false,
  clientRack: '',
  allowAutoCreateTopics: true,
  metadataMaxIdleMs: 300_000,
} as const

/** The broker knows the last five batches of a producer and partition. */
const inFlightMaxOfIdempotence = 5

/** Throws KafkaError for what makes no sense, or contradicts itself. */
export function producerSettings(options: ProducerOptions, requestTimeoutMs: number): ProducerSettings {
  checkNames(options, defaults)
  const all = { ...defaults, ...defined(options) }
  for (const [name, value] of Object.entries(all)) if (name.endsWith('Ms')) checkMs(name, value)
  for (const name of ['batchSize', 'bufferMemory', 'maxRequestSize'] as const) checkSize(name, all[name])
  if (all.bufferMemory === 0) refuse('bufferMemory: 0 takes no record')
  if (!(all.compressionType in CompressionType)) refuse(`compressionType: there is no '${all.compressionType}'`)
  if (all.deliveryTimeoutMs < all.lingerMs + requestTimeoutMs) {
    refuse('deliveryTimeoutMs must be at least lingerMs and requestTimeoutMs together')
  }
  const acks = all.acks === 'all' ? -1 : all.acks
  if (acks !== -1 && acks !== 0 && acks !== 1) refuse(`acks: ${String(all.acks)} is none of 'all', 0 and 1`)
  const inFlightMax = all.maxInFlightRequestsPerConnection
  if (!Number.isInteger(inFlightMax) || inFlightMax < 1) refuse('maxInFlightRequestsPerConnection: at least 1')
  if (all.partitionerRackAware && String(all.clientRack).trim() === '')
    refuse('partitionerRackAware needs a clientRack')
  const contradicts = acks !== -1 || inFlightMax > inFlightMaxOfIdempotence
  if (contradicts && options.enableIdempotence === true) {
    refuse(`enableIdempotence needs acks 'all' and at most ${inFlightMaxOfIdempotence} requests in flight`)
  }
  return {
    ...all,
    acks,
    enableIdempotence: all.enableIdempotence && !contradicts,
    codec: CompressionType[all.compressionType],
    lingersWhenIdle: options.lingerMs !== undefined,
  }
}

function checkSize(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= 2 ** 31 - 1) return
  refuse(`${name}: ${value} is no number of bytes`)
}

function refuse(message: string): never {
  throw new KafkaError('INVALID_ARGUMENT', message)
}
