/**
 * What one request of one member changes in a consumer group (KIP-848), step by step: its subscription, the group's
 * epoch with it, the assignment, and the member's own way to it. Gathers records; nothing is changed before these are
 * replayed.
 */
import { ApiError, shortened } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import { type Assignment, type Assignor, AssignorError } from './assignors/assignor.ts'
import { memberEvent } from './consumer-events.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import {
  type ConsumerMember,
  isReconciledTo,
  progressOf,
  sameNames,
  sameSubscription,
  subscriptionOf,
} from './consumer-member.ts'
import type { ConsumerRecord } from './consumer-record.ts'
import type { ConsumerTopics } from './consumer-topics.ts'
import { quoted, type RebalanceCause } from './group-event.ts'
import type { GroupEvents } from './group-events.ts'
import { hashMapOrder } from './java-hash.ts'
import { type ReportedPartitions, reconcile } from './reconciliation.ts'
import { regexError } from './regular-expressions.ts'
import type { Subscriptions } from './subscriptions.ts'
import { assign, type NewAssignment } from './target-assignment.ts'

export interface MemberChangeOptions {
  readonly group: ConsumerGroup
  /** As it is known; new where it joins. */
  readonly member: ConsumerMember
  /** As its request makes it. */
  readonly updated: ConsumerMember
  readonly topics: ConsumerTopics
  /** The first one is taken where no member has a wish. */
  readonly assignors: readonly Assignor[]
  /** `consumer.assignment.interval.ms` of the group. */
  readonly assignmentIntervalMs: number
  readonly context: Pick<ShardContext<never>, 'nowMs' | 'monotonicMs'>
  readonly events: GroupEvents
}

export class MemberChange {
  readonly records: ConsumerRecord[] = []
  readonly #options: MemberChangeOptions
  #member: ConsumerMember
  #epoch: number
  #after: Subscriptions | undefined
  #hasSubscriptionChanged = false
  /** The expression of the member is one that nobody else has, and is to be resolved. */
  hasNewRegex = false

  constructor(options: MemberChangeOptions) {
    this.#options = options
    this.#member = options.updated
    this.#epoch = options.group.epoch
  }

  /** Of the group, with what was decided here. */
  get epoch(): number {
    return this.#epoch
  }

  get member(): ConsumerMember {
    return this.#member
  }

  // ---- subscription

  /** Throws INVALID_REGULAR_EXPRESSION. */
  subscribe(): void {
    const { group, member, updated } = this.#options
    const { groupId } = group
    const { memberId } = updated
    if (member !== updated && !sameSubscription(member, updated)) {
      this.records.push({ kind: 'consumer-member', groupId, memberId, value: subscriptionOf(updated) })
    }
    const haveNamesChanged = !sameNames(member.topicNames, updated.topicNames)
    const isRegexResolved = this.#changeRegex()
    if (member.topicRegex !== updated.topicRegex && updated.topicRegex !== '') this.#reportRegex()
    this.#hasSubscriptionChanged = haveNamesChanged || member.topicRegex !== updated.topicRegex
    const mustBump = haveNamesChanged || isRegexResolved
    if (mustBump || group.mustLookAtMetadata) this.#lookAtMetadata(mustBump)
  }

