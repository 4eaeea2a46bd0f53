/** Who may commit and fetch the offsets of a group, and which of its topics are in use: by kind of group. */
import { ApiError } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ClassicGroups } from './classic-groups.ts'
import type { ClassicProtocol } from './classic-protocol.ts'
import { consumerProtocolType } from './consumer-bytes.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerGroups } from './consumer-groups.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { memberOf } from './consumer-protocol.ts'
import type { ConsumerTopics } from './consumer-topics.ts'
import type { ForeignGroups } from './foreign-groups.ts'
import type { OffsetOwners } from './group-offsets.ts'
import type { CommitRequest, FetchOffsetsRequest, OffsetToCommit } from './group-requests.ts'
import { subscribedTopics } from './subscription.ts'

export interface OffsetAccessOptions {
  readonly classics: ClassicGroups
  readonly consumers: ConsumerGroups
  readonly foreign: ForeignGroups
  readonly classicProtocol: ClassicProtocol
  readonly topics: ConsumerTopics
}

export class OffsetAccess implements OffsetOwners {
  readonly #options: OffsetAccessOptions

  constructor(options: OffsetAccessOptions) {
    this.#options = options
  }

  checkCommit(request: CommitRequest): void {
    const { groupId, generationId } = request
    const { classics, consumers, classicProtocol } = this.#options
    if (this.#isForeign(request)) return
    const consumer = consumers.get(groupId)
    if (consumer !== undefined) {
      this.#checkConsumerCommit(consumer, request)
      return
    }
    // A client without a generation may commit for a group that nobody has joined; any other needs the group.
    if (!classics.has(groupId) && generationId >= 0) {
      const code = request.knowsEpochs ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION
      throw new ApiError(code, `Group ${groupId} not found.`)
    }
    classicProtocol.checkCommit(classics.getOrMake(groupId), request, generationId)
  }

  /** True for a group of another kind for which anybody may commit. Throws ApiError. */
  #isForeign({ groupId, memberId, generationId }: CommitRequest): boolean {
    const foreign = this.#options.foreign.get(groupId)
    if (foreign === undefined) return false
    if (foreign.kind === 'unreadable') throw laterVersion(groupId)
    if (foreign.kind === 'share') throw noGroup(groupId, 'is a share group and has no offsets of this kind')
    if (!foreign.hasMembers && generationId < 0 && memberId === '') return true
    throw new ApiError(ErrorCode.UNKNOWN_MEMBER_ID, `group ${groupId} is a ${foreign.kind} group: its members commit`)
  }

  /** A member that is behind may still commit for what it has had since (KIP-1251). */
  #checkConsumerCommit(group: ConsumerGroup, request: CommitRequest): void {
    const { memberId, generationId: epoch, knowsEpochs, offsets } = request
    if (epoch < 0 && group.size === 0) return
    const member = memberOf(group, memberId)
    if (member.classic === null && !knowsEpochs) {
      throw new ApiError(
        ErrorCode.UNSUPPORTED_VERSION,
        'OffsetCommit version 9 or above must be used by members using the consumer group protocol',
      )
    }
    if (epoch === member.memberEpoch) return
    if (epoch > member.memberEpoch) {
      throw stale(member, `epoch ${epoch} is newer than the member's epoch ${member.memberEpoch}`)
    }
    for (const offset of offsets) this.#checkAssigned(member, epoch, offset)
  }

  #checkAssigned(member: ConsumerMember, epoch: number, { topic, topicId, partition }: OffsetToCommit): void {
    const id = this.#options.topics.idOf(topic) ?? topicId
    const since = member.assigned.get(id)?.get(partition) ?? member.revoking.get(id)?.get(partition)
    if (since === undefined) throw stale(member, `partition ${topic}-${partition} is not the member's`)
    if (epoch < since) throw stale(member, `partition ${topic}-${partition} is the member's since epoch ${since}`)
  }

  checkFetch({ groupId, memberId, memberEpoch }: FetchOffsetsRequest): void {
    const foreign = this.#options.foreign.get(groupId)
    if (foreign?.kind === 'unreadable') throw laterVersion(groupId)
    const saysWho = memberId !== null || memberEpoch >= 0
    if (!saysWho) return
    if (foreign !== undefined && foreign.kind !== 'share') {
      throw new ApiError(ErrorCode.UNKNOWN_MEMBER_ID, `${memberId} is not a member of group ${groupId}`)
    }
    const group = this.#options.consumers.shown(groupId)
    if (group === undefined) return
    const member = group.committed.members.get(memberId ?? '')
    if (member === undefined) {
      throw new ApiError(ErrorCode.UNKNOWN_MEMBER_ID, `Member ${memberId} is not a member of group ${groupId}.`)
    }
    if (member.memberEpoch !== memberEpoch) {
      throw stale(member, `epoch ${memberEpoch} is not the member's epoch ${member.memberEpoch}`)
    }
  }

  subscriptionOf(groupId: string): (topic: string) => boolean {
    const { foreign: others, consumers, classics } = this.#options
    const foreign = others.get(groupId)
    if (foreign?.kind === 'unreadable') throw laterVersion(groupId)
    if (foreign?.kind === 'share') throw noGroup(groupId, 'is a share group and has no offsets of this kind')
    if (foreign !== undefined) return () => foreign.hasMembers
    const consumer = consumers.get(groupId)
    if (consumer !== undefined) return (topic) => consumer.subscriptions.hasTopic(topic)
    const group = classics.get(groupId)
    if (group === undefined) throw noGroup(groupId, 'does not exist')
    if (group.state === 'empty') return () => false
    if (group.protocolType !== consumerProtocolType) {
      throw new ApiError(ErrorCode.NON_EMPTY_GROUP, `group ${groupId} has members that are no consumers`)
    }
    const topics = subscribedTopics(group)
    return (topic) => topics?.has(topic) ?? true
  }

  forgetIfUnused(groupId: string): void {
    const group = this.#options.classics.get(groupId)
    if (group !== undefined) this.#options.classics.forgetIfUnused(group)
  }
}

const noGroup = (groupId: string, why: string): ApiError =>
  new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, `group ${groupId} ${why}`)

/** Saying that there is no offset would make a consumer begin anew: better that it stops. */
const laterVersion = (groupId: string): ApiError =>
  new ApiError(ErrorCode.UNSUPPORTED_VERSION, `group ${groupId} was written by a later version`)

const stale = ({ classic }: ConsumerMember, why: string): ApiError =>
  new ApiError(classic === null ? ErrorCode.STALE_MEMBER_EPOCH : ErrorCode.ILLEGAL_GENERATION, why)
