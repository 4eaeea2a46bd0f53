/**
 * What the members of a consumer group are subscribed to, all together: topics by name and by regular expression, and
 * which members wish for which assignor. Derived from members and resolved expressions, one change after the other; a
 * copy tells what would be after a change that is not decided yet.
 */
import type { ConsumerMember } from './consumer-member.ts'
import type { ResolvedRegex } from './consumer-record.ts'
import { Counts } from './counts.ts'

export class Subscriptions {
  #members = 0
  /** Members by topic that they name. */
  readonly #names: Counts
  /** Resolved expressions by topic that they stand for. */
  readonly #resolved: Counts
  /** Members by expression. */
  readonly #regexes: Counts

  constructor(names = new Counts(), resolved = new Counts(), regexes = new Counts()) {
    this.#names = names
    this.#resolved = resolved
    this.#regexes = regexes
  }

  copy(): Subscriptions {
    const copy = new Subscriptions(this.#names.copy(), this.#resolved.copy(), this.#regexes.copy())
    copy.#members = this.#members
    return copy
  }

  memberChanged(before: ConsumerMember | undefined, after: ConsumerMember | undefined): void {
    if (before !== undefined) this.#count(before, -1)
    if (after !== undefined) this.#count(after, 1)
  }

  #count({ topicNames, topicRegex }: ConsumerMember, by: 1 | -1): void {
    this.#members += by
    for (const name of topicNames) this.#names.add(name, by)
    if (topicRegex !== '') this.#regexes.add(topicRegex, by)
  }

  regexChanged(before: ResolvedRegex | undefined, after: ResolvedRegex | undefined): void {
    for (const topic of before?.topics ?? []) this.#resolved.add(topic, -1)
    for (const topic of after?.topics ?? []) this.#resolved.add(topic, 1)
  }

  hasTopic(name: string): boolean {
    return this.#names.of(name) > 0 || this.#resolved.of(name) > 0
  }

  topics(): ReadonlySet<string> {
    return new Set([...this.#names.names(), ...this.#resolved.names()])
  }

  membersWithRegex(regex: string): number {
    return this.#regexes.of(regex)
  }

  get hasRegex(): boolean {
    return this.#regexes.size > 0
  }

  regexes(): readonly string[] {
    return [...this.#regexes.names()]
  }

  /** All members are subscribed to the same topics. */
  get isHomogeneous(): boolean {
    const [regex] = this.#regexes.entries()
    if (regex === undefined) return allEqual(this.#names, this.#members)
    return regex[1] === this.#members && this.#names.size === 0 && allEqual(this.#resolved, 1)
  }
}

function allEqual(counts: Counts, expected: number): boolean {
  for (const [, count] of counts.entries()) if (count !== expected) return false
  return true
}
