/** Which topics the members of a classic group of consumers are subscribed to, as far as their bytes tell. */
import { MalformedError, Reader } from '../../base/index.ts'
import { consumerProtocolSubscription } from '../../protocol/index.ts'
import type { ClassicGroup } from './classic-group.ts'

/** Undefined where it cannot be told: before a protocol is chosen, or when the bytes are of another make. */
export function subscribedTopics(group: ClassicGroup): ReadonlySet<string> | undefined {
  if (group.size === 0) return new Set()
  if (group.protocolName === null) return undefined
  const topics = new Set<string>()
  try {
    for (const member of group.members()) {
      const reader = new Reader(member.metadataOf(group.protocolName))
      // The first version is the beginning of every later one.
      reader.i16()
      for (const topic of consumerProtocolSubscription.decode(reader, 0).topics) topics.add(topic)
    }
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
  return topics
}
