/** `uniform` where all members subscribe to the same topics: each has a quota, gives up what is above it, and is filled up. */
import type { Uuid } from '../../../base/index.ts'
import { AssignmentDraft } from './assignment-draft.ts'
import { type Assignment, AssignorError, type MemberSpec, partitionsOf, type TopicDescriber } from './assignor.ts'
import { hashedTopics, hashSetOf, topicsOf } from './java-hash-map.ts'

interface Unfilled {
  readonly member: number
  /** How many partitions it shall get. */
  readonly wanted: number
}

class HomogeneousAssignment {
  readonly #members: readonly MemberSpec[]
  readonly #topicIds: readonly Uuid[]
  readonly #subscribed: ReadonlySet<Uuid>
  readonly #draft: AssignmentDraft
  /** What nobody has; first what nobody had, then what is given up, in the order in which it is handed out. */
  readonly #free: { readonly topicId: Uuid; readonly partition: number }[] = []
  #partitionCount = 0

  constructor(members: readonly MemberSpec[], topicIds: readonly Uuid[]) {
    this.#members = members
    this.#topicIds = topicIds
    this.#subscribed = new Set(topicIds)
    this.#draft = new AssignmentDraft(members)
  }

  run(topics: TopicDescriber): ReadonlyMap<string, Assignment> {
    this.#findFree(topics)
    this.#fill(this.#revoke())
    return this.#draft.result()
  }

  #findFree(topics: TopicDescriber): void {
    const taken = new Map<Uuid, Uint8Array>()
    for (const topicId of this.#topicIds) {
      const count = partitionsOf(topics, topicId)
      taken.set(topicId, new Uint8Array(count))
      this.#partitionCount += count
    }
    for (const { assignment } of this.#members) {
      for (const [topicId, partitions] of assignment) {
        const marks = taken.get(topicId)
        if (marks !== undefined) for (const partition of partitions) marks[partition] = 1
      }
    }
    for (const [topicId, marks] of taken) {
      for (const [partition, mark] of marks.entries()) if (mark === 0) this.#free.push({ topicId, partition })
    }
  }

  /** Takes from each member what it may not keep; tells who has too little. */
  #revoke(): Unfilled[] {
    const unfilled: Unfilled[] = []
    const count = this.#members.length
    const quota = Math.floor(this.#partitionCount / count)
    let larger = this.#partitionCount % count
    for (const [member, { assignment }] of this.#members.entries()) {
      let isLarger = larger > 0
      let wanted = quota + (isLarger ? 1 : 0) - this.#heldBy(member, assignment)
      if (wanted < 0) this.#giveUp({ member, assignment, keep: quota + (isLarger ? 1 : 0) })
      // Nobody is given one more than the quota while those behind it may have one that they can keep.
      if (wanted > 0 && isLarger && count - member > larger) {
        wanted--
        isLarger = false
      }
      if (wanted > 0) unfilled.push({ member, wanted })
      if (isLarger) larger--
    }
    return unfilled
  }

  /** How many partitions of its topics a member has; those of other topics are taken from it. */
  #heldBy(member: number, assignment: Assignment): number {
    let held = 0
    for (const [topicId, partitions] of assignment) {
      if (this.#subscribed.has(topicId)) held += partitions.size
      else this.#draft.removeTopic(member, topicId)
    }
    return held
  }

  #giveUp({ member, assignment, keep }: { member: number; assignment: Assignment; keep: number }): void {
    let left = keep
    for (const topicId of topicsOf(assignment)) {
      const partitions = assignment.get(topicId)
      if (partitions === undefined || !this.#subscribed.has(topicId)) continue
      if (partitions.size > left) {
        for (const partition of hashSetOf(partitions, partitions.size).keys().slice(left)) {
          this.#draft.remove({ member, topicId, partition })
          this.#free.push({ topicId, partition })
        }
      }
      left = Math.max(left - partitions.size, 0)
    }
  }

  #fill(unfilled: readonly Unfilled[]): void {
    let next = 0
    for (const { member, wanted } of unfilled) {
      for (const { topicId, partition } of this.#free.slice(next, next + wanted)) {
        this.#draft.add({ member, topicId, partition })
      }
      next += wanted
    }
    if (next < this.#free.length) throw new AssignorError('partitions were left that nobody has room for')
  }
}

export interface UniformOptions {
  /** In the order in which Java has them. */
  readonly members: readonly MemberSpec[]
  readonly topics: TopicDescriber
}

export function assignHomogeneous({ members, topics }: UniformOptions): ReadonlyMap<string, Assignment> {
  const [first] = members
  if (first === undefined) return new Map()
  return new HomogeneousAssignment(members, hashedTopics(first.topicIds)).run(topics)
}
