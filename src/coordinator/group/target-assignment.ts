/** A new assignment for a consumer group: who is to own what, by a server-side assignor, as records. */
import type { Uuid } from '../../base/index.ts'
import {
  type Assignment,
  type Assignor,
  type MemberSpec,
  sameAssignment,
  type TopicDescriber,
} from './assignors/assignor.ts'
import { type ConsumerGroup, noTarget } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import type { ConsumerRecord } from './consumer-record.ts'

export interface AssignmentOptions {
  readonly group: ConsumerGroup
  readonly assignor: Assignor
  /** Of the group, once what is being decided is written. */
  readonly epoch: number
  readonly isHomogeneous: boolean
  /** A member that joins, or has changed; it takes the place of one with its instance id. */
  readonly updated: ConsumerMember
  readonly topicIdsOf: (member: ConsumerMember) => ReadonlySet<Uuid>
  readonly topics: TopicDescriber
  readonly nowMs: number
}

export interface NewAssignment {
  readonly records: readonly ConsumerRecord[]
  /** Of the member that joins or has changed. */
  readonly target: Assignment
  readonly memberCount: number
  readonly partitionCount: number
}

/** Throws AssignorError. */
export function assign(options: AssignmentOptions): NewAssignment {
  const { group, assignor, epoch, isHomogeneous, updated, topics, nowMs } = options
  const { groupId } = group
  const members = specs(options)
  const targets = assignor.assign({ members, isHomogeneous }, topics)
  const records: ConsumerRecord[] = []
  let partitionCount = 0
  for (const memberId of members.keys()) {
    const target = targets.get(memberId) ?? noTarget
    for (const partitions of target.values()) partitionCount += partitions.size
    const isKept = group.hasTarget(memberId) && sameAssignment(group.target(memberId), target)
    if (!isKept) records.push({ kind: 'consumer-target', groupId, memberId, value: target })
  }
  records.push({ kind: 'consumer-target-epoch', groupId, value: { epoch, timestampMs: nowMs } })
  const target = targets.get(updated.memberId) ?? noTarget
  return { records, target, memberCount: members.size, partitionCount }
}

function specs({ group, updated, topicIdsOf }: AssignmentOptions): ReadonlyMap<string, MemberSpec> {
  const replaced = group.staticMember(updated.instanceId)
  const members = new Map<string, MemberSpec>()
  for (const member of group.members()) {
    if (member.memberId === replaced?.memberId || member.memberId === updated.memberId) continue
    members.set(member.memberId, specOf(member, topicIdsOf(member), group.target(member.memberId)))
  }
  const assignment = group.target(replaced?.memberId ?? updated.memberId)
  members.set(updated.memberId, specOf(updated, topicIdsOf(updated), assignment))
  return members
}

const specOf = (
  { memberId, instanceId }: ConsumerMember,
  topicIds: ReadonlySet<Uuid>,
  assignment: Assignment,
): MemberSpec => ({ memberId, instanceId, topicIds, assignment })
