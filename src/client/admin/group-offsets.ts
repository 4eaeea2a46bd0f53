/** What groups have committed: as it is, and set or taken away by somebody who is no member. */
import { ErrorCode, type OffsetFetchResponse, offsetCommit, offsetDelete, offsetFetch } from '../../protocol/index.ts'
import type { TopicPartition } from '../consumer/assignors/assignor.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Addressee } from './addressee.ts'
import { type CallOptions, checkOffset } from './admin-options.ts'
import { committingPasses, coordinatorPasses, coordinators, fetchingPasses } from './coordinators.ts'
import { failureOf } from './results.ts'
import type { Routing, Told } from './routing.ts'
import { byTopic, flat, partitionName } from './topic-partitions.ts'

export interface GroupOffset extends TopicPartition {
  readonly offset: number
  /** Of the record before; -1: not known. */
  readonly leaderEpoch: number
  readonly metadata: string
}

/** By partition; what was never committed is not there. */
export type GroupOffsets = ReadonlyMap<string, GroupOffset>

export interface ListGroupOffsetsOptions extends CallOptions {
  /** All that have committed offsets, unless told. */
  readonly partitions?: readonly TopicPartition[]
  /** Whether offsets of an open transaction are waited for (KIP-447), from Kafka 2.5 on. Default false. */
  readonly requireStable?: boolean
}

/** Topics are named: ids come with versions that we do not need. */
const namedMax = 9
const manySince = 8
const allSince = 2
const stableSince = 7

export function listGroupOffsets(routing: Routing, groupIds: readonly string[], options: ListGroupOffsetsOptions) {
  const { partitions, requireStable = false } = options
  const form = partitions === undefined ? null : topicsOf(partitions)
  const min = requireStable ? stableSince : form === null ? allSince : offsetFetch.versions[0]
  const many = async (to: Addressee, asked: readonly string[]): Promise<Told<GroupOffsets>> => {
    const request = { groups: asked.map((groupId) => ({ groupId, topics: form })), requireStable }
    const { groups } = await to.send(offsetFetch, request, [manySince, namedMax])
    return groups.map((it) => [it.groupId, offsetsOf(it, it.groupId)])
  }
  const one = async (to: Addressee, groupId: string) => {
    const told = await to.send(offsetFetch, { groupId, topics: form, requireStable }, [min, manySince - 1])
    return [groupId, offsetsOf(told, groupId)] as const
  }
  return routing.settle(groupIds, {
    deadline: routing.deadline('listGroupOffsets', options),
    place: coordinators('group', (it) => it),
    passes: fetchingPasses,
    keyOf: (it) => it,
    ask: (to, asked) =>
      to.either(
        () => many(to, asked),
        () => Promise.all(asked.map((groupId) => one(to, groupId))),
      ),
  })
}

const topicsOf = (partitions: readonly TopicPartition[]) =>
  [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, them]) => ({
    name,
    partitionIndexes: them.map(({ partition }) => partition),
  }))

type ToldOffsets = Pick<OffsetFetchResponse, 'errorCode' | 'topics'>

/** An error of one partition is that of the group: half of its offsets would be taken for all of them. */
function offsetsOf({ errorCode, topics }: ToldOffsets, groupId: string): GroupOffsets | KafkaError {
  if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, `group '${groupId}'`)
  const offsets = new Map<string, GroupOffset>()
  for (const told of flat(topics)) {
    const { topic, partition, committedOffset, committedLeaderEpoch, metadata } = told
    const name = partitionName(told)
    if (told.errorCode !== ErrorCode.NONE) return KafkaError.of(told.errorCode, `group '${groupId}', ${name}`)
    if (committedOffset < 0n) continue
    // Foreign offsets beyond 2^53 lose their last digits: nobody has so many records.
    const offset = Number(committedOffset)
    offsets.set(name, { topic, partition, offset, leaderEpoch: committedLeaderEpoch, metadata: metadata ?? '' })
  }
  return offsets
}

export interface OffsetToAlter extends TopicPartition {
  readonly offset: number
  readonly leaderEpoch?: number
  readonly metadata?: string
}

/** As who is no member commits; the coordinator refuses it while the group has members. */
export async function alterGroupOffsets(
  routing: Routing,
  groupId: string,
  offsets: readonly OffsetToAlter[],
  options: CallOptions,
) {
  for (const { offset, ...it } of offsets) checkOffset(partitionName(it), offset)
  return routing.settle(offsets, {
    deadline: routing.deadline('alterGroupOffsets', options),
    place: coordinators('group', () => groupId),
    passes: committingPasses,
    keyOf: partitionName,
    ask: async (to, them) => {
      const topics = byTopic(them, ({ partition, offset, leaderEpoch = -1, metadata = '' }) => ({
        partitionIndex: partition,
        committedOffset: BigInt(offset),
        committedLeaderEpoch: leaderEpoch,
        committedMetadata: metadata,
      }))
      const told = await to.send(offsetCommit, { groupId, topics }, [offsetCommit.versions[0], namedMax])
      return flat(told.topics).map((it) => [partitionName(it), doneOf(it, groupId)] as const)
    },
  })
}

const doneOf = (
  { errorCode, ...it }: TopicPartition & { readonly errorCode: number },
  groupId: string,
): undefined | KafkaError => failureOf(errorCode, `group '${groupId}', ${partitionName(it)}`)

/** Refused for topics that a member is subscribed to (KIP-496). */
export function deleteGroupOffsets(
  routing: Routing,
  groupId: string,
  partitions: readonly TopicPartition[],
  options: CallOptions,
) {
  return routing.settle(partitions, {
    deadline: routing.deadline('deleteGroupOffsets', options),
    place: coordinators('group', () => groupId),
    passes: coordinatorPasses,
    keyOf: partitionName,
    ask: async (to, them) => {
      const topics = byTopic(them, ({ partition }) => ({ partitionIndex: partition }))
      const told = await to.send(offsetDelete, { groupId, topics })
      if (told.errorCode !== ErrorCode.NONE) throw KafkaError.of(told.errorCode, `group '${groupId}'`)
      return flat(told.topics).map((it) => [partitionName(it), doneOf(it, groupId)] as const)
    },
  })
}
