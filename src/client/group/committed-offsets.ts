/** What a group has committed: asked for, and written, by whoever is a member or by nobody in particular. */
import {
  ErrorCode,
  type OffsetCommitResponse,
  type OffsetFetchResponse,
  offsetCommit,
  offsetFetch,
} from '../../protocol/index.ts'
import type { Position } from '../consumer/assigned-partition.ts'
import type { TopicPartition } from '../consumer/assignors/assignor.ts'
import type { Deadline } from '../deadline.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Coordinator } from './coordinator.ts'
import { without } from './membership.ts'

/** In whose name something is committed; a generation fences what is committed in an older one. */
export interface MemberName {
  readonly memberId: string
  /** Generation, or epoch of the member (KIP-848); -1: of no member. */
  readonly epoch: number
  readonly groupInstanceId: string | null
  /** Resolves when the epoch is another than this, with false where there will be none. */
  readonly epochBehind?: (epoch: number) => Promise<boolean>
}

export const nobody: MemberName = { memberId: '', epoch: -1, groupInstanceId: null }

export interface OffsetToCommit extends TopicPartition, Position {
  readonly metadata?: string
}

export interface CommitLimits {
  readonly deadline: Deadline
  /** Whether the member has the partition still. */
  readonly isOwn: (partition: TopicPartition) => boolean
}

export interface CommittedOffset extends Position {
  readonly metadata: string
}

/** Topics are named: ids come with versions that we do not need. */
const commitVersions = [offsetCommit.versions[0], 9] as const
const fetchVersions = [offsetFetch.versions[0], 9] as const

/** For so long a commit is tried whose topics the coordinator does not know. */
const unknownMsMax = 1000

/** The member is in another epoch than it knows of; of the classic protocol, in a generation that is being made. */
const staleCodes: ReadonlySet<string> = new Set([
  ...['STALE_MEMBER_EPOCH', 'FENCED_MEMBER_EPOCH'],
  ...['ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS'],
])

export class CommittedOffsets {
  readonly #coordinator: Coordinator
  readonly #groupId: string

  constructor(coordinator: Coordinator, groupId: string) {
    this.#coordinator = coordinator
    this.#groupId = groupId
  }

  /**
   * Rejects with KafkaError: what the coordinator says of the group, or of the first partition that it does not take. Where the member is
   * in another epoch, or about to be, it commits once more in that; what is not its own any more it does not.
   */
  async commit(
    offsets: readonly OffsetToCommit[],
    member: MemberName,
    { deadline, isOwn }: CommitLimits,
  ): Promise<void> {
    let own = offsets
    while (own.length > 0 && (await this.#isStale(own, member, deadline))) own = offsets.filter(isOwn)
    if (own.length === offsets.length) return
    const names = without(offsets, own).map(({ topic, partition }) => `${topic}-${partition}`)
    throw new KafkaError('ILLEGAL_GENERATION', `group '${this.#groupId}' has given ${names.join(', ')} to others`)
  }

  /** False: it is committed. True: it is not, and the member is in another epoch. Rejects with KafkaError. */
  async #isStale(offsets: readonly OffsetToCommit[], member: MemberName, deadline: Deadline): Promise<boolean> {
    const { memberId, epoch } = member
    if (memberId !== '' && epoch < 0) {
      throw new KafkaError('UNKNOWN_MEMBER_ID', `group '${this.#groupId}' goes on without this member`)
    }
    try {
      await this.#commitOnce(offsets, { ...member, memberId, epoch }, deadline)
      return false
    } catch (error) {
      const isStale = error instanceof KafkaError && staleCodes.has(error.code)
      if (!isStale || member.epochBehind === undefined) throw error
      if (!(await deadline.within(member.epochBehind(epoch)))) throw error
      return true
    }
  }

  async #commitOnce(offsets: readonly OffsetToCommit[], member: MemberName, deadline: Deadline): Promise<void> {
    const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, them]) => ({
      name,
      partitions: them.map(({ partition, offset, leaderEpoch, metadata = '' }) => ({
        partitionIndex: partition,
        committedOffset: BigInt(offset),
        committedLeaderEpoch: leaderEpoch,
        committedMetadata: metadata,
      })),
    }))
    const request = offsetCommit.request.create({
      groupId: this.#groupId,
      memberId: member.memberId,
      generationIdOrMemberEpoch: member.epoch,
      groupInstanceId: member.groupInstanceId,
      topics,
    })
    await this.#coordinator.ask(offsetCommit, request, {
      deadline,
      versions: commitVersions,
      errorOf: errorOfCommit(deadline),
    })
  }

  /** In the order of `partitions`; undefined: nothing was committed. Rejects with KafkaError. */
  async fetch(
    partitions: readonly TopicPartition[],
    member: MemberName,
    deadline: Deadline,
  ): Promise<readonly (CommittedOffset | undefined)[]> {
    if (partitions.length === 0) return []
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, them]) => ({
      name,
      partitionIndexes: them.map(({ partition }) => partition),
    }))
    const { memberId, epoch } = member
    const request = offsetFetch.request.create({
      groupId: this.#groupId,
      topics,
      groups: [{ groupId: this.#groupId, topics, ...(epoch >= 0 && { memberId, memberEpoch: epoch }) }],
      requireStable: true,
    })
    const response = await this.#coordinator.ask(offsetFetch, request, {
      deadline,
      versions: fetchVersions,
      errorOf: errorOfFetch,
    })
    const told = new Map<string, CommittedOffset>()
    for (const { name, partitions: them } of topicsOf(response)) {
      for (const { partitionIndex, committedOffset, committedLeaderEpoch, metadata } of them) {
        if (committedOffset < 0n) continue
        if (committedOffset > BigInt(Number.MAX_SAFE_INTEGER)) {
          throw new KafkaError('OFFSET_OUT_OF_RANGE', `${name}-${partitionIndex}: ${committedOffset} was committed`)
        }
        const offset = Number(committedOffset)
        told.set(`${name} ${partitionIndex}`, { offset, leaderEpoch: committedLeaderEpoch, metadata: metadata ?? '' })
      }
    }
    return partitions.map(({ topic, partition }) => told.get(`${topic} ${partition}`))
  }
}

/** Coordinators may not have heard yet of a topic that is new; one that was deleted they will not know again. */
function errorOfCommit(deadline: Deadline): (response: OffsetCommitResponse) => number {
  let unknownFromMs: number | undefined
  return (response) => {
    const errorCode = firstError(response)
    if (errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) return errorCode
    unknownFromMs ??= deadline.leftMs
    if (unknownFromMs - deadline.leftMs > unknownMsMax) throw KafkaError.of(errorCode, 'offsets of a topic')
    return errorCode
  }
}

function firstError({ topics }: OffsetCommitResponse): number {
  for (const { partitions } of topics) {
    for (const { errorCode } of partitions) if (errorCode !== ErrorCode.NONE) return errorCode
  }
  return ErrorCode.NONE
}

/** Those of one group, in the form of whatever version. */
const topicsOf = ({ topics, groups }: OffsetFetchResponse) => groups[0]?.topics ?? topics

function errorOfFetch(response: OffsetFetchResponse): number {
  const ofGroup = response.groups[0]?.errorCode ?? response.errorCode
  if (ofGroup !== ErrorCode.NONE) return ofGroup
  for (const { partitions } of topicsOf(response)) {
    for (const { errorCode } of partitions) if (errorCode !== ErrorCode.NONE) return errorCode
  }
  return ErrorCode.NONE
}
