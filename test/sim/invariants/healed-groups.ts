/**
 * Once nothing disturbs any more, each group comes to rest: it is stable, each partition has one owner, and the group
 * has read and committed all that was acknowledged to producers. What keeps it from that is said in words.
 */
import assert from 'node:assert/strict'
import type { Invariant, Observation } from '../observation.ts'

type GroupState = Extract<Observation, { kind: 'group-state' }>

class GroupProgress {
  readonly owned = new Map<string, readonly string[]>()
  readonly read = new Set<string>()
  isAtRest = false
}

export class HealedGroups implements Invariant {
  readonly #limitMs: number
  readonly #groups: ReadonlyMap<string, GroupProgress>
  readonly #keys: readonly string[]
  readonly #acknowledged = new Set<string>()

  constructor(options: {
    readonly groups: readonly string[]
    readonly keys: readonly string[]
    readonly limitMs: number
  }) {
    this.#limitMs = options.limitMs
    this.#keys = options.keys
    this.#groups = new Map(options.groups.map((group) => [group, new GroupProgress()]))
  }

  see(seen: Observation): void {
    if (seen.kind === 'acknowledged') for (const value of seen.values) this.#acknowledged.add(value)
    if (seen.kind === 'member-owns') this.#groups.get(seen.group)?.owned.set(seen.client, seen.keys)
    if (seen.kind === 'read') for (const value of seen.values) this.#groups.get(seen.group)?.read.add(value)
    if (seen.kind === 'group-state') this.#look(seen)
  }

  #look(seen: GroupState): void {
    const { group, healingForMs } = seen
    const progress = this.#groups.get(group)
    assert.ok(progress)
    const why = this.#unrest(progress, seen)
    assert.ok(why === undefined || healingForMs <= this.#limitMs, `after ${healingForMs} ms ${group}: ${why}`)
    progress.isAtRest = why === undefined
  }

  get areAtRest(): boolean {
    return [...this.#groups.values()].every(({ isAtRest }) => isAtRest)
  }

  #unrest(progress: GroupProgress, seen: GroupState): string | undefined {
    if (seen.state !== 'Stable') return `is ${seen.state}`
    const owned = [...progress.owned.values()].flat().toSorted()
    if (`${owned}` !== `${this.#keys.toSorted()}`) return `owns ${owned}`
    for (const value of this.#acknowledged) if (!progress.read.has(value)) return `has not read ${value}`
    for (const key of this.#keys) {
      const [offset, end] = [seen.committed.get(key) ?? -1, seen.ends.get(key) ?? 0]
      if (offset < end) return `has committed ${offset} of ${end} of ${key}`
    }
    return undefined
  }
}
