/** The assignments of a group while an assignor changes them: a member's is copied when it is first touched. */
import type { Uuid } from '../../../base/index.ts'
import { type Assignment, type MemberSpec, sameAssignment } from './assignor.ts'
import { emptyHashSet, hashSetOf, JavaHashMap, type JavaHashSet, topicsOf, uuidHash } from './java-hash-map.ts'

type Copy = JavaHashMap<Uuid, JavaHashSet>

export interface Place {
  /** Its index. */
  readonly member: number
  readonly topicId: Uuid
  readonly partition: number
}

/** In Java's orders and capacities, step by step: they say in which order the next round finds what it may revoke. */
function copyOf(assignment: Assignment): Copy {
  const copy: Copy = new JavaHashMap(uuidHash, assignment.size)
  for (const topicId of topicsOf(assignment)) {
    const read = assignment.get(topicId) ?? []
    const partitions = hashSetOf(read, assignment.get(topicId)?.size ?? 0)
    copy.append(topicId, hashSetOf(partitions.keys(), partitions.size))
  }
  return copy
}

function written(copy: Copy): Assignment {
  const assignment = new Map<Uuid, ReadonlySet<number>>()
  copy.visit((topicId, partitions) => {
    assignment.set(topicId, new Set(partitions.keys()))
  })
  return assignment
}

export class AssignmentDraft {
  readonly #members: readonly MemberSpec[]
  readonly #copies: (Copy | undefined)[] = []

  constructor(members: readonly MemberSpec[]) {
    this.#members = members
  }

  /** `capacity` is that of the set of the topic's partitions, if it is not there yet. */
  add({ member, topicId, partition }: Place, capacity?: number): void {
    this.#copy(member)
      .getOrInsert(topicId, () => emptyHashSet(capacity))
      .append(partition, true)
  }

  remove({ member, topicId, partition }: Place): void {
    const copy = this.#copy(member)
    const partitions = copy.get(topicId)
    partitions?.delete(partition)
    if (partitions?.size === 0) copy.delete(topicId)
  }

  removeTopic(member: number, topicId: Uuid): void {
    this.#copy(member).delete(topicId)
  }

  result(): ReadonlyMap<string, Assignment> {
    const result = new Map<string, Assignment>()
    for (const [index, { memberId, assignment }] of this.#members.entries()) {
      const copy = this.#copies[index]
      const changed = copy === undefined ? assignment : written(copy)
      result.set(memberId, sameAssignment(assignment, changed) ? assignment : changed)
    }
    return result
  }

  #copy(member: number): Copy {
    let copy = this.#copies[member]
    if (copy === undefined) {
      copy = copyOf(this.#members[member]?.assignment ?? new Map())
      this.#copies[member] = copy
    }
    return copy
  }
}
