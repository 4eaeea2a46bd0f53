/**
 * The way of a living group from the classic protocol to the consumer protocol, when its first member speaks that, and
 * back, when its last member that spoke it is gone (KIP-848, `group.consumer.migration.policy`).
 */
import { ApiError, MalformedError } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ShardContext } from '../shard-context.ts'
import type { Assignment } from './assignors/assignor.ts'
import { ClassicGroup } from './classic-group.ts'
import type { ClassicGroups } from './classic-groups.ts'
import type { Followed, MemberMigration } from './classic-in-consumer.ts'
import { ClassicMember } from './classic-member.ts'
import { consumerProtocolType, writeAssignment } from './consumer-bytes.ts'
import { memberEvent } from './consumer-events.ts'
import { groupTombstones } from './consumer-exits.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, isReconciledTo } from './consumer-member.ts'
import type { ConsumerProtocol, Done } from './consumer-protocol.ts'
import type { ConsumerTopics } from './consumer-topics.ts'
import type { RebalanceCause } from './group-event.ts'
import type { GroupEvents, Reported } from './group-events.ts'
import { type ClassicGroupRecord, classicGroupRecord, type GroupRecord } from './group-record.ts'
import type { Rebalance } from './rebalance.ts'
import { UnsupportedUserDataError, upgradeRecords } from './upgrade.ts'

export type MigrationPolicy = 'DISABLED' | 'DOWNGRADE' | 'UPGRADE' | 'BIDIRECTIONAL'

export interface MigrationConfig {
  readonly migrationPolicy: MigrationPolicy
  /** `group.max.size` and `group.consumer.max.size`. */
  readonly classicSizeMax: number
  readonly consumerSizeMax: number
}

export interface MigrationOptions {
  readonly context: ShardContext<GroupRecord>
  readonly config: () => MigrationConfig
  readonly topics: ConsumerTopics
  readonly classics: ClassicGroups
  readonly rebalance: Rebalance
  /** Asked for when it is there: it is made with this. */
  readonly protocol: () => ConsumerProtocol
  readonly events: GroupEvents
}

/** A consumer group to decide on; what makes it one is not written yet. */
export interface OpenGroup {
  readonly group: ConsumerGroup
  /** To be written before anything else of the group. */
  readonly records: readonly GroupRecord[]
  /** To be told before whatever is decided. */
  readonly news: Reported | undefined
  /** What was decided is about to be written. */
  readonly begin: () => void
  readonly written: () => void
  /** It was not written after all. */
  readonly undo: (errorCode: number) => void
}

export class Migration implements MemberMigration {
  readonly #options: MigrationOptions

  constructor(options: MigrationOptions) {
    this.#options = options
  }

  // ---- to the consumer protocol

  /** A classic group as a consumer group. Throws GROUP_ID_NOT_FOUND where it cannot be one. */
  upgrade(classic: ClassicGroup): OpenGroup {
    const { groupId } = classic
    this.#checkUpgrade(classic)
    const { topics, protocol } = this.#options
    const consumerRecords = recordsFor(classic, topics)
    const group = ConsumerGroup.of(groupId, consumerRecords)
    const open = this.replace(classic, group)
    return {
      ...open,
      records: [...open.records, ...consumerRecords],
      news: migrated(group, 'classic', group.size),
      begin: () => {
        open.begin()
        for (const { memberId, classic: classicMember } of group.members()) {
          protocol().timers.start('session', { groupId, memberId }, classicMember?.sessionTimeoutMs ?? 0)
        }
      },
      undo: (errorCode) => {
        for (const { memberId } of group.members()) protocol().timers.cancelAll({ groupId, memberId })
        open.undo(errorCode)
      },
    }
  }

