/** Since when nobody needs the offsets of a group, by its kind and state. */
import type { ClassicGroup } from './classic-group.ts'
import { consumerProtocolType } from './consumer-bytes.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { subscribedTopics } from './subscription.ts'

export interface GroupExpiry {
  /** Undefined: each offset counts since its own commit. */
  readonly sinceMs: number | undefined
  /** Offsets of topics that are in use are kept. */
  isSubscribed(topic: string): boolean
}

const nothing = (): boolean => false

/**
 * Undefined: all are needed. So it is of a group that rebalances, of members that are no consumers, and of consumers
 * whose subscriptions cannot be read.
 */
export function classicExpiry(group: ClassicGroup): GroupExpiry | undefined {
  const hasBeenJoined = group.protocolType !== null && group.protocolType !== ''
  if (!hasBeenJoined) return { sinceMs: undefined, isSubscribed: nothing }
  if (group.state === 'empty') return { sinceMs: group.stateSinceMs, isSubscribed: nothing }
  if (group.state !== 'stable' || group.protocolType !== consumerProtocolType) return undefined
  const topics = subscribedTopics(group)
  return topics === undefined ? undefined : { sinceMs: undefined, isSubscribed: (topic) => topics.has(topic) }
}

/** Of the consumer protocol: each offset of a topic that nobody is subscribed to. */
export const consumerExpiry = ({ subscriptions }: ConsumerGroup): GroupExpiry => ({
  sinceMs: undefined,
  isSubscribed: (topic) => subscriptions.hasTopic(topic),
})