  /** True if what the member's expression stands for is known already, or it has none any more. */
  #changeRegex(): boolean {
    const { group, member, updated } = this.#options
    const [before, after] = [member.topicRegex, updated.topicRegex]
    if (before === after) return false
    if (before !== '' && group.subscriptions.membersWithRegex(before) === 1) {
      this.records.push({ kind: 'consumer-regex', groupId: group.groupId, regex: before, value: null })
    }
    if (after === '') return true
    if (group.subscriptions.membersWithRegex(after) > 0) return group.resolvedRegex(after) !== undefined
    const wrong = regexError(after)
    if (wrong !== undefined) {
      throw new ApiError(
        ErrorCode.INVALID_REGULAR_EXPRESSION,
        `SubscribedTopicRegex \`${shortened(after)}\` is not a valid regular expression: ${wrong}.`,
      )
    }
    this.hasNewRegex = true
    return false
  }

  #reportRegex(): void {
    const { group, updated, events } = this.#options
    const { groupId, epoch } = group
    const [member, regex, joins] = [memberEvent(updated), quoted(updated.topicRegex), this.#known === undefined]
    events.report({ groupId, epoch, change: { kind: 'regex-subscribed', member, regex, joins } })
  }

  /** A new epoch of the group, if its topics are other ones than its epoch stands for. */
  #lookAtMetadata(mustBump: boolean): void {
    const { group, topics, events } = this.#options
    const { groupId, epoch } = group
    const known = this.#known
    const metadataHash = topics.hashOf(this.#subscriptions.topics())
    if (mustBump || metadataHash !== group.metadataHash) {
      this.#epoch++
      this.records.push({ kind: 'consumer-epoch', groupId, value: { epoch: this.#epoch, metadataHash } })
      const memberCount = group.size + (known === undefined ? 1 : 0)
      const cause = this.#cause(known, mustBump)
      events.report({ groupId, epoch, epochAfter: this.#epoch, change: { kind: 'rebalance', cause, memberCount } })
    }
    group.metadataLookedAt(this.#epoch)
    if (group.hasStoredMetadata) this.records.push({ kind: 'consumer-metadata', groupId, value: null })
  }

  /** The member as the group has it; a static one perhaps under another id. */
  get #known(): ConsumerMember | undefined {
    const { group, member, updated } = this.#options
    return group.member(member.memberId) ?? group.staticMember(updated.instanceId)
  }

  /** Of the group, with what the member asks for now. */
  get #subscriptions(): Subscriptions {
    const { group, member, updated } = this.#options
    if (member === updated && this.#known !== undefined) return group.subscriptions
    this.#after ??= this.#subscriptionsAfter()
    return this.#after
  }

  #subscriptionsAfter(): Subscriptions {
    const { group, member, updated } = this.#options
    const after = group.subscriptions.copy()
    after.memberChanged(this.#known, updated)
    const isLastOfRegex = member.topicRegex !== '' && after.membersWithRegex(member.topicRegex) === 0
    if (isLastOfRegex) after.regexChanged(group.resolvedRegex(member.topicRegex), undefined)
    return after
  }

  #cause(known: ConsumerMember | undefined, mustBump: boolean): RebalanceCause {
    if (!mustBump) return { kind: 'topics-changed' }
    const { updated } = this.#options
    const member = memberEvent(updated)
    if (known === undefined) return { kind: 'member-joined', member, reason: '' }
    if (known.memberId === updated.memberId) return { kind: 'subscription-changed', member }
    return { kind: 'member-returned', member, replacedMemberId: quoted(known.memberId) }
  }

  // ---- assignment

  /** The newest assignment: of the group's epoch if it may be computed now, else the last one. */
  assign(): { readonly epoch: number; readonly target: Assignment } {
    const { group, updated, assignmentIntervalMs, context } = this.#options
    const { assignmentEpoch, assignmentTimestampMs } = group
    const agoMs = context.nowMs() - assignmentTimestampMs
    // A time that is still to come: the clock was set back, and says nothing of how long ago that was.
    const isDue = assignmentTimestampMs === 0 || agoMs >= assignmentIntervalMs || agoMs < 0
    if (assignmentEpoch >= this.#epoch || !isDue) return { epoch: assignmentEpoch, target: group.targetOf(updated) }
    return { epoch: this.#epoch, target: this.#compute() }
  }

  #compute(): Assignment {
    const { group, updated, topics, context } = this.#options
    const assignor = this.#preferredAssignor()
    const startMs = context.monotonicMs()
    try {
      const computed = assign({
        group,
        assignor,
        updated,
        epoch: this.#epoch,
        isHomogeneous: this.#subscriptions.isHomogeneous,
        topicIdsOf: (member) => topics.idsOfMember(group, member),
        topics: topics.describer,
        nowMs: context.nowMs(),
      })
      for (const record of computed.records) this.records.push(record)
      this.#reportAssignment(computed, assignor, context.monotonicMs() - startMs)
      return computed.target
    } catch (error) {
      if (!(error instanceof AssignorError)) throw error
      const message = `Failed to compute a new target assignment for epoch ${this.#epoch}: ${error.message}`
      throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, message)
    }
  }

  #reportAssignment({ memberCount, partitionCount }: NewAssignment, { name }: Assignor, tookMs: number): void {
    const { group, events } = this.#options
    events.report({
      groupId: group.groupId,
      epoch: group.assignmentEpoch,
      epochAfter: this.#epoch,
      change: { kind: 'assignment-computed', assignor: name, memberCount, partitionCount, tookMs },
    })
  }

  /** That which most members wish for. */
  #preferredAssignor(): Assignor {
    const { group, updated, assignors } = this.#options
    const wishes = group.assignors.copy()
    const known = this.#known
    if (known?.serverAssignor != null) wishes.add(known.serverAssignor, -1)
    if (updated.serverAssignor !== null) wishes.add(updated.serverAssignor, 1)
    return preferredAssignor(wishes.entries(), assignors)
  }

  // ---- the member's way

  /** Throws FENCED_MEMBER_EPOCH. */
  reconcile(epoch: number, target: Assignment, reported: readonly ReportedPartitions[] | null): void {
    const { group, updated, topics } = this.#options
    if (!this.#hasSubscriptionChanged && isReconciledTo(updated, epoch)) return
    const next = reconcile({
      member: updated,
      targetEpoch: epoch,
      target,
      reported,
      hasSubscriptionChanged: this.#hasSubscriptionChanged,
      topicIds: topics.idsOfMember(group, updated),
      owners: group.owners,
    })
    if (next === updated) return
    this.#member = next
    const { groupId } = group
    this.records.push({ kind: 'consumer-current', groupId, memberId: next.memberId, value: progressOf(next) })
  }
}

/** That with the most wishes; of several, the first in the order of Java, or a group would change with its coordinator. */
export function preferredAssignor(
  wishes: Iterable<readonly [string, number]>,
  assignors: readonly Assignor[],
): Assignor {
  const counts = new Map(wishes)
  const most = Math.max(...counts.values())
  const best = hashMapOrder(counts.keys()).find((name) => counts.get(name) === most)
  const assignor = assignors.find(({ name }) => name === best) ?? assignors[0]
  if (assignor === undefined) throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, 'no assignor is configured')
  return assignor
}