  /** An empty classic group makes room for a consumer group. */
  replace(classic: ClassicGroup, group: ConsumerGroup): OpenGroup {
    let taken: ReturnType<ClassicGroups['take']> | undefined
    return {
      group,
      records: [{ kind: 'classic-group', groupId: classic.groupId, value: null }],
      news: this.#replaced(classic, group),
      begin: () => {
        taken = this.#options.classics.take(classic)
      },
      written: () => taken?.forget(),
      undo: (errorCode) => taken?.giveBack(errorCode),
    }
  }

  #checkUpgrade(classic: ClassicGroup): void {
    const { migrationPolicy, consumerSizeMax } = this.#options.config()
    if (migrationPolicy === 'DISABLED' || migrationPolicy === 'DOWNGRADE') {
      throw cannotUpgrade(classic, 'online upgrade is disabled')
    }
    if (classic.protocolType !== consumerProtocolType) {
      throw cannotUpgrade(classic, 'the group does not use the consumer embedded protocol')
    }
    if (classic.size > consumerSizeMax) {
      throw cannotUpgrade(classic, 'the group size exceeds the consumer group maximum size')
    }
  }

  // ---- to the classic protocol

  /** Whether the group goes on as a classic one without `leaving`. */
  mustDowngrade(group: ConsumerGroup, leaving: readonly ConsumerMember[]): boolean {
    const leavingClassic = leaving.filter(({ classic }) => classic !== null).length
    const left = group.size - leaving.length
    return left > 0 && group.classicSize - leavingClassic === left && this.#mayDowngrade(left)
  }

  mustFollow(group: ConsumerGroup, replaced: ConsumerMember): boolean {
    const isLast = replaced.classic === null && group.classicSize === group.size - 1
    return isLast && this.#mayDowngrade(group.size)
  }

  #mayDowngrade(size: number): boolean {
    const { migrationPolicy, classicSizeMax } = this.#options.config()
    return (migrationPolicy === 'DOWNGRADE' || migrationPolicy === 'BIDIRECTIONAL') && size <= classicSizeMax
  }

  /** Without `leaving`, of whom one at least is there: the members that stay are assigned anew. */
  downgrade(group: ConsumerGroup, leaving: readonly ConsumerMember[], done: Done): void {
    const [first] = leaving
    const stay = [...group.members()].filter((member) => !leaving.includes(member))
    const members = stay.map((member) => ({ member, target: group.target(member.memberId) }))
    const cause = first && ({ kind: 'member-removed', member: memberEvent(first) } as const)
    this.#goOn({ group, members, before: [], tombstones: groupTombstones(group), cause, done })
  }

  /** With `joining` in the place of the static member that was the last of the consumer protocol. */
  follow(group: ConsumerGroup, { joining, records, isStale }: Followed, done: Done): void {
    const replaced = group.staticMember(joining.instanceId)
    const others = [...group.members()].filter((member) => member !== replaced)
    const members = [
      ...others.map((member) => ({ member, target: group.target(member.memberId) })),
      { member: joining, target: group.targetOf(joining) },
    ]
    const tombstones = groupTombstones(group, replaced && { memberId: replaced.memberId, by: joining.memberId })
    // Who is still on its way has been told less, or more, than its assignment is.
    const isSettled = !isStale && [...others, joining].every((it) => isReconciledTo(it, group.assignmentEpoch))
    const cause = isSettled ? undefined : ({ kind: 'migrated', from: 'consumer' } as const)
    this.#goOn({ group, members, before: records, tombstones, cause, done })
  }

  #goOn({ group, members, before, tombstones, cause, done }: Downgrade): void {
    const { groupId } = group
    const { context, classics, rebalance, protocol } = this.#options
    const consumers = [...group.members()]
    const classic = classicOf(group, members, { nowMs: context.nowMs(), topics: this.#options.topics })
    for (const { memberId } of consumers) protocol().timers.cancelAll({ groupId, memberId })
    this.#options.events.report(migrated(group, 'consumer', classic.size))
    classics.put(classic)
    const stored = classicGroupRecord(classic, context.nowMs())
    context.append({
      records: [...before, ...tombstones, cause === undefined ? stored : withoutLeader(stored)],
      committed: done.committed,
      failed: done.failed,
      settled: (errorCode) => {
        if (errorCode === ErrorCode.NONE) return
        const change = { kind: 'not-stored', what: 'that it is a classic group', errorCode } as const
        this.#options.events.report({ groupId, epoch: group.epoch, change })
        classics.end(classic, errorCode)
        for (const { memberId } of consumers) protocol().resume(groupId, memberId)
      },
    })
    if (cause !== undefined) rebalance.start(classic, cause)
  }

  #replaced(classic: ClassicGroup, group: ConsumerGroup): Reported | undefined {
    // Of an id that was given out nobody has heard.
    if (!this.#options.classics.isStored(classic)) return undefined
    return { ...migrated(group, 'classic', 0), epoch: classic.generationId, epochAfter: group.epoch }
  }
}

