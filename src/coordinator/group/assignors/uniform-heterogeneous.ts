/**
 * `uniform` where members subscribe to different topics: each keeps what it had of its topics, what is left goes to whoever
 * has least, and then partitions move, topic by topic, from subscribers with many to subscribers with few.
 */
import { getOrInsert, type Uuid } from '../../../base/index.ts'
import { AssignmentDraft } from './assignment-draft.ts'
import { type Assignment, type MemberSpec, partitionsOf, type TopicDescriber } from './assignor.ts'
import { MemberLadder } from './member-ladder.ts'
import type { UniformOptions } from './uniform-homogeneous.ts'

/** Rounds over all topics. Where subscriptions overlap, each halves the imbalance at best, and an end is needed. */
const roundsMax = 16
const nobody = -1

interface Topic {
  readonly topicId: Uuid
  /** Orders ids as Java does: two signed numbers of 64 bits. */
  readonly rank: string
  /** By partition: the index of a member. */
  readonly owners: Int32Array
  /** Indexes of members, ascending. */
  readonly subscribers: number[]
}

const withoutSign = (id: string, index: number): string => String.fromCharCode(id.charCodeAt(index) ^ 0x80)
const rankOf = (id: Uuid): string => withoutSign(id, 0) + id.slice(1, 8) + withoutSign(id, 8) + id.slice(9)

/** Many partitions for each subscriber come first, then few subscribers. */
function compareTopics(a: Topic, b: Topic): number {
  const order =
    b.owners.length / b.subscribers.length - a.owners.length / a.subscribers.length ||
    a.subscribers.length - b.subscribers.length
  return order !== 0 ? order : a.rank < b.rank ? -1 : 1
}

function topicsOf(members: readonly MemberSpec[], describer: TopicDescriber): Map<Uuid, Topic> {
  const topics = new Map<Uuid, Topic>()
  const make = (topicId: Uuid) => (): Topic => {
    const owners = new Int32Array(partitionsOf(describer, topicId)).fill(nobody)
    return { topicId, rank: rankOf(topicId), owners, subscribers: [] }
  }
  for (const [index, { topicIds }] of members.entries()) {
    for (const topicId of topicIds) getOrInsert(topics, topicId, make(topicId)).subscribers.push(index)
  }
  return topics
}

class HeterogeneousAssignment {
  readonly #members: readonly MemberSpec[]
  readonly #topics: ReadonlyMap<Uuid, Topic>
  readonly #sorted: readonly Topic[]
  readonly #draft: AssignmentDraft
  /** How many partitions each member has. */
  readonly #sizes: Int32Array
  readonly #ladder: MemberLadder

  constructor({ members, topics }: UniformOptions) {
    this.#members = members
    this.#topics = topicsOf(members, topics)
    this.#sorted = [...this.#topics.values()].sort(compareTopics)
    this.#draft = new AssignmentDraft(members)
    this.#sizes = new Int32Array(members.length)
    this.#ladder = new MemberLadder(this.#sizes)
  }

  run(): ReadonlyMap<string, Assignment> {
    this.#keep()
    this.#handOut()
    this.#balance()
    return this.#draft.result()
  }

  #keep(): void {
    for (const [member, { assignment, topicIds }] of this.#members.entries()) {
      for (const [topicId, partitions] of assignment) {
        const topic = topicIds.has(topicId) ? this.#topics.get(topicId) : undefined
        if (topic === undefined) {
          this.#draft.removeTopic(member, topicId)
          continue
        }
        this.#addSize(member, partitions.size)
        for (const partition of partitions) topic.owners[partition] = member
      }
    }
  }

  #handOut(): void {
    for (const topic of this.#sorted) {
      if (!topic.owners.includes(nobody)) continue
      this.#ladder.climb(topic.subscribers)
      for (const [partition, owner] of topic.owners.entries()) {
        if (owner === nobody) this.#give(topic, partition, this.#ladder.nextBottom())
      }
    }
  }

  /** Ends when a whole round over the topics has moved nothing. */
  #balance(): void {
    const shared = this.#sorted.filter(({ subscribers }) => subscribers.length > 1)
    let quiet = 0
    for (let step = 0; step < roundsMax * shared.length && quiet < shared.length; step++) {
      const topic = shared[step % shared.length]
      if (topic !== undefined) quiet = this.#balanceTopic(topic) ? 1 : quiet + 1
    }
  }

  /** Tells whether partitions moved. */
  #balanceTopic(topic: Topic): boolean {
    if (this.#ladder.apart(topic.subscribers) <= 1) return false
    this.#ladder.climb(topic.subscribers)
    const owned = new Map<number, number[]>()
    for (const [partition, owner] of topic.owners.entries()) getOrInsert(owned, owner, () => []).push(partition)
    const canGive = (member: number): boolean => (owned.get(member)?.length ?? 0) > 0
    for (let hasMoved = false; ; hasMoved = true) {
      const from = this.#ladder.nextTop(canGive)
      const partition = from === undefined ? undefined : owned.get(from)?.pop()
      if (partition === undefined) return hasMoved
      const to = this.#ladder.nextBottom()
      if (this.#ladder.isLevel) return hasMoved
      this.#take(topic, partition)
      this.#give(topic, partition, to)
    }
  }

  #take({ topicId, owners }: Topic, partition: number): void {
    const member = owners[partition] ?? nobody
    this.#draft.remove({ member, topicId, partition })
    this.#addSize(member, -1)
  }

  #give({ topicId, owners, subscribers }: Topic, partition: number, member: number): void {
    // Java makes the set of the topic's partitions this large.
    const capacity = Math.trunc(Math.ceil(owners.length / subscribers.length) / 0.75 + 1)
    this.#draft.add({ member, topicId, partition }, capacity)
    this.#addSize(member, 1)
    owners[partition] = member
  }

  #addSize(member: number, change: number): void {
    this.#sizes[member] = (this.#sizes[member] ?? 0) + change
  }
}

export const assignHeterogeneous = (options: UniformOptions): ReadonlyMap<string, Assignment> =>
  new HeterogeneousAssignment(options).run()
