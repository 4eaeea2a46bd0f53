/** What members of consumer groups are in events. */
import type { ConsumerMember } from './consumer-member.ts'
import type { Late } from './consumer-timers.ts'
import { type EventMember, eventMember, type RemovalCause } from './group-event.ts'

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
    case 'rebalance': {
      let partitionsOwed = 0
      for (const partitions of revoking.values()) partitionsOwed += partitions.size
      return { kind: 'not-reconciled', waitedMs, limitMs, partitionsOwed }
    }
  }
}