function migrated({ groupId, epoch }: ConsumerGroup, from: 'classic' | 'consumer', memberCount: number): Reported {
  const to = from === 'classic' ? 'consumer' : 'classic'
  return { groupId, epoch, change: { kind: 'migration', from, to, memberCount } }
}

interface Placed {
  readonly member: ConsumerMember
  readonly target: Assignment
}

interface Downgrade {
  readonly group: ConsumerGroup
  readonly members: readonly Placed[]
  readonly before: readonly GroupRecord[]
  readonly tombstones: readonly GroupRecord[]
  /** Why the group rebalances at once; undefined: it does not. */
  readonly cause: RebalanceCause | undefined
  readonly done: Done
}

const cannotUpgrade = ({ groupId }: ClassicGroup, why: string): ApiError =>
  new ApiError(
    ErrorCode.GROUP_ID_NOT_FOUND,
    `Cannot upgrade classic group ${groupId} to consumer group because ${why}.`,
  )

function recordsFor(classic: ClassicGroup, topics: ConsumerTopics) {
  try {
    return upgradeRecords(classic, topics)
  } catch (error) {
    if (error instanceof UnsupportedUserDataError) {
      throw cannotUpgrade(
        classic,
        'an unsupported custom assignor is in use. Please refer to the documentation or switch to a default assignor before re-attempting the upgrade',
      )
    }
    if (!(error instanceof MalformedError)) throw error
    throw cannotUpgrade(classic, 'the embedded consumer protocol is malformed')
  }
}

/**
 * Whoever loads the group before the rebalance is over begins it again. Kafka, where nothing of it is stored, takes such a
 * group for a stable one whose first member leads.
 */
const withoutLeader = ({ value, ...record }: ClassicGroupRecord): ClassicGroupRecord => ({
  ...record,
  value: value && { ...value, leaderId: null },
})

/** The group as members of the classic protocol know it: its epoch is their generation. */
function classicOf(
  { groupId, epoch }: ConsumerGroup,
  members: readonly Placed[],
  { nowMs, topics }: { readonly nowMs: number; readonly topics: ConsumerTopics },
): ClassicGroup {
  const group = new ClassicGroup(groupId, nowMs)
  for (const { member } of members) {
    const known = new ClassicMember({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.classic?.sessionTimeoutMs ?? 0,
      protocols: member.classic?.protocols ?? [],
    })
    known.isNew = false
    group.add(known, consumerProtocolType)
  }
  const protocolName = group.selectProtocol()
  group.restore({
    protocolType: consumerProtocolType,
    generationId: epoch,
    protocolName,
    leaderId: group.leaderId ?? null,
    stateTimestampMs: nowMs,
  })
  for (const { member, target } of members) {
    const known = group.member(member.memberId)
    if (known === undefined) continue
    known.assignment = writeAssignment(known.metadataOf(protocolName), target, (id) => topics.nameOf(id))
  }
  return group
}
