/** Stories of groups from a seed: members come and go, change what they subscribe to, topics grow, appear and vanish. */
import { uuidFromBytes, uuidToString } from '../../src/base/index.ts'
import { SeededStream } from '../../src/sim/index.ts'
import type { Story, StoryMember, StoryStep } from './assignor-story.ts'

/** Sizes of the group and its topics; big ones are rarer. */
const sizes = [3, 6, 12, 40] as const
const stepsMax = 8

type Member = { -readonly [K in keyof StoryMember]: StoryMember[K] }

class Group {
  readonly #random: SeededStream
  readonly #isMixed: boolean
  readonly #hasRacks: boolean
  readonly #size: number
  readonly #topics = new Map<string, number>()
  #members: Member[] = []
  #assignor: StoryStep['assignor']
  #made = 0

  constructor(random: SeededStream) {
    this.#random = random
    this.#isMixed = random.below(2) === 0
    this.#hasRacks = random.below(2) === 0
    this.#size = this.#pick(sizes)
    this.#assignor = random.below(4) === 0 ? 'range' : 'uniform'
    for (let i = 1 + random.below(6); i > 0; i--) this.#addTopic()
    for (let i = 1 + random.below(this.#size); i > 0; i--) this.#join()
    if (random.below(3) === 0) this.#handOutAnyhow()
  }

  step(): StoryStep {
    const sets = new Set(this.#members.map(({ topics }) => [...topics].sort().join()))
    const step = {
      assignor: this.#assignor,
      isHomogeneous: sets.size <= 1,
      topics: Object.fromEntries(this.#topics),
      members: this.#members.map((member) => ({ ...member })),
    }
    for (const member of this.#members) {
      delete member.follows
      delete member.target
    }
    return step
  }

  change(): void {
    for (let i = 1 + this.#random.below(3); i > 0; i--) this.#changeOnce()
    if (this.#random.below(4) === 0) this.#shuffle(this.#members)
  }

  #changeOnce(): void {
    const kind = this.#random.below(20)
    if (kind < 6) this.#join()
    else if (kind < 11) this.#leave()
    else if (kind < 13) this.#comeBack()
    else if (kind < 16) this.#subscribe()
    else if (kind === 16) this.#addTopic()
    else if (kind === 17) this.#dropTopic()
    else if (kind === 18) this.#grow()
    else this.#assignor = this.#assignor === 'range' ? 'uniform' : 'range'
  }

  #pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.#random.below(from.length)] ?? from[0]
  }

  #shuffle<T>(items: T[]): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.#random.below(i + 1)
      const [a, b] = [items[i], items[j]]
      if (a !== undefined && b !== undefined) [items[i], items[j]] = [b, a]
    }
  }

  /** As clients draw them; or short ones, of which many share their hash code. */
  #memberId(): string {
    if (this.#random.below(3) > 0) return uuidToString(this.#random.uuid())
    let id = `${this.#made++}`
    for (let i = this.#random.below(5); i > 0; i--) id += this.#pick(['Aa', 'BB'])
    return id
  }

  #someTopics(): string[] {
    const topics = [...this.#topics.keys()]
    this.#shuffle(topics)
    return this.#isMixed ? topics.slice(0, this.#random.below(topics.length + 1)) : topics
  }

  #join(): void {
    const member: Member = { id: this.#memberId(), topics: this.#someTopics() }
    if (this.#random.below(4) === 0) member.instance = `instance-${this.#made++}`
    if (this.#hasRacks && this.#random.below(4) > 0) member.rack = `rack-${this.#random.below(3)}`
    this.#members.push(member)
  }

  #leave(): void {
    if (this.#members.length > 1) this.#members.splice(this.#random.below(this.#members.length), 1)
  }

  #comeBack(): void {
    const member = this.#members[this.#random.below(this.#members.length)]
    if (member?.instance === undefined || member.follows !== undefined) return
    member.follows = member.id
    member.id = this.#memberId()
  }

  #subscribe(): void {
    if (this.#isMixed) {
      const member = this.#members[this.#random.below(this.#members.length)]
      if (member !== undefined) member.topics = this.#someTopics()
    } else {
      const topics = this.#someTopics()
      topics.length = 1 + this.#random.below(topics.length)
      for (const member of this.#members) member.topics = topics
    }
  }

  #addTopic(): void {
    const bytes = Buffer.from(uuidToString(this.#random.uuid()), 'base64url')
    // Also ids with the first bit of a half set, which Java takes for a sign.
    bytes[this.#pick([0, 8])] = this.#random.below(256)
    const id = uuidToString(uuidFromBytes(bytes))
    this.#topics.set(id, 1 + this.#random.below(4 * this.#pick(sizes)))
    for (const member of this.#members) {
      if (!this.#isMixed || this.#random.below(2) === 0) member.topics = [...member.topics, id]
    }
  }

  #dropTopic(): void {
    const id = [...this.#topics.keys()][this.#random.below(this.#topics.size)]
    if (id === undefined || this.#topics.size === 1) return
    this.#topics.delete(id)
    // Seldom somebody goes on subscribing to it.
    if (this.#random.below(8) === 0) return
    for (const member of this.#members) member.topics = member.topics.filter((topic) => topic !== id)
  }

  #grow(): void {
    for (const [id, count] of this.#topics) this.#topics.set(id, count + this.#random.below(10))
  }

  /** Targets that no assignor would make: with gaps, and with strides that share bins. */
  #handOutAnyhow(): void {
    const targets = this.#members.map(() => new Map<string, number[]>())
    for (const [id, count] of this.#topics) {
      const stride = this.#pick([1, 2, 16, 32])
      const partitions = Array.from({ length: count }, (_, i) => i)
      if (this.#random.below(2) === 0) this.#shuffle(partitions)
      for (const partition of partitions) {
        const target = targets[(Math.floor(partition / stride) + (partition % stride)) % targets.length]
        if (this.#random.below(10) > 0) target?.set(id, [...(target.get(id) ?? []), partition])
      }
    }
    for (const [index, member] of this.#members.entries()) member.target = [...(targets[index] ?? [])]
  }
}

export function randomStory(seed: string): Story {
  const random = new SeededStream(`story ${seed}`)
  const group = new Group(random)
  const steps: StoryStep[] = [group.step()]
  for (let i = 2 + random.below(stepsMax - 2); i > 0; i--) {
    group.change()
    steps.push(group.step())
  }
  return { steps }
}
