/** What members of consumer groups are in events. */
import { type ConsumerMember, leavingStaticEpoch, type OwnedPartitions } from './consumer-member.ts'
import type { Late } from './consumer-timers.ts'
import { type EventMember, eventMember, type GroupChange, quoted, type RemovalCause } from './group-event.ts'

export const memberEvent = ({ memberId, instanceId, clientId, clientHost }: ConsumerMember): EventMember =>
  eventMember({ memberId, groupInstanceId: instanceId, clientId, clientHost })

export function removalCause({ kind, waitedMs, limitMs }: Late, { revoking }: ConsumerMember): RemovalCause {
  switch (kind) {
    case 'session':
      return { kind: 'no-heartbeat', silentMs: waitedMs, limitMs }
    case 'join':
      return { kind: 'no-rejoin', waitedMs, limitMs }
    case 'sync':
      return { kind: 'no-sync', waitedMs, limitMs }
    case 'rebalance':
      return { kind: 'not-reconciled', waitedMs, limitMs, partitionsOwed: countOf(revoking) }
  }
}

/** Of a member that comes with the group instance id of another: one that has not left is fenced. */
export function placeTaken(replaced: ConsumerMember, by: ConsumerMember): readonly GroupChange[] {
  const cause = { kind: 'instance-taken', byMemberId: quoted(by.memberId) } as const
  const fencing = { kind: 'fencing', member: memberEvent(replaced), cause } as const
  const replacedMemberId = quoted(replaced.memberId)
  const comesBack = { kind: 'return', type: 'consumer', member: memberEvent(by), replacedMemberId } as const
  return replaced.memberEpoch === leavingStaticEpoch ? [comesBack] : [fencing, comesBack]
}

/** Nobody asks why others waited for less. */
const slowMs = 1000

/** The member has given up what it had to; undefined: it was quick. */
export function slowRevocation(member: ConsumerMember, tookMs: number): GroupChange | undefined {
  if (tookMs < slowMs) return undefined
  return { kind: 'revocation', member: memberEvent(member), partitionCount: countOf(member.revoking), tookMs }
}

function countOf(owned: OwnedPartitions): number {
  let count = 0
  for (const partitions of owned.values()) count += partitions.size
  return count
}
