/** Small groups for the tests of the assignors: topics by letter, members by name. */
import { assert, type Uuid, uuidFromLatin1 } from '../../../base/index.ts'
import type { Assignment, Assignor, MemberSpec } from './assignor.ts'

const topic = (name: string): Uuid => uuidFromLatin1(name.padStart(16, '\0'))

/** Assignments as people write them: `a0 a1 b0`. */
function parse(text: string): Assignment {
  const assignment = new Map<Uuid, Set<number>>()
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const id = topic(word.slice(0, 1))
    assignment.set(id, new Set([...(assignment.get(id) ?? []), Number(word.slice(1))]))
  }
  return assignment
}

export const show = (assignment: Assignment | undefined): string =>
  [...(assignment ?? [])]
    .flatMap(([id, partitions]) => [...partitions].map((partition) => `${id.slice(-1)}${partition}`))
    .sort()
    .join(' ')

export interface Cast {
  /** Topics by letter. */
  readonly subscribes: string
  readonly has?: string
  readonly instanceId?: string
}

export class Group {
  readonly assignor: Assignor
  /** Partitions by topic letter. */
  readonly topics: Readonly<Record<string, number>>
  members = new Map<string, MemberSpec>()

  constructor(assignor: Assignor, topics: Readonly<Record<string, number>>, cast: Readonly<Record<string, Cast>> = {}) {
    this.assignor = assignor
    this.topics = topics
    for (const [memberId, member] of Object.entries(cast)) this.join(memberId, member)
  }

  join(memberId: string, { subscribes, has = '', instanceId }: Cast): void {
    const topicIds = new Set([...subscribes].map(topic))
    this.members.set(memberId, { memberId, instanceId: instanceId ?? null, topicIds, assignment: parse(has) })
  }

  get isHomogeneous(): boolean {
    const sets = new Set([...this.members.values()].map(({ topicIds }) => [...topicIds].sort().join()))
    return sets.size <= 1
  }

  /** One run; the members have what they are given. */
  assign(): ReadonlyMap<string, Assignment> {
    const partitionCount = (topicId: Uuid): number => this.topics[topicId.slice(-1)] ?? -1
    const result = this.assignor.assign(this, { partitionCount })
    const members = [...this.members.values()]
    this.members = new Map(
      members.map((member) => [member.memberId, { ...member, assignment: result.get(member.memberId) ?? new Map() }]),
    )
    return result
  }

  table(): Record<string, string> {
    return Object.fromEntries([...this.members].map(([memberId, { assignment }]) => [memberId, show(assignment)]))
  }

  sizes(): number[] {
    return [...this.members.values()].map(({ assignment }) => {
      return [...assignment.values()].reduce((sum, { size }) => sum + size, 0)
    })
  }

  /** Every partition of a topic that somebody subscribes to has one owner, which subscribes to it. */
  check(): void {
    const owners = new Map<string, string>()
    for (const { memberId, topicIds, assignment } of this.members.values()) {
      for (const word of show(assignment)
        .split(' ')
        .filter((part) => part !== '')) {
        assert(topicIds.has(topic(word.slice(0, 1))), `${memberId} has ${word} and does not subscribe to it`)
        assert(!owners.has(word), `${word} has two owners`)
        owners.set(word, memberId)
      }
    }
    for (const [name, count] of Object.entries(this.topics)) {
      const isWanted = [...this.members.values()].some(({ topicIds }) => topicIds.has(topic(name)))
      const owned = [...owners.keys()].filter((word) => word.startsWith(name)).length
      assert(owned === (isWanted ? count : 0), `${owned} partitions of ${name} have an owner`)
    }
  }
}
