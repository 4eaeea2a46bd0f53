/** A classic group of consumers as a group of the consumer protocol: the records that make it one. */
import { getOrInsert, type Uuid } from '../../base/index.ts'
import type { Assignment } from './assignors/assignor.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { ClassicMember } from './classic-member.ts'
import { readAssignment, readSubscription } from './consumer-bytes.ts'
import { type ConsumerMember, noPartitions, progressOf, sortedNames, subscriptionOf } from './consumer-member.ts'
import type { ConsumerRecord } from './consumer-record.ts'
import type { ConsumerTopics } from './consumer-topics.ts'

/** An assignor of the members' own keeps data in the assignment, which nobody would keep from here on. */
export class UnsupportedUserDataError extends Error {
  override readonly name = 'UnsupportedUserDataError'
}

type UpgradeTopics = Pick<ConsumerTopics, 'idOf' | 'hashOf'>

/**
 * Its generation is the epoch of the group, of its assignment and of its members. In the middle of a rebalance the group is
 * one ahead: what its members have, or have not, is no assignment of theirs, and another one is to be computed whoever
 * comes. Throws MalformedError, or UnsupportedUserDataError.
 */
export function upgradeRecords(classic: ClassicGroup, topics: UpgradeTopics): readonly ConsumerRecord[] {
  const { groupId, generationId: epoch } = classic
  const all = classic.members()
  const protocolName = protocolOf(classic)
  const members = all.map((member) => {
    const target = targetOf(member, topics)
    return { target, member: consumerMember(member, { epoch, protocolName, target }) }
  })
  const groupEpoch = classic.state === 'stable' ? epoch : epoch + 1
  const names = new Set(members.flatMap(({ member }) => member.topicNames))
  const record = <K extends ConsumerRecord['kind']>(kind: K, memberId: string) => ({ kind, groupId, memberId })
  return [
    ...members.map(({ member }) => ({
      ...record('consumer-member', member.memberId),
      value: subscriptionOf(member),
    })),
    { kind: 'consumer-epoch', groupId, value: { epoch: groupEpoch, metadataHash: topics.hashOf(names) } },
    ...members.map(({ member, target }) => ({ ...record('consumer-target', member.memberId), value: target })),
    { kind: 'consumer-target-epoch', groupId, value: { epoch, timestampMs: 0 } },
    ...members.map(({ member }) => ({ ...record('consumer-current', member.memberId), value: progressOf(member) })),
  ]
}

/** Where its first members still wait for each other, or one comes that has not what the others had, what all offer. */
function protocolOf(classic: ClassicGroup): string {
  const { protocolName } = classic
  if (classic.size === 0) return ''
  const isOfAll = protocolName !== null && classic.commonProtocols().has(protocolName)
  return isOfAll ? protocolName : classic.selectProtocol()
}

function targetOf({ assignment }: ClassicMember, topics: UpgradeTopics): Assignment {
  if (assignment.length === 0) return new Map()
  const { assignedPartitions, userData } = readAssignment(assignment)
  if (userData !== null && userData.length > 0) throw new UnsupportedUserDataError()
  const target = new Map<Uuid, Set<number>>()
  for (const { topic, partitions } of assignedPartitions) {
    const topicId = topics.idOf(topic)
    if (topicId === undefined || partitions.length === 0) continue
    // An assignor may name a topic more than once.
    const known = getOrInsert(target, topicId, () => new Set())
    for (const partition of partitions) known.add(partition)
  }
  return target
}

interface Facts {
  readonly epoch: number
  readonly protocolName: string
  readonly target: Assignment
}

function consumerMember(member: ClassicMember, { epoch, protocolName, target }: Facts): ConsumerMember {
  const { topics, rackId } = readSubscription(member.metadataOf(protocolName))
  return {
    memberId: member.memberId,
    instanceId: member.groupInstanceId,
    rackId: rackId === '' ? null : rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    topicNames: sortedNames(topics),
    topicRegex: '',
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    serverAssignor: null,
    classic: { sessionTimeoutMs: member.sessionTimeoutMs, protocols: member.protocols },
    memberEpoch: epoch,
    previousMemberEpoch: epoch,
    state: 'stable',
    assigned: new Map(
      [...target].map(([topicId, partitions]) => [
        topicId,
        new Map([...partitions].map((partition) => [partition, epoch])),
      ]),
    ),
    revoking: noPartitions,
  }
}
