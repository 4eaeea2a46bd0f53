/** Where partitions begin and end, and taking away what lies at their beginning. */
import { deleteRecords as deleteApi, ErrorCode, listOffsets as listApi } from '../../protocol/index.ts'
import type { TopicPartition } from '../consumer/assignors/assignor.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Addressee } from './addressee.ts'
import { type CallOptions, checkOffset } from './admin-options.ts'
import { leaders, retriable } from './places.ts'
import type { Routing } from './routing.ts'
import { byTopic, flat, partitionName } from './topic-partitions.ts'

/** With the version of ListOffsets that knows them. */
const spots = {
  latest: { timestamp: -1n, since: 1 },
  earliest: { timestamp: -2n, since: 1 },
  'max-timestamp': { timestamp: -3n, since: 7 },
  'earliest-local': { timestamp: -4n, since: 8 },
  'latest-tiered': { timestamp: -5n, since: 9 },
  'earliest-pending-upload': { timestamp: -6n, since: 11 },
} as const

/**
 * A place in a partition: behind the last record, at the first one, at the newest by timestamp (KIP-734), at the edges of what is
 * tiered (KIP-405, 1005, 1023), or at the first record that is not older than a time in milliseconds.
 */
export type OffsetSpec = keyof typeof spots | number

export interface AskedOffset extends TopicPartition {
  /** Default `latest`. */
  readonly at?: OffsetSpec
}

export interface ListOffsetsOptions extends CallOptions {
  /** `read_committed`: `latest` is the first record of an open transaction. Default `read_uncommitted`. */
  readonly isolationLevel?: 'read_uncommitted' | 'read_committed'
}

export interface ListedOffset extends TopicPartition {
  /** -1: there is no record of that time or later, or nothing is there. */
  readonly offset: number
  /** Of the record there; -1 at an end. */
  readonly timestampMs: number
  /** In which the record there was written; -1: not known. */
  readonly leaderEpoch: number
}

/** Throws KafkaError. */
function spotOf(at: OffsetSpec) {
  if (typeof at === 'number') {
    checkOffset('at', at)
    return { timestamp: BigInt(at), since: 1 }
  }
  if (Object.hasOwn(spots, at)) return spots[at]
  throw new KafkaError('INVALID_ARGUMENT', `at: there is no '${at}'`)
}

export function listOffsets(routing: Routing, asked: readonly AskedOffset[], options: ListOffsetsOptions) {
  const isolationLevel = options.isolationLevel === 'read_committed' ? 1 : 0
  const ask = async (to: Addressee, them: readonly AskedOffset[], since: number) => {
    const topics = byTopic(them, ({ partition, at = 'latest' }) => ({
      partitionIndex: partition,
      timestamp: spotOf(at).timestamp,
    }))
    const min = Math.max(since, isolationLevel === 1 ? 2 : 1)
    const request = { replicaId: -1, isolationLevel, topics, timeoutMs: to.timeoutMs }
    const told = await to.send(listApi, request, [min, listApi.versions[1]])
    return flat(told.topics).map((it) => [partitionName(it), listed(it)] as const)
  }
  return routing.settle(asked, {
    deadline: routing.deadline('listOffsets', options),
    place: leaders,
    passes: retriable,
    keyOf: partitionName,
    // A broker that does not know one place knows the others.
    ask: async (to, them) => {
      const bySince = [...Map.groupBy(them, ({ at = 'latest' }) => spotOf(at).since)]
      const told = await Promise.all(
        bySince.map(async ([since, group]) => {
          try {
            return await ask(to, group, since)
          } catch (error) {
            if (!(error instanceof KafkaError) || error.code !== 'NOT_SERVED') throw error
            return group.map((it) => [partitionName(it), error] as const)
          }
        }),
      )
      return told.flat()
    },
  })
}

type ToldOffset = TopicPartition & {
  readonly errorCode: number
  readonly offset: number
  readonly timestamp: bigint
  readonly leaderEpoch: number
}

function listed({
  topic,
  partition,
  errorCode,
  offset,
  timestamp,
  leaderEpoch,
}: ToldOffset): ListedOffset | KafkaError {
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, partitionName({ topic, partition }))
  return { topic, partition, offset, timestampMs: Number(timestamp), leaderEpoch }
}

export interface RecordsToDelete extends TopicPartition {
  /** All records before it; `latest`: all that are replicated. */
  readonly offset: number | 'latest'
}

export interface DeletedRecords extends TopicPartition {
  /** Where the partition begins now. */
  readonly lowWatermark: number
}

export function deleteRecords(routing: Routing, records: readonly RecordsToDelete[], options: CallOptions) {
  return routing.settle(records, {
    deadline: routing.deadline('deleteRecords', options),
    place: leaders,
    passes: retriable,
    keyOf: partitionName,
    ask: async (to, them) => {
      for (const { offset, ...it } of them) if (offset !== 'latest') checkOffset(partitionName(it), offset)
      const topics = byTopic(them, ({ partition, offset }) => ({
        partitionIndex: partition,
        offset: offset === 'latest' ? -1 : offset,
      }))
      const told = await to.send(deleteApi, { topics, timeoutMs: to.timeoutMs })
      return flat(told.topics).map((it) => [partitionName(it), deleted(it)] as const)
    },
  })
}

function deleted(
  told: TopicPartition & { readonly errorCode: number; readonly lowWatermark: number },
): DeletedRecords | KafkaError {
  const { topic, partition, errorCode, lowWatermark } = told
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, partitionName({ topic, partition }))
  return { topic, partition, lowWatermark }
}
