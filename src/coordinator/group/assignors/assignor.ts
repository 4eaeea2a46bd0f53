/**
 * What an assignor of the server is given and gives: who gets which partitions of a group of the consumer protocol
 * (KIP-848). Racks do not come in: the assignors of Kafka 4.3 read neither those of members nor those of partitions.
 *
 * Orders matter. Iterated, maps and sets are what Kafka's coordinator would read or write in that order: the partitions
 * and topics of an assignment as in its record, the members as they were put together. With that the same group comes
 * to the same assignment here and there, and does not move partitions because its coordinator did.
 */
import { type Uuid, uuidToString } from '../../../base/index.ts'

/** Partitions by topic. */
export type Assignment = ReadonlyMap<Uuid, ReadonlySet<number>>

export interface MemberSpec {
  readonly memberId: string
  readonly instanceId: string | null
  /** Of the topics that exist: the subscription by names and by the regular expression, together. */
  readonly topicIds: ReadonlySet<Uuid>
  /** Its target so far; that of the static member whose place it takes. */
  readonly assignment: Assignment
}

export interface GroupSpec {
  readonly members: ReadonlyMap<string, MemberSpec>
  /** All members subscribe to the same topics. */
  readonly isHomogeneous: boolean
}

export interface TopicDescriber {
  /** -1: there is no such topic. */
  partitionCount(topicId: Uuid): number
}

export interface Assignor {
  /** As members ask for it. */
  readonly name: string
  /** An assignment for each member: the very same object where it did not change. Throws `AssignorError`. */
  assign(group: GroupSpec, topics: TopicDescriber): ReadonlyMap<string, Assignment>
}

/** The group cannot be assigned as it is; the coordinator keeps the target it has. */
export class AssignorError extends Error {
  override readonly name = 'AssignorError'
}

/** The partitions of a topic that somebody subscribes to, which must exist. */
export function partitionsOf(topics: TopicDescriber, topicId: Uuid): number {
  const count = topics.partitionCount(topicId)
  if (count < 0) throw new AssignorError(`a member subscribes to a topic that does not exist: ${uuidToString(topicId)}`)
  return count
}

export function sameAssignment(a: Assignment, b: Assignment): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (others === undefined || others.size !== partitions.size) return false
    for (const partition of partitions) if (!others.has(partition)) return false
  }
  return true
}
