/**
 * No partition has two owners in one epoch, unless the group has begun anew between them, as it may where it had no
 * members (`member-epochs.ts` sees to that); and none has two owners at all, unless the earlier one may have been taken
 * for dead: unheard for its session, or slower to give up than its rebalance time-out.
 */
import assert from 'node:assert/strict'
import type { Invariant, MemberHeard, MemberOwns, Observation } from '../observation.ts'

interface Owner {
  /** What it takes for its own, and in which epoch. */
  keys: ReadonlySet<string>
  epoch: number
  /** The last request that was answered well, and what it was told by then to own. */
  heard: MemberHeard
  told: readonly string[]
  /**
   * By key, when it last sent what was answered without a word of giving it up; until it has told that it has, which it
   * must also of what it never took.
   */
  readonly keptMs: Map<string, number>
  readonly droppedMs: Map<string, number>
}

export class PartitionOwners implements Invariant {
  /** By group and client. */
  readonly #groups = new Map<string, Map<string, Owner>>()
  /** Of each group. */
  readonly #joins = new Map<string, MemberHeard[]>()
  #life = 0
  handovers = 0

  see(seen: Observation): void {
    if (seen.kind === 'down' && seen.how === 'power') this.#life++
    if (seen.kind === 'member-heard') this.#hear(seen)
    if (seen.kind === 'member-owns') this.#own(seen)
  }

  #ownersOf(group: string): Map<string, Owner> {
    const owners = this.#groups.get(group) ?? new Map<string, Owner>()
    this.#groups.set(group, owners)
    return owners
  }

  #hear(heard: MemberHeard): void {
    if (heard.joins) this.#joins.set(heard.group, [...(this.#joins.get(heard.group) ?? []), heard])
    const owners = this.#ownersOf(heard.group)
    const known = owners.get(heard.client)
    const owner = known ?? {
      keys: new Set(),
      epoch: heard.epoch,
      heard,
      told: [],
      keptMs: new Map(),
      droppedMs: new Map(),
    }
    owners.set(heard.client, owner)
    owner.heard = heard
    owner.told = heard.told ?? owner.told
    const { keptMs, droppedMs, told } = owner
    for (const key of heard.reports ? [...keptMs.keys()] : []) {
      const isTold = !owner.keys.has(key) && (droppedMs.get(key) ?? 0) <= heard.sentMs
      if (isTold) keptMs.delete(key)
    }
    for (const key of told) keptMs.set(key, heard.sentMs)
  }

  #own({ group, client, keys, epoch, atMs }: MemberOwns): void {
    const owners = this.#ownersOf(group)
    const owner = owners.get(client)
    if (owner === undefined) return
    for (const key of keys) {
      if (owner.keys.has(key)) continue
      this.handovers++
      for (const [name, other] of owners) {
        if (name === client || !other.keys.has(key)) continue
        const [mine, others] = [this.#surelyUntilMs(owner), this.#surelyUntilMs(other)]
        const what = `${group} ${key}: ${client} owns it in epoch ${epoch}, ${name} in epoch ${other.epoch}`
        assert.ok(atMs >= mine || atMs >= others, `${what}, at ${atMs}, until ${mine} and ${others}`)
        assert.ok(other.epoch !== epoch || this.#isOfOldLife(other) || this.#hasBegunAnew(other), what)
      }
    }
    for (const key of owner.keys) if (!keys.includes(key)) owner.droppedMs.set(key, atMs)
    owner.keys = new Set(keys)
    owner.epoch = epoch
  }

  #isOfOldLife({ heard }: Owner): boolean {
    return heard.source.life < this.#life
  }

  /** Somebody has joined in an older epoch since. */
  #hasBegunAnew({ epoch, heard: { group, atMs } }: Owner): boolean {
    return (this.#joins.get(group) ?? []).some((join) => join.sentMs > atMs && join.epoch < epoch)
  }

  /** Until then it is a member, which is late with nothing; but a cut of power may make the node forget it. */
  #surelyUntilMs(owner: Owner): number {
    const { heard, keptMs } = owner
    if (this.#isOfOldLife(owner)) return -1
    const givingUpMs = Math.min(heard.sentMs, ...keptMs.values())
    return Math.min(heard.sentMs + heard.sessionTimeoutMs, givingUpMs + heard.rebalanceTimeoutMs) - 1
  }
}
