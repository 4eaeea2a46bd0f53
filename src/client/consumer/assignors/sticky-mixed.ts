/**
 * The sticky assignment where members want different topics: what has an owner stays there, what has none goes to whoever has least, and
 * then partitions move to those who have less until none can (Kafka's general assignment, KIP-54). Pure.
 */
import { assert } from '../../../base/index.ts'
import {
  type Assignment,
  type AssignorInput,
  compareText,
  emptyAssignment,
  partitionsOf,
  type TopicPartition,
} from './assignor.ts'
import { nameOf, ownedBefore } from './ownership.ts'

interface Member {
  readonly memberId: string
  readonly topics: ReadonlySet<string>
  readonly partitions: Map<string, TopicPartition>
  /** All that it wants. */
  readonly most: number
}

class MixedAssignment {
  readonly #members: Member[]
  /** By topic: who wants it. */
  readonly #wanting = new Map<string, readonly Member[]>()
  /** By name of the partition. */
  readonly #owners = new Map<string, Member>()
  readonly #before: ReadonlyMap<string, string>
  readonly #all: readonly TopicPartition[]

  constructor(input: AssignorInput) {
    const { partitions } = input
    this.#members = input.members.map(({ memberId, topics }) => ({
      memberId,
      topics: new Set(topics),
      partitions: new Map(),
      most: [...new Set(topics)].reduce((sum, topic) => sum + (partitions.get(topic) ?? 0), 0),
    }))
    for (const topic of partitions.keys()) {
      const wanting = this.#members.filter(({ topics }) => topics.has(topic))
      if (wanting.length > 0) this.#wanting.set(topic, wanting)
    }
    const wanted = [...this.#wanting].sort(([a, x], [b, y]) => x.length - y.length || compareText(a, b))
    this.#all = wanted.flatMap(([topic]) => partitionsOf(topic, partitions.get(topic) ?? 0))
    const owned = ownedBefore(input)
    this.#before = new Map([...owned].flatMap(([memberId, them]) => them.map((each) => [nameOf(each), memberId])))
    for (const member of this.#members) {
      for (const each of owned.get(member.memberId) ?? []) this.#give(each, member)
    }
  }

  assign(assignment: Map<string, TopicPartition[]>): void {
    const isFresh = this.#owners.size === 0
    const unassigned = this.#all.filter((each) => !this.#owners.has(nameOf(each)))
    for (const each of unassigned) this.#give(each, this.#leastOf(each))
    const fixed = this.#members.filter((member) => !this.#mayChange(member))
    const open = this.#members.filter((member) => !fixed.includes(member))
    const movable = this.#all.filter(({ topic }) => (this.#wanting.get(topic)?.length ?? 0) > 1)
    const saved = new Map(this.#owners)
    const scoreBefore = scoreOf(open)
    this.#level(
      unassigned.filter((each) => movable.includes(each)),
      open,
    )
    const hasMoved = this.#level(movable, open)
    if (!isFresh && hasMoved && scoreOf(open) >= scoreBefore) this.#restore(saved)
    for (const { memberId, partitions } of this.#members) assignment.get(memberId)?.push(...partitions.values())
  }

  #give(each: TopicPartition, member: Member): void {
    const name = nameOf(each)
    this.#owners.get(name)?.partitions.delete(name)
    this.#owners.set(name, member)
    member.partitions.set(name, each)
  }

  #restore(owners: ReadonlyMap<string, Member>): void {
    for (const each of this.#all) {
      const owner = owners.get(nameOf(each))
      if (owner !== undefined) this.#give(each, owner)
    }
  }

  #leastOf({ topic }: TopicPartition): Member {
    const [least] = [...(this.#wanting.get(topic) ?? [])].sort(byLoad)
    assert(least !== undefined, 'a topic is assigned that somebody wants')
    return least
  }

  /** Others could take what it has, or it could take more. */
  #mayChange({ partitions, most }: Member): boolean {
    if (partitions.size < most) return true
    return [...partitions.values()].some(({ topic }) => (this.#wanting.get(topic)?.length ?? 0) > 1)
  }

  /** Moves partitions to those who have less, as long as that makes a difference. */
  #level(partitions: readonly TopicPartition[], open: readonly Member[]): boolean {
    let hasMoved = false
    for (let isAgain = true; isAgain; ) {
      isAgain = false
      for (const each of partitions) {
        if (this.#isBalanced(open)) return hasMoved
        const owner = this.#owners.get(nameOf(each))
        assert(owner !== undefined, 'what is moved has an owner')
        const target = this.#better(each, owner)
        if (target === undefined) continue
        this.#give(each, target)
        isAgain = true
        hasMoved = true
      }
    }
    return hasMoved
  }

  /** Who had it before, if that one has less now; else whoever has least, if anybody has less. */
  #better(each: TopicPartition, owner: Member): Member | undefined {
    const hasLess = ({ partitions }: Member): boolean => owner.partitions.size > partitions.size + 1
    const before = this.#members.find(({ memberId }) => memberId === this.#before.get(nameOf(each)))
    if (before !== undefined && hasLess(before)) return before
    const least = this.#leastOf(each)
    return hasLess(least) ? least : undefined
  }

  #isBalanced(open: readonly Member[]): boolean {
    const sizes = open.map(({ partitions }) => partitions.size)
    if (sizes.length === 0 || Math.max(...sizes) - Math.min(...sizes) <= 1) return true
    return open.every((member) => {
      if (member.partitions.size === member.most) return true
      return this.#all.every((each) => {
        const owner = this.#owners.get(nameOf(each))
        if (!member.topics.has(each.topic) || owner === undefined) return true
        return owner === member || member.partitions.size >= owner.partitions.size
      })
    })
  }
}

const byLoad = (a: Member, b: Member): number =>
  a.partitions.size - b.partitions.size || compareText(a.memberId, b.memberId)

/** How far apart loads are: the sum of the differences of all pairs. */
function scoreOf(members: readonly Member[]): number {
  let score = 0
  for (const [i, a] of members.entries()) {
    for (const b of members.slice(i + 1)) score += Math.abs(a.partitions.size - b.partitions.size)
  }
  return score
}

export function assignMixed(input: AssignorInput): Assignment {
  const assignment = emptyAssignment(input)
  new MixedAssignment(input).assign(assignment)
  return assignment
}
