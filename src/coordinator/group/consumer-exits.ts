/** The records that take members out of a consumer group, put one in the place of another, or end the group. */
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, progressOf, subscriptionOf } from './consumer-member.ts'
import type { ConsumerRecord } from './consumer-record.ts'
import type { ConsumerTopics } from './consumer-topics.ts'

/** A member's own records; the subscription goes last, for it is what makes it a member. */
const memberTombstones = (groupId: string, memberId: string): readonly ConsumerRecord[] => [
  { kind: 'consumer-current', groupId, memberId, value: null },
  { kind: 'consumer-target', groupId, memberId, value: null },
  { kind: 'consumer-member', groupId, memberId, value: null },
]

/** The members are gone, and with them what they alone were subscribed to: the group's next epoch. */
export function removalRecords(
  group: ConsumerGroup,
  members: readonly ConsumerMember[],
  topics: ConsumerTopics,
): readonly ConsumerRecord[] {
  const { groupId } = group
  const records = members.flatMap(({ memberId }) => memberTombstones(groupId, memberId))
  const subscriptions = group.subscriptions.copy()
  for (const member of members) subscriptions.memberChanged(member, undefined)
  for (const regex of new Set(members.map(({ topicRegex }) => topicRegex))) {
    if (regex === '' || subscriptions.membersWithRegex(regex) > 0) continue
    subscriptions.regexChanged(group.resolvedRegex(regex), undefined)
    records.push({ kind: 'consumer-regex', groupId, regex, value: null })
  }
  const metadataHash = topics.hashOf(subscriptions.topics())
  records.push({ kind: 'consumer-epoch', groupId, value: { epoch: group.epoch + 1, metadataHash } })
  return records
}

/** A static member comes back under another id, and goes on where it was. */
export function replacementRecords(
  group: ConsumerGroup,
  old: ConsumerMember,
  replacement: ConsumerMember,
): readonly ConsumerRecord[] {
  const { groupId } = group
  const { memberId } = replacement
  return [
    ...memberTombstones(groupId, old.memberId),
    { kind: 'consumer-member', groupId, memberId, value: subscriptionOf(replacement) },
    { kind: 'consumer-target', groupId, memberId, value: group.target(old.memberId) },
    { kind: 'consumer-current', groupId, memberId, value: progressOf(replacement) },
  ]
}

/** All of the group. `replaced`: a member whose records of this very decision stand under another id. */
export function groupTombstones(
  group: ConsumerGroup,
  replaced?: { readonly memberId: string; readonly by: string },
): readonly ConsumerRecord[] {
  const { groupId } = group
  const memberIds = [...group.members()].map(({ memberId }) =>
    memberId === replaced?.memberId ? replaced.by : memberId,
  )
  return [
    ...memberIds.map((memberId) => ({ kind: 'consumer-current' as const, groupId, memberId, value: null })),
    ...memberIds.map((memberId) => ({ kind: 'consumer-target' as const, groupId, memberId, value: null })),
    { kind: 'consumer-target-epoch', groupId, value: null },
    ...memberIds.map((memberId) => ({ kind: 'consumer-member' as const, groupId, memberId, value: null })),
    ...[...group.resolvedRegexes()].map(([regex]) => ({
      kind: 'consumer-regex' as const,
      groupId,
      regex,
      value: null,
    })),
    { kind: 'consumer-metadata', groupId, value: null },
    { kind: 'consumer-epoch', groupId, value: null },
  ]
}
