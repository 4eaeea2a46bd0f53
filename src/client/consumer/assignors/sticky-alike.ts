/**
 * The sticky assignment where all members want the same topics: each keeps what it has up to its share, and what is left goes round
 * (Kafka's constrained assignment, KIP-54, 429). Pure.
 */
import {
  type Assignment,
  type AssignorInput,
  compareText,
  emptyAssignment,
  partitionsOf,
  type TopicPartition,
  wantedTopics,
} from './assignor.ts'
import { nameOf, ownedBefore } from './ownership.ts'

export function assignAlike(input: AssignorInput): Assignment {
  const assignment = emptyAssignment(input)
  const all = wantedTopics(input).flatMap((topic) => partitionsOf(topic, input.partitions.get(topic) ?? 0))
  const least = Math.floor(all.length / input.members.length)
  /** Of members that get one more. */
  let moreLeft = all.length % input.members.length
  const assigned = new Set<string>()
  const give = (memberId: string, partitions: readonly TopicPartition[]): void => {
    assignment.get(memberId)?.push(...partitions)
    for (const each of partitions) assigned.add(nameOf(each))
  }
  const below: string[] = []
  let full: string[] = []
  for (const [memberId, owned] of ownedBefore(input)) {
    if (owned.length < least) {
      give(memberId, owned)
      below.push(memberId)
    } else if (owned.length > least && moreLeft > 0) {
      moreLeft--
      give(memberId, owned.slice(0, least + 1))
    } else {
      give(memberId, owned.slice(0, least))
      full.push(memberId)
    }
  }
  below.sort(compareText)
  full.sort(compareText)
  let turn: string[] = []
  for (const each of all) {
    if (assigned.has(nameOf(each))) continue
    if (turn.length === 0) turn = below.length > 0 ? [...below] : moreLeft > 0 ? [...full] : []
    const memberId = turn.shift()
    if (memberId === undefined) break
    const isFull = (assignment.get(memberId)?.length ?? 0) >= least
    give(memberId, [each])
    if (isFull) {
      moreLeft--
      full = full.filter((it) => it !== memberId)
    } else if (assignment.get(memberId)?.length === least) {
      below.splice(below.indexOf(memberId), 1)
      full.push(memberId)
    }
  }
  return assignment
}
